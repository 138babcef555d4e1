from __future__ import annotations

import numpy as np
import pytest

from edge.physiology.hrv import measure
from edge.physiology.rr import correct


@pytest.fixture
def steady():
    return 800 + 25 * np.sin(np.arange(120) / 3) + np.random.default_rng(4).normal(0, 5, 120)


def test_a_good_series_is_left_alone(steady):
    corrected = correct(steady)
    assert corrected.corrected_share == 0
    assert corrected.rr_ms == pytest.approx(steady)


def test_a_missed_beat_is_put_back(steady):
    with_gap = np.concatenate([steady[:60], [steady[60] + steady[61]], steady[62:]])
    corrected = correct(with_gap)
    assert len(corrected.rr_ms) == len(steady)
    assert corrected.rr_ms == pytest.approx(steady, abs=60)


def test_an_extra_beat_is_taken_out(steady):
    split = np.concatenate([steady[:60], [0.4 * steady[60], 0.6 * steady[60]], steady[61:]])
    corrected = correct(split)
    assert len(corrected.rr_ms) == len(steady)
    assert corrected.rr_ms == pytest.approx(steady, abs=60)


def test_an_ectopic_pair_is_smoothed(steady):
    ectopic = steady.copy()
    ectopic[60] -= 300
    ectopic[61] += 300
    corrected = correct(ectopic)
    assert np.abs(corrected.rr_ms - steady).max() < 80
    assert 0 < corrected.corrected_share < 0.05


@pytest.mark.parametrize("bad", [0.0, -5.0, np.nan, np.inf, 64000.0])
def test_impossible_intervals_are_dropped(steady, bad):
    assert correct(np.concatenate([steady, [bad]])).rr_ms == pytest.approx(steady)


def test_nothing_in_nothing_out():
    assert correct(np.empty(0)).corrected_share == 0


def test_golden_vector_of_time_domain_measures():
    rr_ms = np.tile([800.0, 860.0, 820.0, 800.0], 20)
    found = measure(rr_ms)
    differences = np.diff(rr_ms)
    assert found.heart_rate_bpm == pytest.approx(60_000 / 820)
    assert found.rmssd_ms == pytest.approx(np.sqrt(np.mean(differences**2)))
    assert found.pnn50 == pytest.approx(np.mean(np.abs(differences) > 50))


@pytest.mark.parametrize(
    ("seconds", "known"),
    [
        (5, set()),
        (15, {"heart_rate_bpm"}),
        (35, {"heart_rate_bpm", "rmssd_ms"}),
        (70, {"heart_rate_bpm", "rmssd_ms", "sdnn_ms", "pnn50", "hf_ms2"}),
        (130, {"heart_rate_bpm", "rmssd_ms", "sdnn_ms", "pnn50", "hf_ms2", "lf_ms2", "lf_hf"}),
    ],
)
def test_each_measure_waits_for_its_shortest_honest_window(seconds, known):
    rr_ms = 1000 + 40 * np.sin(np.arange(seconds))
    found = measure(rr_ms)
    assert {name for name in found.__slots__ if getattr(found, name) is not None} == known


@pytest.mark.parametrize(("frequency_hz", "band"), [(0.1, "lf_ms2"), (0.25, "hf_ms2")])
def test_power_lies_in_the_band_of_the_rhythm(frequency_hz, band):
    beat_s, rr_ms = 0.0, []
    while beat_s < 300:
        rr_ms.append(850 + 50 * np.sin(2 * np.pi * frequency_hz * beat_s))
        beat_s += rr_ms[-1] / 1000
    found = measure(np.array(rr_ms))
    assert getattr(found, band) == pytest.approx(50**2 / 2, rel=0.2)
    assert getattr(found, band) > 20 * min(found.lf_ms2, found.hf_ms2)
