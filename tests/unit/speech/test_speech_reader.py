from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from scipy.signal import butter, sosfilt
from voices import RATE_HZ, voice_like, whispered

from edge.emotion import Emotion
from edge.signals import AudioChunk, Modality


def play(reader, samples, *, start_s=0.0, step=1600):
    readings = []
    for first in range(0, len(samples), step):
        readings += reader.read(AudioChunk("mic", start_s + first / RATE_HZ, samples[first : first + step]))
    return readings


def silence(seconds):
    return np.zeros(int(seconds * RATE_HZ), np.float32)


def chords(seconds):
    at_s = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    root_hz = 220 * 2 ** (np.array([0, 5, 7, 0, 9])[(at_s // 2).astype(int) % 5] / 12)
    phase = 2 * np.pi * np.cumsum(root_hz) / RATE_HZ
    return (0.1 * sum(np.sin(phase * interval) for interval in (1, 1.25, 1.5, 2))).astype(np.float32)


def test_a_voice_is_read_about_once_a_second(eager_reader):
    readings = play(eager_reader, np.concatenate([silence(1), voice_like(6), silence(2)]))
    assert 4 <= len(readings) <= 8
    for reading in readings:
        assert reading.modality is Modality.SPEECH
        assert 0.4 <= reading.start_s < reading.end_s <= 7.8
        assert reading.end_s - reading.start_s <= 5.01
        assert not reading.mask[Emotion.CONTEMPT.position]
    assert len({reading.who for reading in readings}) == 1


def test_chunking_changes_no_reading(make_eager_reader):
    samples = np.concatenate([silence(1), voice_like(3), silence(2)])
    one, two = play(make_eager_reader(), samples, step=1600), play(make_eager_reader(), samples, step=3777)
    assert [r.start_s for r in one] == pytest.approx([r.start_s for r in two])
    assert np.array_equal([r.probabilities for r in one], [r.probabilities for r in two])
    assert one[0].who != two[0].who


@pytest.mark.parametrize(
    "sound",
    [
        silence(10),
        0.1 * np.random.default_rng(0).standard_normal(10 * RATE_HZ).astype(np.float32),
        np.full(10 * RATE_HZ, 0.5, np.float32),
        np.full(10 * RATE_HZ, np.nan, np.float32),
        np.sin(2 * np.pi * 50 * np.arange(10 * RATE_HZ) / RATE_HZ).astype(np.float32),
        chords(10),
    ],
    ids=["silence", "noise", "direct_current", "nan", "hum", "chords"],
)
def test_no_voice_no_reading(reader, sound):
    assert play(reader, sound) + reader.finish() == []


def test_a_burst_is_no_utterance(eager_reader):
    assert play(eager_reader, np.concatenate([silence(1), voice_like(0.2), silence(2)])) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda x: np.clip(x * 20, -1, 1),
        lambda x: x + np.float32(0.4),
        lambda x: np.where(np.arange(len(x)) % 4000 < 20, np.nan, x).astype(np.float32),
        lambda x: x * 1e6,
        lambda x: x / 200,
        lambda x: sosfilt(butter(4, (300, 3400), "bandpass", fs=RATE_HZ, output="sos"), x).astype(np.float32),
        lambda x: np.where(np.arange(len(x)) // 1600 % 3 == 0, 0, x).astype(np.float32),
        lambda x: np.mean([x, np.zeros_like(x)], axis=0, dtype=np.float32),
        lambda x: whispered(len(x) / RATE_HZ),
        lambda x: np.clip(voice_like(len(x) / RATE_HZ, f0_hz=420) * 8, -1, 1),
    ],
    ids=[
        "clipped",
        "offset",
        "holes",
        "far too loud",
        "faint",
        "telephone",
        "dropouts",
        "one dead channel",
        "whisper",
        "shouting",
    ],
)
def test_a_spoiled_voice_gives_valid_readings_or_none(eager_reader, spoil):
    for reading in play(eager_reader, np.concatenate([silence(1), spoil(voice_like(4)), silence(2)])):
        assert 0 <= reading.quality <= 1
        assert reading.probabilities.sum() == pytest.approx(1)


def test_a_dead_channel_changes_no_verdict(make_eager_reader):
    """It halves the samples; the nets hear it as a voice that is a little further off."""
    stereo = voice_like(4)
    whole, half = (make_eager_reader().read(AudioChunk("mic", 0, stereo * share)) for share in (1.0, 0.5))
    assert len(whole) == len(half) > 0
    assert np.abs(whole[-1].probabilities - half[-1].probabilities).max() < 0.5


def test_a_whisper_is_worth_less_than_a_voice(make_eager_reader):
    voiced = play(make_eager_reader(), np.concatenate([voice_like(4), silence(2)]))
    breathed = play(make_eager_reader(), np.concatenate([whispered(4), silence(2)]))
    assert max((reading.quality for reading in breathed), default=0) < min(r.quality for r in voiced)


def test_bursts_in_a_row_are_no_utterance(eager_reader):
    burst = np.concatenate([voice_like(0.2), silence(1.8)])
    assert play(eager_reader, np.concatenate([silence(1), *[burst] * 10])) + eager_reader.finish() == []


def test_clipping_lowers_quality(eager_reader):
    clean = play(eager_reader, np.concatenate([voice_like(4), silence(2)]))
    eager_reader.forget()
    clipped = play(eager_reader, np.concatenate([np.clip(voice_like(4) * 30, -1, 1), silence(2)]), start_s=20)
    assert clean
    assert all(reading.quality < min(r.quality for r in clean) for reading in clipped)


def test_a_gap_ends_the_utterance(eager_reader):
    first = play(eager_reader, voice_like(2))
    readings = play(eager_reader, voice_like(2, seed=1), start_s=30.0) + eager_reader.finish()
    assert readings[len(first) :]
    assert all(r.end_s <= 3 or r.start_s >= 29.9 for r in first + readings)


def test_time_that_runs_back_is_a_gap(eager_reader):
    play(eager_reader, voice_like(2), start_s=100.0)
    for reading in play(eager_reader, voice_like(2), start_s=50.0) + eager_reader.finish():
        assert reading.start_s <= reading.end_s


def test_a_long_pause_makes_another_speaker(eager_reader):
    before = play(eager_reader, np.concatenate([voice_like(3), silence(65)]))
    after = play(eager_reader, np.concatenate([voice_like(3), silence(2)]), start_s=68.0)
    assert before[0].who != after[0].who
    assert eager_reader.normalisation.utterances == 1


def memory_grown(reader, sound, *, rounds):
    """Bytes held after all rounds less those held after a third of them."""
    tracemalloc.start()
    held = []
    for turn in range(rounds):
        reader.read(AudioChunk("mic", turn * len(sound) / RATE_HZ, sound))
        held.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    return held[-1] - held[rounds // 3]


def test_silence_keeps_memory_flat(eager_reader):
    assert memory_grown(eager_reader, silence(5), rounds=12) < 50_000


@pytest.mark.nightly
@pytest.mark.timeout(600)
def test_an_hour_of_silence_keeps_memory_flat_and_says_nothing(reader):
    second = silence(1) + np.float32(1e-6)
    assert memory_grown(reader, np.tile(second, 60), rounds=60) < 50_000
    assert reader.finish() == []


def test_speech_without_end_keeps_memory_flat(eager_reader):
    assert memory_grown(eager_reader, voice_like(5), rounds=12) < 200_000


def test_forgetting_renews_the_token(eager_reader):
    (*_, first) = play(eager_reader, np.concatenate([voice_like(3), silence(2)]))
    eager_reader.forget()
    (*_, second) = play(eager_reader, np.concatenate([voice_like(3), silence(2)]), start_s=5.0)
    assert first.who != second.who
