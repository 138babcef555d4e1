from __future__ import annotations

import numpy as np
import pytest

from edge.emotion import EMOTIONS, Emotion
from edge.speech.classes import (
    HALF_KNOWN_UTTERANCES,
    NOISY_AT_LEAST,
    Opinion,
    Shares,
    SpeechClasses,
    mixture,
    weighed,
)
from edge.speech.contours import CONTOUR_STEPS, CONTOURS
from edge.speech.frontend import MELS
from edge.speech.functionals import FUNCTIONALS
from edge.speech.nets import CONTOURS_SUFFIX, SPECTRUM_SUFFIX, shares_of
from edge.speech.reader import ACTIVITY_MODEL
from edge.speech.views import SPECTRUM_STEPS, VIEWS


@pytest.fixture
def classes(store):
    return SpeechClasses(store.entry("speech_emotion"))


def one_hot(classes, label):
    return np.eye(len(classes.labels))[classes.labels.index(label)]


def told(*, clean=((0, 0), (0, 0)), noisy=((0, 0), (0, 0)), gate=(0,), spoilt=-50.0):
    """Output of a net on functionals with one expert and two labels."""
    return np.concatenate([*clean, *noisy, gate, [spoilt]]).astype(np.float64)


def join(functionals, spectrum=None, contours=None, *, utterances=0.0):
    return weighed(
        functionals,
        spectrum=spectrum,
        contours=contours,
        utterances=utterances,
        experts=1,
        shares=Shares(spectrum=0.5, contours=0.25),
    ).logits[0]


def test_a_stranger_is_told_by_the_first_half_and_a_friend_by_the_second():
    alike = told(clean=((1, 2), (10, 20)), noisy=((1, 2), (10, 20)))
    assert np.allclose(join(alike), [1, 2])
    assert np.allclose(join(alike, utterances=HALF_KNOWN_UTTERANCES), [5.5, 11])
    assert np.allclose(join(alike, utterances=1e9), [10, 20])


def test_spoilt_sound_is_told_by_the_net_that_knows_noise():
    nets = {"clean": ((3, 0), (3, 0)), "noisy": ((0, 3), (0, 3))}
    assert np.allclose(join(told(**nets)), [3 * (1 - NOISY_AT_LEAST), 3 * NOISY_AT_LEAST])
    assert np.allclose(join(told(**nets, spoilt=50.0)), [0, 3])


def test_the_spectrum_has_its_share_once_the_voice_is_familiar_in_clean_and_in_spoilt_sound():
    spectrum = np.array([2.0, 0, 0, 4.0])
    assert np.allclose(join(told(spoilt=50.0), spectrum), 0)
    assert np.allclose(join(told(spoilt=50.0), spectrum, utterances=1e9), [0, 2])
    assert np.allclose(join(told(spoilt=50.0), spectrum, utterances=HALF_KNOWN_UTTERANCES), [0, 1])
    assert join(told(), spectrum, utterances=1e9)[0] == pytest.approx(1 - NOISY_AT_LEAST)


def test_the_contours_have_their_share_for_every_voice_in_any_sound():
    contours = np.array([4.0, 8.0])
    for spoilt, utterances in ((-50.0, 0.0), (50.0, 1e9)):
        opinion = join(told(spoilt=spoilt), contours=contours, utterances=utterances)
        assert np.allclose(opinion, [1, 2])


def test_experts_are_believed_as_far_as_the_gate_says():
    known = np.array([[True, True, False], [False, True, True]])
    logits = np.array([[0.0, 0, 50], [50, 0, 0]])
    even = mixture(Opinion(logits, np.zeros(2)), known, temperatures=np.ones(2))
    assert np.allclose(even, [0.25, 0.5, 0.25])
    first = mixture(Opinion(logits, np.array([50.0, 0])), known, temperatures=np.ones(2))
    assert np.allclose(first, [0.5, 0.5, 0])


def opinion_of(classes, logits):
    return Opinion(np.tile(logits, (len(classes.experts), 1)), np.zeros(len(classes.experts)))


def test_probabilities_sum_to_one_and_keep_order(classes):
    opinion = opinion_of(classes, np.linspace(-3, 3, len(classes.labels)))
    shares = classes.probabilities(opinion)
    assert shares.sum() == pytest.approx(1)
    everybody = classes.experts.all(axis=0)
    assert (np.diff(shares[everybody]) > 0).all()


def test_a_stranger_and_a_familiar_voice_have_their_own_temperature(store):
    entry = store.entry("speech_emotion")
    two = entry.model_copy(
        update={"parameters": {**entry.parameters, "temperature": (2.0,) * 3 + (0.5,) * 3}}
    )
    classes = SpeechClasses(two)
    opinion = opinion_of(classes, np.linspace(-3, 3, len(classes.labels)))
    doubts, knows = (classes.probabilities(opinion, utterances=heard).max() for heard in (0, 1e9))
    assert doubts < classes.probabilities(opinion, utterances=HALF_KNOWN_UTTERANCES).max() < knows


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
        experts = SpeechClasses(entry).experts
        assert experts.any(axis=0).all()
        assert len(entry.parameters["temperature"]) == 2 * len(experts)
        assert entry.inputs[0].shape == (1, 3 * len(FUNCTIONALS))
        assert entry.outputs[0].shape == (1, 4 * experts.size + len(experts) + 1)
        assert len(entry.parameters["mean"]) == len(entry.parameters["spread"]) == len(FUNCTIONALS)
        assert entry.commercial_use == "open" or "NC" in entry.licence
        shares = shares_of(entry)
        for share, suffix, seen, said in (
            (shares.spectrum, SPECTRUM_SUFFIX, (SPECTRUM_STEPS, MELS, VIEWS), 2 * experts.size),
            (shares.contours, CONTOURS_SUFFIX, (CONTOUR_STEPS, len(CONTOURS)), experts.size),
        ):
            assert (share > 0) == (name + suffix in store.manifest.models)
            if share:
                companion = store.entry(name + suffix)
                assert companion.inputs[0].shape == (1, *seen)
                assert companion.outputs[0].shape == (1, said)
                assert companion.labels == entry.labels
                assert (companion.licence, companion.commercial_use) == (entry.licence, entry.commercial_use)


def test_both_kinds_of_net_listen(store):
    shares = shares_of(store.entry("speech_emotion"))
    assert shares.spectrum > 0
    assert shares.contours > 0


def test_a_voice_leaves_nothing_in_the_recurrent_net(store):
    net = store.load("speech_emotion" + CONTOURS_SUFFIX)
    rng = np.random.default_rng(0)
    first, second = rng.uniform(-1, 1, (2, 1, CONTOUR_STEPS, len(CONTOURS)))
    alone = net(second)[0]
    for _ in range(3):
        net(first)
    assert np.array_equal(net(second)[0], alone)


@pytest.mark.parametrize("name", ["speech_emotion", "speech_emotion_open"])
def test_the_nets_that_listen_together_are_small(store, name):
    together = [ACTIVITY_MODEL, name, name + SPECTRUM_SUFFIX, name + CONTOURS_SUFFIX]
    files = [store.manifest.models[net].file for net in together if net in store.manifest.models]
    assert sum((store.directory / file).stat().st_size for file in files) <= 600_000
