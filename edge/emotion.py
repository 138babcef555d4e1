"""The shared emotion set and where each class lies on the valence-arousal plane."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Emotion(StrEnum):
    """The eight FER+ classes, in the order of every probability vector of the project."""

    NEUTRAL = "neutral"
    HAPPINESS = "happiness"
    SURPRISE = "surprise"
    SADNESS = "sadness"
    ANGER = "anger"
    DISGUST = "disgust"
    FEAR = "fear"
    CONTEMPT = "contempt"

    @property
    def position(self) -> int:
        """Position of this class in a probability vector."""
        return EMOTIONS.index(self)


class MomentKind(StrEnum):
    """What a room, or one viewer, changes to in a moment."""

    JOY = "joy"
    SURPRISE = "surprise"
    SADNESS = "sadness"
    TENSION = "tension"
    BOREDOM = "boredom"
    ATTENTION_LOST = "attention_lost"


MOMENT_CLASSES: Final[dict[MomentKind, tuple[Emotion, ...]]] = {
    MomentKind.JOY: (Emotion.HAPPINESS,),
    MomentKind.SURPRISE: (Emotion.SURPRISE,),
    MomentKind.SADNESS: (Emotion.SADNESS,),
    MomentKind.TENSION: (Emotion.ANGER, Emotion.DISGUST, Emotion.FEAR, Emotion.CONTEMPT),
    MomentKind.BOREDOM: (Emotion.NEUTRAL,),
}
"""The classes whose share rises in a moment; lost attention has none."""

EMOTIONS: Final[tuple[Emotion, ...]] = tuple(Emotion)

CIRCUMPLEX: Final[dict[Emotion, tuple[float, float]]] = {
    Emotion.NEUTRAL: (0.0, 0.0),
    Emotion.HAPPINESS: (0.81, 0.51),
    Emotion.SURPRISE: (0.40, 0.67),
    Emotion.SADNESS: (-0.63, -0.27),
    Emotion.ANGER: (-0.51, 0.59),
    Emotion.DISGUST: (-0.60, 0.35),
    Emotion.FEAR: (-0.64, 0.60),
    Emotion.CONTEMPT: (-0.40, 0.10),
}
"""(valence, arousal) of each class, in [-1, 1].

Mean pleasure and arousal ratings of Russell and Mehrabian (1977), "Evidence for a three-factor
theory of emotions", J. Res. Personality 11:273-294. Deviations: neutral is the origin by
definition; contempt is not in that table and was placed by hand, unpleasant and hardly aroused.
"""

_COORDINATES: Final = np.array([CIRCUMPLEX[emotion] for emotion in EMOTIONS], dtype=np.float64)


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logits to probabilities along the last axis; minus infinity gets none."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True))


def valence_arousal(probabilities: NDArray[np.floating]) -> tuple[float, float]:
    """Expected valence and arousal under class probabilities.

    Parameters
    ----------
    probabilities
        Shape (8,), non-negative, summing to 1, in the order of `EMOTIONS`.

    Returns
    -------
    (valence, arousal), each in [-1, 1].
    """
    valence, arousal = np.asarray(probabilities, dtype=np.float64) @ _COORDINATES
    return float(valence), float(arousal)
