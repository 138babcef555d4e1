from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.physiology.hearts import beat_times, ecg, in_chunks, pulse

from corpora.physiology import read_ecg
from edge.physiology.beats import RPeakDetector
from edge.physiology.pulse import PulseDetector
from edge.physiology.quality import ECG_RELIABLE, PULSE_RELIABLE, WaveGrader, wave_quality
from measure.beats import resample

SECONDS = 62
RATE_HZ = 130


def graded(wave, detector, *, rate_hz=RATE_HZ, reliable=ECG_RELIABLE, size=1000):
    grader = WaveGrader(rate_hz, reliable=reliable)
    return [grade for chunk in in_chunks(wave, size) for _, grade in grader.push(chunk, detector.push(chunk))]


def quality(judge, wave):
    return float(np.mean(graded(wave, RPeakDetector(RATE_HZ, judge))))


@pytest.fixture(scope="module")
def clean():
    return ecg(beat_times(SECONDS), SECONDS, RATE_HZ)


def test_a_good_ecg_and_a_good_pulse_wave_are_believed(judge, clean):
    assert quality(judge, clean) > 0.9
    wave = pulse(beat_times(SECONDS), SECONDS, 64)
    assert np.mean(graded(wave, PulseDetector(64), rate_hz=64, reliable=PULSE_RELIABLE)) > 0.7


def test_quality_falls_with_every_step_of_noise(judge, clean):
    noise = np.random.default_rng(8).standard_normal(len(clean))
    qualities = [quality(judge, clean + level * noise) for level in (0, 0.1, 0.2, 0.3, 0.5, 1.0)]
    assert np.all(np.diff(qualities) < 0)
    assert qualities[-1] < 0.1


@pytest.mark.data
@pytest.mark.parametrize("name", ["100", "105", "119", "208"])
def test_quality_of_a_real_ecg_falls_with_noise(judge, data_dir, name):
    record = read_ecg(data_dir / "physiology" / "mitbih" / f"{name}.npz")
    clean = resample(record.ecg_mv[: 120 * 360], 360, RATE_HZ)
    noise = np.std(clean) * np.random.default_rng(8).standard_normal(len(clean))
    qualities = [quality(judge, clean + level * noise) for level in (0, 0.25, 0.5, 1.0, 4.0)]
    assert np.all(np.diff(qualities) < 0.01)
    assert qualities[0] > 0.55
    assert qualities[-1] < 0.1


def test_quality_of_a_pulse_wave_falls_with_motion():
    wave = pulse(beat_times(SECONDS), SECONDS, 64)
    motion = np.cumsum(np.random.default_rng(9).standard_normal(len(wave))) / 10
    motion -= np.convolve(motion, np.full(64, 1 / 64), mode="same")
    found = [
        np.mean(graded(wave + level * motion, PulseDetector(64), rate_hz=64, reliable=PULSE_RELIABLE))
        for level in (0, 1, 2, 4, 8)
    ]
    assert np.all(np.diff(found) < 0)


@pytest.mark.parametrize("factor", [1e-3, -1.0, 1e3])
def test_scale_and_sign_change_nothing(judge, clean, factor):
    assert quality(judge, factor * clean) == pytest.approx(quality(judge, clean), abs=1e-6)


@pytest.mark.parametrize("hum_hz", [50.0, 60.0])
def test_hum_costs_little_as_it_hides_no_beat(judge, clean, hum_hz):
    hum = 0.3 * np.sin(2 * np.pi * hum_hz * np.arange(len(clean)) / RATE_HZ)
    assert quality(judge, clean + hum) > 0.8 * quality(judge, clean)


def test_wander_costs_little_either(judge, clean):
    wander = np.sin(2 * np.pi * 0.3 * np.arange(len(clean)) / RATE_HZ)
    assert quality(judge, clean + wander) > 0.8 * quality(judge, clean)


def test_saturation_is_seen(judge, clean):
    drifting = clean + 3 * np.sin(2 * np.pi * np.arange(len(clean)) / RATE_HZ / 7)
    assert quality(judge, np.clip(drifting, -1, 1)) < 0.5 * quality(judge, drifting)


def test_a_lead_that_comes_off_counts_for_as_long_as_it_was_on(judge, clean):
    off = clean.copy()
    off[len(off) // 2 :] = np.nan
    assert quality(judge, off) == pytest.approx(0.5 * quality(judge, clean), abs=0.1)


@pytest.mark.parametrize(
    "wave", [np.zeros(1300), np.full(1300, np.nan), np.full(1300, 5.0), np.linspace(0, 1, 1300)]
)
def test_no_heart_no_quality(wave):
    assert wave_quality(wave, RATE_HZ, np.arange(0.5, 10), reliable=ECG_RELIABLE) < 0.05
    assert wave_quality(wave, RATE_HZ, np.empty(0), reliable=ECG_RELIABLE) == 0


@settings(max_examples=3)
@given(size=st.integers(20, 3000))
def test_chunks_change_nothing(judge, clean, size):
    whole = graded(clean, RPeakDetector(RATE_HZ, judge))
    assert len(whole) == 11
    assert graded(clean, RPeakDetector(RATE_HZ, judge), size=size) == pytest.approx(whole, abs=1e-6)


@given(
    wave=st.lists(st.floats(width=32), min_size=1, max_size=400),
    beats=st.lists(st.floats(-1, 12), max_size=20),
)
def test_any_numbers_give_a_number_in_range(wave, beats):
    samples = np.where(np.isfinite(wave), wave, np.nan)
    assert 0 <= wave_quality(samples, 40.0, np.sort(beats), reliable=ECG_RELIABLE) <= 1
