"""What a mesh is like apart from where the head is, and where the head is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

RIGID: Final = (
    *(10, 151, 9, 8, 168, 6, 197, 195, 5, 4),
    *(67, 297, 54, 284, 127, 356, 234, 454),
    *(33, 263, 133, 362, 143, 372),
)
"""Points that no expression moves much: forehead, nose without its wings, temples, corners of the eyes."""


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """A mesh turned to the front, and how the head was turned.

    Attributes
    ----------
    points
        (468, 3) in distances between the eyes, x to the right of the picture, y down, z away.
    yaw, pitch, roll
        Radians. Positive: the nose points to the right of the picture, downwards; the head is turned
        clockwise in the picture.
    """

    points: NDArray[np.float64]
    yaw: float
    pitch: float
    roll: float


def align(points: NDArray[np.float64], reference: NDArray[np.float64]) -> Shape:
    """Turn, move and scale a mesh so that its rigid points come to lie on those of a reference face.

    Least squares over similarities: Umeyama (1991), "Least-squares estimation of transformation
    parameters between two point patterns", IEEE PAMI 13:376-380, eqs. 40 to 42.

    Parameters
    ----------
    points
        (468, 3), any unit.
    reference
        (len(RIGID), 3), in distances between the eyes.
    """
    seen = points[list(RIGID)]
    seen_middle, middle = seen.mean(axis=0), reference.mean(axis=0)
    apart = seen - seen_middle
    u, spread, vt = np.linalg.svd((reference - middle).T @ apart)
    flip = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt)) or 1.0])
    turn = (u * flip) @ vt
    scale = float(spread @ flip) / max(float((apart**2).sum()), 1e-12)
    head = turn.T
    return Shape(
        points=scale * (points - seen_middle) @ turn.T + middle,
        yaw=float(np.arctan2(-head[0, 2], head[2, 2])),
        pitch=float(np.arcsin(np.clip(-head[1, 2], -1.0, 1.0))),
        roll=float(np.arctan2(head[1, 0], head[1, 1])),
    )
