"""The shipped nets on real recordings."""

from __future__ import annotations

import argparse
import copy

import numpy as np
import pytest

from corpora.speech import NOISES, decode, read_manifest
from edge.inference import available_runtimes
from edge.speech import SpeechReader
from edge.speech.activity import VoiceActivity, thresholds
from edge.speech.functionals import functionals
from edge.speech.options import SpeechOptions
from edge.speech.reader import ACTIVITY_MODEL
from measure.speech import evaluate, play
from training.audio import mix
from training.speech_features import utterance_of

pytestmark = pytest.mark.data


@pytest.fixture(scope="session")
def speech_dir(data_dir):
    return data_dir / "speech"


def some(speech_dir, corpus, count):
    clips = [clip for clip in read_manifest(speech_dir) if clip.corpus == corpus]
    return clips[:: len(clips) // count][:count]


def test_every_clip_of_speech_is_read(reader, speech_dir):
    for clip in some(speech_dir, "ravdess", 6) + some(speech_dir, "nemo", 6):
        readings = play(reader, decode(speech_dir / clip.file))
        assert readings, clip.file
        assert all(0.1 < reading.quality <= 1 for reading in readings)


@pytest.mark.parametrize("corpus", ["ravdess", "nemo", "emodb"])
def test_training_hears_what_the_device_hears(reader, store, speech_dir, corpus):
    limits = thresholds(store.entry(ACTIVITY_MODEL))
    compared = 0
    for clip in some(speech_dir, corpus, 4):
        samples = np.clip(decode(speech_dir / clip.file), -1, 1)
        reader.forget()
        trained = copy.deepcopy(reader.normalisation)
        play(reader, samples)
        if reader.normalisation.utterances == 1:
            activity = VoiceActivity(store.load(ACTIVITY_MODEL), **limits)
            trained.add(functionals(utterance_of(samples, activity)))
            assert np.array_equal(reader.normalisation.typical, trained.typical)
            compared += 1
    assert compared >= 2


def test_sound_events_are_hardly_read(reader, speech_dir):
    seconds = read = 0.0
    for clip in some(speech_dir, NOISES, 24):
        sound = decode(speech_dir / clip.file)
        seconds += len(sound) / 16_000
        read += len(play(reader, sound))
    assert read / seconds < 0.04


def test_noise_lowers_quality(reader, speech_dir):
    clip = some(speech_dir, "emodb", 3)[1]
    clean = decode(speech_dir / clip.file)
    rng = np.random.default_rng(0)
    noisy = mix(clean, rng.standard_normal(16_000).astype(np.float32), snr_db=8, rng=rng)
    best = [reading.quality for reading in play(reader, clean)]
    worst = [reading.quality for reading in play(reader, noisy)]
    assert best
    assert max(worst, default=0) < max(best)


@pytest.mark.oldest
@pytest.mark.skipif(len(available_runtimes()) < 2, reason="only one TFLite runtime is installed")
def test_runtimes_agree(store, speech_dir):
    sounds = [decode(speech_dir / clip.file) for clip in some(speech_dir, "emodb", 6)]
    verdicts = []
    for runtime in available_runtimes():
        reader = SpeechReader(SpeechOptions(), store=store, runtime=runtime)
        verdicts.append([play(reader, sound)[-1].probabilities for sound in sounds])
        assert reader.normalisation.utterances >= len(sounds)
    assert np.allclose(verdicts[0], verdicts[1], atol=0.1)


@pytest.mark.slow
def test_evaluation_reports_what_the_contract_says(speech_dir, tmp_path):
    rows = (speech_dir / "manifest.csv").read_text().splitlines()
    few = [row for row in rows[1:] if row.startswith("emodb/03")][:12]
    (tmp_path / "manifest.csv").write_text("\n".join([rows[0], *few]) + "\n")
    (tmp_path / "emodb").symlink_to(speech_dir / "emodb")
    arguments = argparse.Namespace(
        data=tmp_path, corpus=None, adapt="all", model="speech_emotion", runtime=None, snr_db=None
    )
    figures = evaluate(arguments)
    assert figures["task"] == "speech"
    assert figures["n"] == len(few)
    assert set(figures["corpora"]["emodb"]) >= {"n", "uar", "accuracy", "ece", "per_class", "interval"}
