from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.physiology.hearts import beat_times, ecg, in_chunks

from corpora.physiology import read_ecg
from edge.physiology.beats import DECISION_DELAY_S, RPeakDetector
from measure.beats import detect, resample
from measure.matching import match_beats

SECONDS = 60


@pytest.fixture(scope="module")
def beats_s():
    return beat_times(SECONDS)


def test_finds_every_beat_and_nothing_else(judge, beats_s):
    matched = match_beats(beats_s, detect(ecg(beats_s, SECONDS, 250), 250, judge))
    assert (matched.false, matched.missed) == (0, 0)


@pytest.mark.parametrize("rate_hz", [100, 128, 130, 200, 250, 360, 500, 512, 1000])
def test_times_beats_finer_than_the_grid(judge, beats_s, rate_hz):
    found = detect(ecg(beats_s, SECONDS, rate_hz, noise_mv=0.0), rate_hz, judge)
    assert len(found) == len(beats_s)
    assert np.std(np.diff(found) - np.diff(beats_s)) < 0.002


@pytest.mark.parametrize("factor", [1e-3, -1.0, 1e3, -1e3])
def test_scale_and_sign_change_nothing(judge, beats_s, factor):
    signal = ecg(beats_s, SECONDS, 130)
    assert detect(signal * factor, 130, judge) == pytest.approx(detect(signal, 130, judge), abs=1e-6)


@settings(max_examples=8)
@given(size=st.integers(1, 700))
def test_chunks_change_nothing(judge, size):
    signal = ecg(beat_times(15), 15, 130)
    whole = RPeakDetector(130, judge).push(signal)
    detector = RPeakDetector(130, judge)
    parts = np.concatenate([detector.push(chunk) for chunk in in_chunks(signal, size)])
    assert parts == pytest.approx(whole, abs=1e-9)


def test_a_beat_is_told_within_the_delay(judge, beats_s):
    detector = RPeakDetector(360, judge)
    for end, chunk in enumerate(in_chunks(ecg(beats_s, SECONDS, 360), 36), start=1):
        for beat_s in detector.push(chunk):
            if beat_s > 2.0:
                assert end / 10 - beat_s <= DECISION_DELAY_S + 0.1


@pytest.mark.parametrize("hum_hz", [50.0, 60.0])
def test_mains_hum_is_not_heard(judge, beats_s, hum_hz):
    at_s = np.arange(SECONDS * 250) / 250
    signal = ecg(beats_s, SECONDS, 250) + 0.5 * np.sin(2 * np.pi * hum_hz * at_s)
    assert match_beats(beats_s, detect(signal, 250, judge)).f1 > 0.99


def test_baseline_wander_is_not_seen(judge, beats_s):
    at_s = np.arange(SECONDS * 250) / 250
    signal = ecg(beats_s, SECONDS, 250) + 2.0 * np.sin(2 * np.pi * 0.3 * at_s)
    assert match_beats(beats_s, detect(signal, 250, judge)).f1 > 0.99


@pytest.mark.parametrize("value", [0.0, 5.0, np.nan])
def test_no_beats_where_there_is_no_heart(judge, value):
    assert not len(RPeakDetector(130, judge).push(np.full(130 * 20, value)))


def test_lead_off_loses_only_its_own_beats(judge, beats_s):
    signal = ecg(beats_s, SECONDS, 250)
    signal[20 * 250 : 25 * 250] = np.nan
    found = detect(signal, 250, judge)
    assert not np.any((found > 20.0) & (found < 25.0))
    kept = beats_s[(beats_s < 19.8) | (beats_s > 27.0)]
    assert match_beats(kept, found[(found < 19.9) | (found > 26.9)]).f1 > 0.98


def test_saturation_is_survived(judge, beats_s):
    clipped = np.clip(ecg(beats_s, SECONDS, 250), -0.6, 0.6)
    assert match_beats(beats_s, detect(clipped, 250, judge)).f1 > 0.99


@pytest.mark.parametrize("rate_hz", [0.0, 50.0, 2000.0, float("nan")])
def test_refuses_a_rate_it_cannot_take(judge, rate_hz):
    with pytest.raises(ValueError, match="100 to 1000 Hz"):
        RPeakDetector(rate_hz, judge)


@pytest.mark.data
@pytest.mark.parametrize("name", ["119", "207"])
def test_real_records_at_the_rate_of_a_strap(judge, data_dir, name):
    record = read_ecg(data_dir / "physiology" / "mitbih" / f"{name}.npz")
    at_130_hz = resample(record.ecg_mv, 360, 130)
    assert match_beats(record.beats_s, detect(at_130_hz, 130, judge)).f1 > 0.96


RECORDS = (
    *(100, 101, 104, 105, 106, 107, 109, 111, 112, 113, 114, 115, 116, 118, 119, 121, 122, 123, 124),
    *(200, 201, 205, 207, 208, 209, 210, 212, 213, 215, 217, 219, 221, 223, 232, 233, 234),
)


@pytest.mark.data
@pytest.mark.nightly
@pytest.mark.parametrize("name", RECORDS)
def test_no_record_cares_for_scale_sign_or_rate(judge, data_dir, name):
    record = read_ecg(data_dir / "physiology" / "mitbih" / f"{name}.npz")

    def f1(ecg_mv, rate_hz):
        ended = np.concatenate([ecg_mv, np.full(int(rate_hz), np.nan)])
        return match_beats(record.beats_s, RPeakDetector(rate_hz, judge).push(ended)).f1

    plain = f1(record.ecg_mv, record.rate_hz)
    for factor in (1e-3, 1e3, -1.0):
        assert f1(factor * record.ecg_mv, record.rate_hz) == pytest.approx(plain, abs=1e-6)
    for rate_hz in (100, 128, 250, 500, 1000):
        assert f1(resample(record.ecg_mv, record.rate_hz, rate_hz), rate_hz) == pytest.approx(
            plain, abs=0.003
        )
