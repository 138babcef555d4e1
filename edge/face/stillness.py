"""Telling that nothing has changed before a camera, so that nobody need be looked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ROWS: Final = 12
_COLUMNS: Final = 16
"""Tiles of a picture; a face of a tenth of the width, about the least that is found, covers one."""

_EACH: Final = 10
"""Pixels looked at per tile and axis: enough for the noise of a camera in a dim room to average out."""

_CHANGE: Final = 3.0
"""Grey levels by which the mean of a tile moves when something comes; noise moves it by 1 or 2."""

_STILL_S: Final = 5.0
"""Without a face and without a change for so long, a room counts as still."""

_GLANCE_S: Final = 2.0
"""A still room is looked at this often all the same."""


class Stillness:
    """Says when looking for faces can be left out: nobody was there, and the picture is as it was then.

    What is compared is the mean green of 12 by 16 tiles with that of the last look, so that whatever comes
    slowly adds up; a change of all the picture alike, as by the exposure, is none.
    """

    def __init__(self) -> None:
        self._tiles = np.zeros(_ROWS * _COLUMNS, dtype=np.float32)
        self._stirred_s = -np.inf
        self._looked_s = -np.inf

    def allows_rest(self, rgb: NDArray[np.uint8], at_s: float) -> bool:
        """Whether this picture (height, width, 3) need not be looked at; if not, it counts as looked at."""
        tiles = _tiles(rgb)
        change = tiles - self._tiles
        if np.abs(change - np.median(change)).max() >= _CHANGE:
            self._stirred_s = at_s
        if at_s - self._stirred_s >= _STILL_S and at_s - self._looked_s < _GLANCE_S:
            return True
        self._tiles, self._looked_s = tiles, at_s
        return False

    def stir(self, at_s: float) -> None:
        """Take note that something like a face was seen."""
        self._stirred_s = at_s


def _tiles(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    green = rgb[_spread(rgb.shape[0], _ROWS * _EACH)][:, _spread(rgb.shape[1], _COLUMNS * _EACH), 1]
    return np.asarray(
        green.reshape(_ROWS, _EACH, _COLUMNS, _EACH).mean(axis=(1, 3), dtype=np.float32).ravel()
    )


def _spread(length: int, count: int) -> NDArray[np.intp]:
    return np.linspace(0, length - 1, count).astype(np.intp)
