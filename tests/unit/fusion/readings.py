from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edge.emotion import EMOTIONS, Emotion
from edge.signals import Affect, Modality

if TYPE_CHECKING:
    from collections.abc import Iterable


def make_affect(
    modality: Modality = Modality.FACE,
    emotion: Emotion | None = None,
    *,
    certainty: float = 0.8,
    known: Iterable[Emotion] = EMOTIONS,
    **fields: object,
) -> Affect:
    """A reading that gives `emotion` the probability `certainty` and shares the rest among the known."""
    mask = np.array([candidate in set(known) for candidate in EMOTIONS])
    probabilities = mask / max(mask.sum(), 1)
    if emotion is not None:
        probabilities = np.where(mask, (1 - certainty) / (mask.sum() - 1), 0.0)
        probabilities[EMOTIONS.index(emotion)] = certainty
    values: dict[str, object] = {
        "who": 1, "start_s": 0.0, "end_s": 1.0, "valence": None, "arousal": None, "quality": 0.8,
    }  # fmt: skip
    return Affect(modality=modality, probabilities=probabilities, mask=mask, **(values | fields))
