from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.emotion import EMOTIONS, Emotion
from edge.fusion.evidence import Opinion
from edge.fusion.late import fuse
from edge.fusion.reliability import Reliability
from edge.signals import Modality

PLAIN = Reliability()
KNOWN_BY_SPEECH = np.array([emotion is not Emotion.CONTEMPT for emotion in EMOTIONS])


def opinion(modality: Modality, probabilities, *, mask=None, weight=1.0, arousal=None) -> Opinion:
    values = np.asarray(probabilities, dtype=np.float64)
    known = np.ones(8, dtype=bool) if mask is None else np.asarray(mask)
    values = np.where(known, values, 0.0)
    return Opinion(
        modality=modality,
        probabilities=values / values.sum() if known.any() else np.zeros(8),
        mask=known,
        valence=None,
        arousal=arousal,
        stress=None,
        weight=weight,
    )


@st.composite
def opinions(draw) -> list[Opinion]:
    drawn = []
    for modality in draw(st.permutations(Modality)):
        mask = np.array(draw(st.lists(st.booleans(), min_size=8, max_size=8)))
        values = np.array(draw(st.lists(st.floats(1e-3, 1), min_size=8, max_size=8)))
        arousal = draw(st.none() | st.floats(-1, 1))
        drawn.append(opinion(modality, values, mask=mask, weight=draw(st.floats(1e-6, 1)), arousal=arousal))
    return drawn[: draw(st.integers(0, 3))]


@given(opinions())
def test_is_a_distribution_whose_shares_sum_to_one(given_opinions):
    probabilities, shares = fuse(given_opinions, PLAIN)
    assert np.all(probabilities >= 0)
    assert probabilities.sum() == pytest.approx(1.0 if given_opinions else 0.0)
    assert sum(shares.values()) == pytest.approx(1.0 if given_opinions else 0.0)


@given(opinions())
def test_the_order_of_modalities_does_not_matter(given_opinions):
    expected, expected_shares = fuse(given_opinions, PLAIN)
    for order in itertools.permutations(given_opinions):
        probabilities, shares = fuse(order, PLAIN)
        np.testing.assert_allclose(probabilities, expected, atol=1e-12)
        assert shares == pytest.approx(expected_shares)


@given(opinions(), st.floats(0.01, 1))
def test_an_expert_with_a_uniform_opinion_changes_nothing(given_opinions, weight):
    others = [o for o in given_opinions if o.modality is not Modality.SPEECH]
    uniform = opinion(Modality.SPEECH, np.ones(8), mask=KNOWN_BY_SPEECH, weight=weight)
    expected = fuse(others, PLAIN)[0] if others else np.full(8, 1 / 8)
    np.testing.assert_allclose(fuse([*others, uniform], PLAIN)[0], expected, atol=1e-9)


@given(st.lists(st.floats(0.01, 1), min_size=8, max_size=8), st.floats(0.01, 1))
def test_an_unknown_class_is_unobserved_not_improbable(values, weight):
    speech = opinion(Modality.SPEECH, values, mask=KNOWN_BY_SPEECH, weight=weight)
    probabilities, _ = fuse([speech], PLAIN)
    assert probabilities[EMOTIONS.index(Emotion.CONTEMPT)] == pytest.approx(1 / 8)


def test_a_class_only_one_expert_knows_wins_on_his_word():
    contempt = np.full(8, 0.02)
    contempt[EMOTIONS.index(Emotion.CONTEMPT)] = 0.86
    face = opinion(Modality.FACE, contempt)
    silent = opinion(Modality.SPEECH, np.ones(8), mask=KNOWN_BY_SPEECH)
    assert EMOTIONS[int(fuse([face, silent], PLAIN)[0].argmax())] is Emotion.CONTEMPT


def test_a_single_full_expert_of_full_weight_is_taken_at_its_word():
    said = np.array([0.4, 0.2, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05])
    np.testing.assert_allclose(fuse([opinion(Modality.FACE, said)], PLAIN)[0], said)


def test_agreement_is_surer_than_either():
    said = np.array([0.5, 0.2, 0.1, 0.05, 0.05, 0.04, 0.03, 0.03])
    both, _ = fuse([opinion(Modality.FACE, said), opinion(Modality.SPEECH, said)], PLAIN)
    assert both[0] > said[0]


@given(st.lists(st.floats(0.01, 1), min_size=8, max_size=8), st.floats(0.05, 0.9))
def test_less_weight_means_nearer_to_uniform(values, weight):
    def entropy(of_weight: float) -> float:
        p, _ = fuse([opinion(Modality.FACE, values, weight=of_weight)], PLAIN)
        return float(-(p * np.log(p)).sum())

    assert entropy(weight) >= entropy(weight + 0.1) - 1e-9


def test_no_expert_has_a_veto():
    certain_joy = np.eye(8)[EMOTIONS.index(Emotion.HAPPINESS)]
    certain_anger = np.eye(8)[EMOTIONS.index(Emotion.ANGER)]
    fused, _ = fuse([opinion(Modality.FACE, certain_joy), opinion(Modality.SPEECH, certain_anger)], PLAIN)
    assert fused.min() > 0
    assert fused[EMOTIONS.index(Emotion.HAPPINESS)] == pytest.approx(fused[EMOTIONS.index(Emotion.ANGER)])


def test_bodily_arousal_tilts_towards_classes_of_that_arousal():
    body = opinion(Modality.PHYSIOLOGY, np.ones(8), mask=np.zeros(8, dtype=bool), arousal=0.7)
    fused, shares = fuse([body], PLAIN)
    assert fused[EMOTIONS.index(Emotion.ANGER)] > fused[EMOTIONS.index(Emotion.SADNESS)]
    assert shares == {Modality.PHYSIOLOGY: pytest.approx(1.0)}


def test_a_body_without_arousal_says_nothing_of_classes():
    body = opinion(Modality.PHYSIOLOGY, np.ones(8), mask=np.zeros(8, dtype=bool))
    face = opinion(Modality.FACE, np.arange(1, 9))
    fused, shares = fuse([body, face], PLAIN)
    np.testing.assert_allclose(fused, face.probabilities)
    assert shares == {Modality.FACE: pytest.approx(1.0)}
    np.testing.assert_allclose(fuse([body], PLAIN)[0], np.full(8, 1 / 8))
