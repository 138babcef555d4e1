from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.emotion import CIRCUMPLEX, EMOTIONS, Emotion, valence_arousal


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_a_certain_class_lies_at_its_own_place(emotion: Emotion) -> None:
    assert valence_arousal(np.eye(8)[emotion.position]) == pytest.approx(CIRCUMPLEX[emotion])


@given(st.lists(st.floats(0.01, 1), min_size=8, max_size=8))
def test_any_mixture_stays_on_the_plane(weights: list[float]) -> None:
    probabilities = np.array(weights) / sum(weights)
    valence, arousal = valence_arousal(probabilities)
    assert -1 <= valence <= 1
    assert -1 <= arousal <= 1
