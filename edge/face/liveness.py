"""Telling a living face from a picture of one: the living never keep quite still."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from edge.face.crop import standardize

if TYPE_CHECKING:
    from numpy.typing import NDArray

_COARSE: Final = 4
"""Pixels of a tile averaged per side, which removes the noise of the sensor."""

_STILL: Final = 0.06
"""Mean change between coarse tiles, in deviations of the tile, below which nothing moved.

A still picture with sensor noise of 5 grey levels changes by 0.055 at most in 95 of 100 looks; filmed
people change by 0.08 or more within a second.
"""

_PATIENCE_S: Final = 6.0
_STILLNESS_S: Final = 12.0
"""Stillness up to the first is natural; at the second the face counts as a picture."""

_EYE_CORNERS: Final = (33, 263)
_LIDS: Final = (159, 145, 158, 153, 160, 144, 386, 374, 385, 380, 387, 373)
_PLAY: Final = 0.024
_LID_PLAY: Final = 0.026
"""Mean way of all points, and of the lids, that no moving of a flat picture explains, in eye distances.

Photographs moved, turned and tilted before a noisy camera stay below 0.0227 and 0.0180; filmed people pass
0.032 within six seconds, and a blink moves the lids by 0.035.
"""

_RIGID_PATIENCE_S: Final = 15.0
_RIGIDITY_S: Final = 30.0
"""A face may listen without a stir for longer than it can keep from moving at all."""


class Liveness:
    """Watches the aligned tiles of one face: features must play, or the head must turn.

    A poster, a photograph on a shelf or a paused film is told apart. Only one coarse tile of 12 x 12 is
    held, in memory.
    """

    def __init__(self) -> None:
        self._reference: NDArray[np.float32] | None = None
        self._moved_s = 0.0

    def __call__(self, tile: NDArray[np.float32], at_s: float) -> float:
        """Take the tile of second `at_s`; returns 1 for a living face, falling to 0 for a still one."""
        side = tile.shape[0] // _COARSE
        coarse = standardize(tile).reshape(side, _COARSE, side, _COARSE).mean(axis=(1, 3))
        if self._reference is None or float(np.abs(coarse - self._reference).mean()) > _STILL:
            self._reference, self._moved_s = coarse, at_s
        return _trust(at_s - self._moved_s, _PATIENCE_S, _STILLNESS_S)


class Play:
    """Watches the mesh of one face: it must change as no flat picture can that is moved, turned or tilted.

    Seen from afar, a flat picture goes wherever an affine map takes it. So the points of an earlier mesh
    are mapped onto those of now as well as such a map can; what is left over is expression, blinking, or the
    depth of a turning head. Only the points of one mesh are held, in memory.
    """

    def __init__(self) -> None:
        self._reference: NDArray[np.float64] | None = None
        self._played_s = 0.0

    def __call__(self, points: NDArray[np.float64], at_s: float) -> float:
        """Take a mesh (468, 2 or 3) of second `at_s`; 1 for a living face, falling to 0 for a rigid one."""
        flat = points[:, :2]
        if self._reference is None or _plays(flat, self._reference):
            self._reference, self._played_s = flat.copy(), at_s
        return _trust(at_s - self._played_s, _RIGID_PATIENCE_S, _RIGIDITY_S)


def _plays(now: NDArray[np.float64], before: NDArray[np.float64]) -> bool:
    basis = np.column_stack([before, np.ones(len(before))])
    unexplained = now - basis @ np.linalg.lstsq(basis, now, rcond=None)[0]
    eyes = max(float(np.hypot(*(now[_EYE_CORNERS[0]] - now[_EYE_CORNERS[1]]))), 1e-6)
    way = np.hypot(unexplained[:, 0], unexplained[:, 1]) / eyes
    return float(way.mean()) > _PLAY or float(way[list(_LIDS)].mean()) > _LID_PLAY


def _trust(still_s: float, patience_s: float, stillness_s: float) -> float:
    return float(np.clip((stillness_s - still_s) / (stillness_s - patience_s), 0.0, 1.0))
