from __future__ import annotations

import numpy as np
import pytest

from edge.emotion import EMOTIONS, Emotion
from edge.speech.classes import HALF_KNOWN_UTTERANCES, SpeechClasses, blended
from edge.speech.frontend import MELS
from edge.speech.functionals import FUNCTIONALS
from edge.speech.nets import SPECTRUM_SUFFIX
from edge.speech.views import SPECTRUM_STEPS


@pytest.fixture
def classes(store):
    return SpeechClasses(store.entry("speech_emotion"))


def one_hot(classes, label):
    return np.eye(len(classes.labels))[classes.labels.index(label)]


def test_a_stranger_is_told_by_the_first_half_and_a_friend_by_the_second():
    logits = np.array([1.0, 2.0, 10.0, 20.0])
    assert np.array_equal(blended(logits, utterances=0), [1, 2])
    assert np.array_equal(blended(logits, utterances=HALF_KNOWN_UTTERANCES), [5.5, 11])
    assert np.allclose(blended(logits, utterances=1e9), [10, 20])


def test_probabilities_sum_to_one_and_keep_order(classes):
    logits = np.linspace(-3, 3, len(classes.labels))
    shares = classes.probabilities(logits)
    assert shares.sum() == pytest.approx(1)
    assert (np.diff(shares) > 0).all()


def test_a_stranger_and_a_familiar_voice_have_their_own_temperature(store):
    entry = store.entry("speech_emotion")
    two = entry.model_copy(update={"parameters": {**entry.parameters, "temperature": (2.0, 0.5)}})
    classes = SpeechClasses(two)
    logits = np.linspace(-3, 3, len(classes.labels))
    doubts, knows = (classes.probabilities(logits, utterances=heard).max() for heard in (0, 1e9))
    assert doubts < classes.probabilities(logits, utterances=HALF_KNOWN_UTTERANCES).max() < knows
    assert doubts == pytest.approx(np.exp(1.5) / np.exp(logits / 2).sum())


@pytest.mark.parametrize("label", ["calm", "boredom"])
def test_classes_the_others_do_not_know_count_as_neutral(classes, label):
    shared = classes.shared(one_hot(classes, label))
    assert shared[Emotion.NEUTRAL.position] == 1
    assert shared.sum() == 1


def test_contempt_is_unknown_to_the_voice(classes):
    unknown = [emotion for emotion, known in zip(EMOTIONS, classes.mask, strict=True) if not known]
    assert unknown == [Emotion.CONTEMPT]


def test_valence_and_arousal_follow_the_circumplex(classes):
    glad, sad = (classes.valence_arousal(one_hot(classes, label)) for label in ("happiness", "sadness"))
    assert glad[0] > 0.5 > -0.5 > sad[0]
    assert glad[1] > sad[1]
    bored, calm = (classes.valence_arousal(one_hot(classes, label)) for label in ("boredom", "calm"))
    assert bored[1] < 0
    assert bored[0] < 0 < calm[0]


def test_every_shipped_speech_net_fits_the_reader(store):
    nets = {name: entry for name, entry in store.manifest.models.items() if entry.task == "speech_emotion"}
    assert "speech_emotion" in nets
    for name, entry in nets.items():
        assert entry.inputs[0].shape == (1, 2 * len(FUNCTIONALS))
        assert entry.outputs[0].shape == (1, 2 * len(entry.labels))
        assert len(entry.parameters["mean"]) == len(entry.parameters["spread"]) == len(FUNCTIONALS)
        assert entry.commercial_use == "open" or "NC" in entry.licence
        if entry.parameters.get("spectrum_share"):
            companion = store.entry(name + SPECTRUM_SUFFIX)
            assert companion.inputs[0].shape == (1, SPECTRUM_STEPS, MELS, 1)
            assert companion.outputs[0].shape == (1, len(entry.labels) + 2)
            assert companion.labels == entry.labels
            assert (companion.licence, companion.commercial_use) == (entry.licence, entry.commercial_use)


def test_all_speech_nets_together_are_small(store):
    nets = [
        entry.file for entry in store.manifest.models.values() if entry.task.startswith(("speech", "voice"))
    ]
    assert sum((store.directory / file).stat().st_size for file in nets) <= 600_000
