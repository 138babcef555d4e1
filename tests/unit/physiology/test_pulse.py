from __future__ import annotations

import numpy as np
import pytest
from unit.physiology.hearts import beat_times, in_chunks, pulse

from edge.physiology.pulse import DECISION_DELAY_S, PulseDetector


@pytest.mark.parametrize("rate_hz", [25, 50, 64, 100, 400])
def test_intervals_are_those_of_the_heart(rate_hz):
    beats_s = beat_times(60)
    found = PulseDetector(rate_hz).push(pulse(beats_s, 60, rate_hz))
    assert len(found) == pytest.approx(len(beats_s), abs=1)
    nearest = beats_s[np.argmin(np.abs(found[:, None] - 0.1 - beats_s), axis=1)]
    assert np.std(found - nearest) < 0.012


@pytest.mark.parametrize("size", [1, 7, 64, 1000])
def test_chunks_change_nothing(size):
    signal = pulse(beat_times(30), 30, 64)
    whole = PulseDetector(64).push(signal)
    detector = PulseDetector(64)
    parts = np.concatenate([detector.push(chunk) for chunk in in_chunks(signal, size)])
    assert parts == pytest.approx(whole)


def test_a_beat_is_told_within_the_delay():
    detector = PulseDetector(64)
    for end, chunk in enumerate(in_chunks(pulse(beat_times(30), 30, 64), 8), start=1):
        for beat_s in detector.push(chunk):
            if beat_s > 3.0:
                assert end / 8 - beat_s <= DECISION_DELAY_S + 1 / 8


@pytest.mark.parametrize("value", [0.0, 7.0, np.nan])
def test_no_beats_where_there_is_no_pulse(value):
    assert not len(PulseDetector(64).push(np.full(64 * 20, value)))


@pytest.mark.parametrize("rate_hz", [5.0, 5000.0, float("nan")])
def test_refuses_a_rate_it_cannot_take(rate_hz):
    with pytest.raises(ValueError, match="20 to 1000 Hz"):
        PulseDetector(rate_hz)
