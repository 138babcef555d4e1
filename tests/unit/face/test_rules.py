from __future__ import annotations

import numpy as np
import pytest

from edge.emotion import EMOTIONS, Emotion
from edge.face.rules import PROTOTYPES, Rules, lopsidedness, matches
from edge.face.units import MEASURES, UNITS, ActionUnit, Scale


def units(*numbers: int) -> np.ndarray:
    found = np.zeros(len(UNITS))
    found[[ActionUnit(number).position for number in numbers]] = 1.0
    return found


def rules(weight: float = 0.5) -> Rules:
    return Rules(steepness=8.0, bias=np.where(np.arange(8) == 0, 0.0, -3.0), weight=weight)


@pytest.mark.parametrize("emotion", PROTOTYPES)
def test_the_prototype_of_an_emotion_is_read_as_that_emotion(emotion: Emotion) -> None:
    found = rules().opinion(units(*PROTOTYPES[emotion]), 0.0)
    assert EMOTIONS[int(found.argmax())] is emotion
    assert found.sum() == pytest.approx(1.0)


def test_a_face_at_rest_is_neutral_and_a_lopsided_mouth_contempt() -> None:
    assert rules().opinion(units(), 0.0).argmax() == Emotion.NEUTRAL.position
    assert rules().opinion(units(), 1.0).argmax() == Emotion.CONTEMPT.position


def test_half_a_prototype_matches_half() -> None:
    assert matches(units(12), 0.0)[Emotion.HAPPINESS.position] == pytest.approx(0.5)


def test_without_weight_the_net_alone_speaks_and_with_it_both_do() -> None:
    net, other = np.full(8, 1 / 8), np.eye(8)[2] * 0.93 + 0.01 * (1 - np.eye(8)[2])
    np.testing.assert_allclose(rules(0.0).blend(net, other), net, atol=1e-6)
    assert rules(0.5).blend(net, other)[2] > net[2]
    assert rules(0.5).blend(net, other).sum() == pytest.approx(1.0)


def test_lopsidedness_counts_either_side_beyond_what_is_usual() -> None:
    usual = np.zeros(len(MEASURES))
    scale = Scale(neutral=usual, spread=np.full(len(MEASURES), 0.03), still=np.zeros(16), full=np.ones(16))
    one_sided = np.where(np.arange(len(MEASURES)) == MEASURES.index("lopsided"), 0.12, 0.0)
    assert lopsidedness(one_sided, usual, scale) == lopsidedness(-one_sided, usual, scale) == 1.0
    assert lopsidedness(one_sided / 4, usual, scale) == 0.0
