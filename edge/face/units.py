"""Facial action units from the geometry of a mesh.

Names, numbers and appearance after Ekman and Friesen (1978), "Facial Action Coding System", and the
edition of Ekman, Friesen and Hager (2002). Deviations: FACS is scored by trained people from what skin and
muscles do, in five ordinal grades; here an intensity in [0, 1] is how far a few distances between points of
the mesh have gone from the person's own neutral face, relative to how far they go in strong expressions.
Wrinkles and bulges are not seen, so AU6, AU7, AU9, AU10, AU17 and AU23 are rougher than the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class ActionUnit(IntEnum):
    """The units that geometry carries, with their FACS numbers."""

    INNER_BROW_RAISER = 1
    OUTER_BROW_RAISER = 2
    BROW_LOWERER = 4
    UPPER_LID_RAISER = 5
    CHEEK_RAISER = 6
    LID_TIGHTENER = 7
    NOSE_WRINKLER = 9
    UPPER_LIP_RAISER = 10
    LIP_CORNER_PULLER = 12
    LIP_CORNER_DEPRESSOR = 15
    CHIN_RAISER = 17
    LIP_STRETCHER = 20
    LIP_TIGHTENER = 23
    LIPS_PART = 25
    JAW_DROP = 26
    EYES_CLOSED = 43

    @property
    def position(self) -> int:
        """Position of this unit in a vector of intensities."""
        return UNITS.index(self)


UNITS: Final[tuple[ActionUnit, ...]] = tuple(ActionUnit)

MEASURES: Final = (
    "inner_brow",
    "outer_brow",
    "brow_gap",
    "upper_lid",
    "lower_lid",
    "cheek",
    "nose_wing",
    "philtrum",
    "corner_out",
    "corner_up",
    "corner_above_lips",
    "lower_lip",
    "chin",
    "lip_gap",
    "lip_height",
    "lopsided",
)
"""What is measured on an aligned mesh, in distances between the eyes.

Heights of the inner and the outer brow above the corner of the eye below them; the gap between the brows;
height of the upper lid above the corners of its eye, and depth of the lower lid below them; depth of the
cheek below the lower lid, and of the wings of the nose below the inner corners of the eyes; length of the
upper lip's skin; half the mouth's width; height of its corners above the foot of the nose (they lie below
it, so it is negative) and above the middle of the lips; depth of the lower lip's edge and of the chin below
the foot of the nose; gap between the lips; height of their red parts together; and by how much the corner of
the mouth at the right of the picture stands out and up farther than the other one. Pairs are averaged.
"""


def measure(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Take the measures (16,) of an aligned mesh (468, 3), in the order of `MEASURES`."""

    def y(*picked: int) -> float:
        return float(points[list(picked), 1].mean())

    def apart(one: int, other: int) -> float:
        return float(np.sqrt(((points[one] - points[other]) ** 2).sum()))

    inner_corners, corners = y(133, 362), y(33, 133, 263, 362)
    mouth, nose = y(61, 291), y(2)
    right, left = points[291, :2] - points[2, :2], points[61, :2] - points[2, :2]
    return np.array(
        [
            inner_corners - y(107, 55, 336, 285),
            y(33, 263) - y(70, 63, 53, 300, 293, 283),
            apart(55, 285),
            corners - y(158, 159, 160, 385, 386, 387),
            y(144, 145, 153, 373, 374, 380) - corners,
            y(117, 118, 119, 346, 347, 348) - y(145, 374),
            y(48, 64, 98, 278, 294, 327) - inner_corners,
            y(0, 37, 267) - nose,
            apart(61, 291) / 2,
            nose - mouth,
            y(0, 13, 14, 17) - mouth,
            y(17) - nose,
            y(148, 152, 377) - nose,
            (apart(13, 14) + apart(82, 87) + apart(312, 317)) / 3,
            apart(0, 13) + apart(14, 17),
            (right[0] + left[0]) - (right[1] - left[1]),
        ]
    )


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """What is usual among people, from the manifest.

    Attributes
    ----------
    neutral, spread
        (16,) in the order of `MEASURES`: mean of neutral faces, and how far people differ in it.
    still, full
        (16,) in the order of `UNITS`: what a unit must exceed to count, and where it is at its strongest,
        both in distances between the eyes, but for AU43, where it is a share of the open eye.
    """

    neutral: NDArray[np.float64]
    spread: NDArray[np.float64]
    still: NDArray[np.float64]
    full: NDArray[np.float64]


def movements(measures: NDArray[np.float64], neutral: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far each unit has gone, (16,) in the order of `UNITS`; negative for the opposite movement.

    AU1, AU2: the brows' inner and outer ends rise. AU4: the brows draw together and sink. AU5: the upper
    lid rises. AU6: the cheek rises towards the eye. AU7: the lower lid rises, the eye still open. AU9: the
    wings of the nose rise. AU10: the upper lip's skin shortens beyond what a smile does to it. AU12: the
    corners of the mouth go out and up. AU15: they sink below the middle of the lips. AU17: the lower lip is
    pushed up, the lips closed. AU20: the corners go out without rising. AU23: the red of the closed lips
    narrows. AU25: the lips part. AU26: the chin sinks. AU43: the share of the open eye that is closed.
    """
    moved = dict(zip(MEASURES, measures - neutral, strict=True))
    usual = dict(zip(MEASURES, neutral, strict=True))
    eye = max(usual["upper_lid"] + usual["lower_lid"], 1e-3)
    closed = -(moved["upper_lid"] + moved["lower_lid"]) / eye
    parted = max(moved["lip_gap"], 0.0)
    smile = (moved["corner_out"] + moved["corner_up"]) / np.sqrt(2)
    found = {
        ActionUnit.INNER_BROW_RAISER: moved["inner_brow"],
        ActionUnit.OUTER_BROW_RAISER: moved["outer_brow"],
        ActionUnit.BROW_LOWERER: -(moved["brow_gap"] + moved["inner_brow"]) / 2,
        ActionUnit.UPPER_LID_RAISER: moved["upper_lid"],
        ActionUnit.CHEEK_RAISER: -moved["cheek"],
        ActionUnit.LID_TIGHTENER: -moved["lower_lid"] * (1.0 - float(np.clip(closed, 0.0, 1.0))),
        ActionUnit.NOSE_WRINKLER: -moved["nose_wing"],
        ActionUnit.UPPER_LIP_RAISER: -moved["philtrum"] - max(smile, 0.0) / 2,
        ActionUnit.LIP_CORNER_PULLER: smile,
        ActionUnit.LIP_CORNER_DEPRESSOR: -moved["corner_above_lips"],
        ActionUnit.CHIN_RAISER: -moved["lower_lip"] - parted - max(smile, 0.0) / 2,
        ActionUnit.LIP_STRETCHER: moved["corner_out"] - 2 * max(moved["corner_up"], 0.0),
        ActionUnit.LIP_TIGHTENER: -moved["lip_height"] - parted - max(smile, 0.0) / 2,
        ActionUnit.LIPS_PART: moved["lip_gap"],
        ActionUnit.JAW_DROP: moved["chin"],
        ActionUnit.EYES_CLOSED: closed,
    }
    return np.array([found[unit] for unit in UNITS])


def intensities(moved: NDArray[np.float64], scale: Scale) -> NDArray[np.float64]:
    """Movements to intensities in [0, 1], (16,) in the order of `UNITS`."""
    return np.asarray(np.clip((moved - scale.still) / (scale.full - scale.still), 0.0, 1.0))


def expressiveness(units: NDArray[np.float64]) -> float:
    """Mean intensity of the units but AU43: to blink is not to express."""
    return float(np.delete(units, ActionUnit.EYES_CLOSED.position).mean())


_PRIOR_READINGS: Final = 6.0
_MOST_READINGS: Final = 300.0
"""What is usual counts as so many readings; later ones always weigh at least one in 300."""

_LEAST_TRUST: Final = 0.02
"""Weight of a reading that is surely not neutral: a face that never rests still becomes its own measure."""

_OUTLIER: Final = 1.5
_FARTHEST: Final = 4.0
"""In spreads: how far one reading may pull, and how far a person may differ from what is usual."""


class Neutral:
    """The neutral face of one person, learned while it is watched.

    A running mean that begins at what is usual among people. Each reading counts by how neutral the
    expression net finds it and pulls no farther than an outlier may (Huber 1964, "Robust estimation of a
    location parameter"), so that blinks and smiles do not move it.
    """

    def __init__(self, scale: Scale) -> None:
        self._scale = scale
        self._seen = _PRIOR_READINGS
        self.measures = scale.neutral

    def learn(self, measures: NDArray[np.float64], *, neutral: float) -> None:
        """Take a reading whose face is neutral with that probability."""
        weight = max(neutral, _LEAST_TRUST)
        self._seen = min(self._seen + weight, _MOST_READINGS)
        farthest = _OUTLIER * self._scale.spread
        pull = np.clip(measures - self.measures, -farthest, farthest)
        bound = _FARTHEST * self._scale.spread
        moved = self.measures + pull * weight / self._seen
        self.measures = np.clip(moved, self._scale.neutral - bound, self._scale.neutral + bound)
