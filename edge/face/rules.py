"""A second opinion on the emotion, from action units by rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.emotion import EMOTIONS, Emotion, softmax
from edge.face.units import MEASURES, ActionUnit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.face.units import Scale

PROTOTYPES: Final[dict[Emotion, tuple[int, ...]]] = {
    Emotion.HAPPINESS: (6, 12),
    Emotion.SURPRISE: (1, 2, 5, 26),
    Emotion.SADNESS: (1, 4, 15, 17),
    Emotion.ANGER: (4, 5, 7, 23),
    Emotion.DISGUST: (9, 10, 17),
    Emotion.FEAR: (1, 2, 4, 5, 20, 25),
}
"""Units of each emotion's prototype.

Ekman, Friesen and Hager (2002), "FACS Investigator's Guide", table 10-1, as EMFACS (Friesen and Ekman
1983) uses them. Deviations: of the variants that table allows, one is kept an emotion, made of units that
geometry carries; contempt, a one-sided AU12 and AU14, is read from how lopsided the mouth is; a prototype is
matched by the mean of its units, not by all or nothing.
"""

_LOPSIDED: Final = MEASURES.index("lopsided")
_LOPSIDED_FROM: Final = 1.0
_LOPSIDED_FULLY: Final = 4.0
"""In spreads of the measure among people."""


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """The table with its calibration.

    Attributes
    ----------
    steepness, bias
        Probabilities are softmax(steepness * match + bias); `bias` is (8,), order of `EMOTIONS`.
    weight
        Exponent of this opinion in the blend with the net's; 0 where it was found to add nothing.
    """

    steepness: float
    bias: NDArray[np.float64]
    weight: float

    def opinion(self, units: NDArray[np.float64], lopsided: float) -> NDArray[np.float64]:
        """Probabilities (8,) from intensities (16,) and how lopsided the mouth is, in [0, 1]."""
        return softmax(self.steepness * matches(units, lopsided) + self.bias)

    def blend(self, net: NDArray[np.float64], opinion: NDArray[np.float64]) -> NDArray[np.float64]:
        """Pool two opinions (8,) logarithmically: the net's counts fully, this one with its weight."""
        return softmax(np.log(net + 1e-9) + self.weight * np.log(opinion + 1e-9))


def matches(units: NDArray[np.float64], lopsided: float) -> NDArray[np.float64]:
    """How far each emotion's prototype is met, (8,) in [0, 1]; neutral is 0."""
    found = np.zeros(len(EMOTIONS))
    for emotion, prototype in PROTOTYPES.items():
        found[emotion.position] = np.mean([units[ActionUnit(number).position] for number in prototype])
    found[Emotion.CONTEMPT.position] = lopsided
    return found


def lopsidedness(measures: NDArray[np.float64], neutral: NDArray[np.float64], scale: Scale) -> float:
    """How much more one corner of the mouth has moved than the other, in [0, 1]."""
    apart = abs(float(measures[_LOPSIDED] - neutral[_LOPSIDED])) / float(scale.spread[_LOPSIDED])
    return float(np.clip((apart - _LOPSIDED_FROM) / (_LOPSIDED_FULLY - _LOPSIDED_FROM), 0.0, 1.0))
