from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.physiology.breathing import PACES_PER_MIN, coherence, pacer, resonance_per_min, swing_ms


def breathed(pace_per_min, swing, *, seconds=130.0, noise_ms=10.0):
    rng = np.random.default_rng(int(10 * pace_per_min))
    at_s, rr_ms = 0.0, []
    while at_s < seconds:
        value = 900 + swing * np.sin(2 * np.pi * pace_per_min / 60 * at_s) + noise_ms * rng.standard_normal()
        rr_ms.append(value)
        at_s += value / 1000
    return np.array(rr_ms)


@given(elapsed_s=st.floats(0, 1e5), pace=st.floats(4, 8))
def test_the_pacer_stays_in_its_range_and_moves_without_a_jump(elapsed_s, pace):
    now, soon = pacer(elapsed_s, pace), pacer(elapsed_s + 0.01, pace)
    assert 0 <= now <= 1
    assert abs(soon - now) < 0.02


def test_a_breath_starts_empty_and_is_full_after_two_fifths():
    assert pacer(0, 6) == pytest.approx(0)
    assert pacer(4, 6) == pytest.approx(1)
    assert pacer(10, 6) == pytest.approx(0, abs=1e-9)


def test_the_swing_is_measured_at_the_pace():
    assert swing_ms(breathed(6.0, 60), 6.0) == pytest.approx(60, rel=0.1)
    assert swing_ms(breathed(6.0, 60), 4.5) < 20


@pytest.mark.parametrize("resonance", [5.0, 5.4, 6.0])
def test_finds_the_resonance(resonance):
    trials = {pace: breathed(pace, 80 * np.exp(-((pace - resonance) ** 2))) for pace in PACES_PER_MIN}
    assert resonance_per_min(trials) == pytest.approx(resonance, abs=0.25)


def test_no_resonance_without_a_whole_trial():
    assert resonance_per_min({}) is None
    assert resonance_per_min({6.0: breathed(6.0, 50, seconds=60)}) is None


def test_one_rhythm_is_coherent_and_noise_is_not():
    assert coherence(breathed(6.0, 80)) > 0.85
    assert coherence(900 + 40 * np.random.default_rng(5).standard_normal(140)) < 0.45
    assert coherence(np.full(120, 900.0)) == 0.0
    assert coherence(breathed(6.0, 80, seconds=30)) is None
