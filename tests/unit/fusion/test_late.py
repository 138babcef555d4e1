from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.emotion import EMOTIONS, Emotion
from edge.fusion.evidence import Opinion
from edge.fusion.late import Fused
from edge.fusion.late import fuse as fuse_under
from edge.fusion.reliability import SUBSETS, Credence, Reliability, Trust
from edge.signals import Modality

PLAIN = Reliability()
KNOWN_BY_SPEECH = np.array([emotion is not Emotion.CONTEMPT for emotion in EMOTIONS])


def fuse(given_opinions, reliability: Reliability = PLAIN):
    fused = fuse_under(given_opinions, reliability, Credence(reliability).belief)
    return fused.probabilities, fused.weights


def opinion(modality: Modality, probabilities, *, mask=None, weight=1.0, stress=None) -> Opinion:
    values = np.asarray(probabilities, dtype=np.float64)
    known = np.ones(8, dtype=bool) if mask is None else np.asarray(mask)
    values = np.where(known, values, 0.0)
    return Opinion(
        modality=modality,
        probabilities=values / values.sum() if known.any() else np.zeros(8),
        mask=known,
        valence=None,
        arousal=None,
        stress=stress,
        weight=weight,
    )


@st.composite
def opinions(draw) -> list[Opinion]:
    drawn = []
    for modality in draw(st.permutations(Modality)):
        mask = np.array(draw(st.lists(st.booleans(), min_size=8, max_size=8)))
        values = np.array(draw(st.lists(st.floats(1e-3, 1), min_size=8, max_size=8)))
        stress = draw(st.none() | st.floats(0, 1))
        drawn.append(opinion(modality, values, mask=mask, weight=draw(st.floats(1e-6, 1)), stress=stress))
    return drawn[: draw(st.integers(0, 3))]


@given(opinions())
def test_is_a_distribution_whose_shares_sum_to_one(given_opinions):
    probabilities, shares = fuse(given_opinions)
    assert np.all(probabilities >= 0)
    assert probabilities.sum() == pytest.approx(1.0 if given_opinions else 0.0)
    assert sum(shares.values()) == pytest.approx(1.0 if given_opinions else 0.0)


@given(opinions())
def test_the_order_of_modalities_does_not_matter(given_opinions):
    expected, expected_shares = fuse(given_opinions)
    for order in itertools.permutations(given_opinions):
        probabilities, shares = fuse(order)
        np.testing.assert_allclose(probabilities, expected, atol=1e-12)
        assert shares == pytest.approx(expected_shares)


@given(opinions(), st.floats(0.01, 1))
def test_an_expert_with_a_uniform_opinion_changes_nothing(given_opinions, weight):
    others = [o for o in given_opinions if o.modality is not Modality.SPEECH]
    uniform = opinion(Modality.SPEECH, np.ones(8), mask=KNOWN_BY_SPEECH, weight=weight)
    expected = fuse(others)[0] if others else np.full(8, 1 / 8)
    np.testing.assert_allclose(fuse([*others, uniform])[0], expected, atol=1e-9)


@given(st.lists(st.floats(0.01, 1), min_size=8, max_size=8), st.floats(0.01, 1))
def test_an_unknown_class_is_unobserved_not_improbable(values, weight):
    speech = opinion(Modality.SPEECH, values, mask=KNOWN_BY_SPEECH, weight=weight)
    probabilities, _ = fuse([speech])
    assert probabilities[EMOTIONS.index(Emotion.CONTEMPT)] == pytest.approx(1 / 8)


def test_a_class_only_one_expert_knows_wins_on_his_word():
    contempt = np.full(8, 0.02)
    contempt[EMOTIONS.index(Emotion.CONTEMPT)] = 0.86
    face = opinion(Modality.FACE, contempt)
    silent = opinion(Modality.SPEECH, np.ones(8), mask=KNOWN_BY_SPEECH)
    assert EMOTIONS[int(fuse([face, silent])[0].argmax())] is Emotion.CONTEMPT


def test_a_single_expert_that_never_misleads_is_taken_at_its_word():
    said = np.array([0.4, 0.2, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05])
    infallible = Reliability(face=Trust(misleading=0.0))
    np.testing.assert_allclose(fuse([opinion(Modality.FACE, said)], infallible)[0], said)


def test_the_product_is_over_experts_contaminated_by_their_rate_of_misleading():
    face, voice = np.arange(1, 9) / 36, np.arange(8, 0, -1) / 36
    fused, _ = fuse([opinion(Modality.FACE, face), opinion(Modality.SPEECH, voice)])
    expected = (0.95 * 8 * face + 0.05) * (0.95 * 8 * voice + 0.05)
    np.testing.assert_allclose(fused, expected / expected.sum())


def test_agreement_is_surer_than_either():
    said = np.array([0.5, 0.2, 0.1, 0.05, 0.05, 0.04, 0.03, 0.03])
    both, _ = fuse([opinion(Modality.FACE, said), opinion(Modality.SPEECH, said)])
    assert both[0] > said[0]


@given(st.lists(st.floats(0.01, 1), min_size=8, max_size=8), st.floats(0.05, 0.9))
def test_less_weight_means_nearer_to_uniform(values, weight):
    def entropy(of_weight: float) -> float:
        p, _ = fuse([opinion(Modality.FACE, values, weight=of_weight)])
        return float(-(p * np.log(p)).sum())

    assert entropy(weight) >= entropy(weight + 0.1) - 1e-9


def test_no_expert_has_a_veto():
    certain_joy = np.eye(8)[EMOTIONS.index(Emotion.HAPPINESS)]
    certain_anger = np.eye(8)[EMOTIONS.index(Emotion.ANGER)]
    fused, _ = fuse([opinion(Modality.FACE, certain_joy), opinion(Modality.SPEECH, certain_anger)])
    assert fused.min() > 0
    assert fused[EMOTIONS.index(Emotion.HAPPINESS)] == pytest.approx(fused[EMOTIONS.index(Emotion.ANGER)])


def body(stress: float | None) -> Opinion:
    return opinion(Modality.PHYSIOLOGY, np.ones(8), mask=np.zeros(8, dtype=bool), stress=stress)


def test_a_stressed_body_alone_tilts_towards_aroused_classes():
    fused, shares = fuse([body(0.7)])
    assert fused[EMOTIONS.index(Emotion.ANGER)] > fused[EMOTIONS.index(Emotion.SADNESS)]
    assert shares == {Modality.PHYSIOLOGY: pytest.approx(1.0)}
    np.testing.assert_allclose(fuse([body(1.0)])[0], fuse([body(0.999)])[0])


@given(st.lists(st.floats(0.01, 1), min_size=8, max_size=8), st.floats(0, 1))
def test_beside_a_face_the_body_does_not_change_what_is_felt(values, stress):
    alone, _ = fuse([opinion(Modality.FACE, values)])
    both, shares = fuse([opinion(Modality.FACE, values), body(stress)])
    np.testing.assert_allclose(both, alone)
    assert shares == {Modality.FACE: pytest.approx(1.0), Modality.PHYSIOLOGY: 0.0}


def test_a_body_without_stress_says_nothing_of_classes():
    np.testing.assert_allclose(fuse([body(None)])[0], np.full(8, 1 / 8))


def agreement_of(*given_opinions: Opinion) -> Fused:
    return fuse_under(given_opinions, PLAIN, Credence(PLAIN).belief)


def test_who_contradicts_both_others_loses_credence_in_time():
    anger, joy = np.full(8, 0.02), np.full(8, 0.02)
    anger[EMOTIONS.index(Emotion.ANGER)] = joy[EMOTIONS.index(Emotion.HAPPINESS)] = 0.86
    sad = np.full(8, 0.02)
    sad[EMOTIONS.index(Emotion.SADNESS)] = 0.86
    said = [opinion(Modality.FACE, anger), opinion(Modality.SPEECH, sad), body(0.02)]
    credence = Credence(PLAIN)
    for at_s in np.arange(0.0, 60.0, 0.5):
        fused = fuse_under(said, PLAIN, credence.belief)
        credence.update(float(at_s), fused.agreement)
    assert fused.credence[Modality.FACE] < 0.2
    assert fused.credence[Modality.SPEECH] > 0.8
    assert EMOTIONS[int(fused.probabilities.argmax())] is Emotion.SADNESS


def test_two_that_contradict_each_other_are_doubted_alike():
    anger, joy = np.full(8, 0.02), np.full(8, 0.02)
    anger[EMOTIONS.index(Emotion.ANGER)] = joy[EMOTIONS.index(Emotion.HAPPINESS)] = 0.86
    fused = agreement_of(opinion(Modality.FACE, anger), opinion(Modality.SPEECH, joy))
    assert fused.credence[Modality.FACE] == pytest.approx(fused.credence[Modality.SPEECH])
    assert fused.credence[Modality.FACE] < 0.95


def test_doubt_wears_off_without_evidence():
    credence = Credence(PLAIN)
    at_rest = credence.belief.copy()
    credence.update(0.0, np.ones(8))
    credence.update(5.0, np.where(SUBSETS[:, 0], 0.01, 1.0))
    doubted = credence.belief @ SUBSETS
    assert doubted[0] < 0.5
    credence.update(2000.0, np.ones(8))
    np.testing.assert_allclose(credence.belief, at_rest, atol=1e-4)


@given(st.lists(st.floats(0.01, 10), min_size=8, max_size=8), st.floats(0, 1000))
def test_credence_stays_a_distribution(agreement, elapsed_s):
    credence = Credence(PLAIN)
    credence.update(0.0, np.ones(8))
    credence.update(elapsed_s, np.array(agreement))
    assert credence.belief.sum() == pytest.approx(1.0)
    assert np.all(credence.belief >= 0)


def test_asking_twice_for_one_moment_changes_nothing():
    credence = Credence(PLAIN)
    credence.update(3.0, np.ones(8))
    credence.update(3.0, np.where(SUBSETS[:, 0], 0.01, 1.0))
    np.testing.assert_allclose(credence.belief, Credence(PLAIN).belief)
