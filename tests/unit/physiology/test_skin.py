from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.physiology.hearts import in_chunks, skin

from edge.physiology.skin import SkinAnalyser, find_responses, widen_invalid

ONSETS_S = (20.0, 47.0, 80.0, 101.0)


@pytest.mark.parametrize("rate_hz", [4, 8, 10, 32, 100])
def test_finds_responses_with_their_amplitude(rate_hz):
    trace = SkinAnalyser(rate_hz).push(skin(120, rate_hz, onsets_s=ONSETS_S))
    responses = find_responses(trace.at_s, trace.level_us)
    assert [response.onset_s for response in responses] == pytest.approx(ONSETS_S, abs=0.6)
    assert [response.amplitude_us for response in responses] == pytest.approx([0.4] * 4, rel=0.2)


def test_quiet_skin_has_no_response():
    trace = SkinAnalyser(4).push(skin(120, 4))
    assert find_responses(trace.at_s, trace.level_us) == []


def test_the_parts_add_up_and_the_tonic_part_is_slow():
    trace = SkinAnalyser(4).push(skin(120, 4, onsets_s=ONSETS_S))
    assert trace.tonic_us + trace.phasic_us == pytest.approx(trace.level_us)
    assert np.abs(np.diff(trace.tonic_us)).max() < 0.2 * np.abs(np.diff(trace.level_us)).max()


@settings(max_examples=15)
@given(size=st.integers(1, 300), rate_hz=st.sampled_from([1.0, 4.0, 10.0, 15.5, 64.0]))
def test_chunks_change_nothing(size, rate_hz):
    signal = skin(30, rate_hz, onsets_s=(8.0,))
    whole = SkinAnalyser(rate_hz).push(signal)
    analyser = SkinAnalyser(rate_hz)
    parts = [analyser.push(chunk) for chunk in in_chunks(signal, size)]
    for name in ("at_s", "level_us", "tonic_us", "valid"):
        assert np.concatenate([getattr(part, name) for part in parts]) == pytest.approx(getattr(whole, name))


@pytest.mark.parametrize("bad", [np.nan, np.inf, 0.0, -3.0, 1000.0])
def test_a_loose_electrode_is_withheld_with_its_surroundings(bad):
    signal = skin(60, 4)
    signal[100:120] = bad
    trace = SkinAnalyser(4).push(signal)
    assert np.isfinite(trace.level_us).all()
    usable = widen_invalid(trace.valid)
    assert not usable[94:126].any()
    assert usable[:90].all()
    assert usable[132:].all()


def test_a_slope_no_skin_can_have_is_an_artefact():
    signal = skin(60, 4)
    signal[120:] += 5.0
    trace = SkinAnalyser(4).push(signal)
    assert not trace.valid[120]
    assert trace.valid[125:].all()


@pytest.mark.parametrize("rate_hz", [0.0, 0.5, float("nan"), 1e6])
def test_refuses_a_rate_it_cannot_take(rate_hz):
    with pytest.raises(ValueError, match="Hz is wanted"):
        SkinAnalyser(rate_hz)


def moved(signal, *, at, depth, rate_hz=4):
    """The electrode loses part of its contact for one second."""
    signal = signal.copy()
    signal[at * rate_hz : (at + 1) * rate_hz] *= 1 - depth
    return signal


@pytest.mark.parametrize("depth", [0.2, 0.4, 0.8])
@pytest.mark.parametrize("level_us", [3.0, 12.0])
def test_an_electrode_that_moves_is_withheld_and_invents_no_response(level_us, depth):
    signal = moved(skin(60, 4, level_us=level_us), at=30, depth=depth)
    trace = SkinAnalyser(4).push(signal)
    usable = widen_invalid(trace.valid)
    assert not usable[(trace.at_s > 29) & (trace.at_s < 31.5)].any()
    assert usable[(trace.at_s < 27) | (trace.at_s > 35)].all()
    assert find_responses(trace.at_s[usable], trace.level_us[usable]) == []


@pytest.mark.parametrize("amplitude_us", [0.1, 1.0, 3.0])
def test_strong_responses_are_not_taken_for_movement(amplitude_us):
    trace = SkinAnalyser(4).push(skin(60, 4, onsets_s=(20, 40), amplitude_us=amplitude_us))
    assert trace.valid.all()
