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


class Liveness:
    """Watches the aligned tiles of one face: features must play, or the head must turn.

    A poster, a photograph on a shelf or a paused film is told apart; a picture that somebody moves is
    not. Only one coarse tile of 12 x 12 is held, in memory.
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
        still_s = at_s - self._moved_s
        return float(np.clip((_STILLNESS_S - still_s) / (_STILLNESS_S - _PATIENCE_S), 0.0, 1.0))
