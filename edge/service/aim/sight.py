"""From one picture to what may be shown of it: rectangles on a coarse grid, and words of advice."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.face.crop import cut_tile
from edge.face.quality import is_facing, sharpness

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from edge.face.detector import Face, FaceDetector

GRID_PERCENT: Final = 2
"""Rectangles lie on a grid of this many percent of the picture: enough to aim, too coarse to draw with."""
GOOD_SIDE_PX: Final = 48
"""From this size on a face loses no trust for being small; see `edge.face.quality`."""
SURE_SCORE: Final = 0.65
"""Below it the reader does not begin to follow a face."""
_DARK, _BRIGHT = 45.0, 215.0
_DARK_PICTURE, _BRIGHT_PICTURE, _FLAT_PICTURE = 30.0, 225.0, 4.0
_SHARP: Final = 0.4
_EDGE_SHARE: Final = 0.01


class Hint(StrEnum):
    """What keeps a face from being read well."""

    TOO_SMALL = "too_small"
    TURNED_AWAY = "turned_away"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    BLURRED = "blurred"
    AT_THE_EDGE = "at_the_edge"
    COVERED = "covered"


class Light(StrEnum):
    """How the whole picture is lit."""

    GOOD = "good"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    COVERED = "covered"


@dataclass(frozen=True, slots=True)
class Spot:
    """One face: left, top, width and height in percent of the picture, and what is wrong."""

    box: tuple[int, int, int, int]
    hints: tuple[Hint, ...]


@dataclass(frozen=True, slots=True)
class Sight:
    """All that is kept of one picture: its shape, its light and its faces, from left to right."""

    width_px: int
    height_px: int
    light: Light
    spots: tuple[Spot, ...]


def look(rgb: NDArray[np.uint8], detect: FaceDetector) -> Sight:
    """See where the faces of a picture are.

    Parameters
    ----------
    rgb
        The picture, uint8 (height, width, 3).
    detect
        Finds faces.
    """
    height, width = rgb.shape[:2]
    faces = detect(rgb)
    spots = [Spot(_percent(face, width, height), tuple(_hints(face, rgb))) for face in faces]
    return Sight(width, height, _light(rgb), tuple(sorted(spots, key=lambda spot: spot.box)))


def _percent(face: Face, width: int, height: int) -> tuple[int, int, int, int]:
    size = np.array([width, height, width, height])
    steps = np.clip(np.rint(100 / GRID_PERCENT * face.box / size), 0, 100 / GRID_PERCENT)
    left, top, right, bottom = (GRID_PERCENT * int(step) for step in steps)
    return left, top, max(GRID_PERCENT, right - left), max(GRID_PERCENT, bottom - top)


def _hints(face: Face, rgb: NDArray[np.uint8]) -> Iterator[Hint]:
    height, width = rgb.shape[:2]
    left, top, right, bottom = face.box / np.array([width, height, width, height])
    tile = cut_tile(rgb, face)
    grey = float(tile.mean())
    if face.side_px < GOOD_SIDE_PX:
        yield Hint.TOO_SMALL
    if not is_facing(face):
        yield Hint.TURNED_AWAY
    if min(left, top) < _EDGE_SHARE or max(right, bottom) > 1 - _EDGE_SHARE:
        yield Hint.AT_THE_EDGE
    if grey < _DARK:
        yield Hint.TOO_DARK
    elif grey > _BRIGHT:
        yield Hint.TOO_BRIGHT
    elif sharpness(tile) < _SHARP:
        yield Hint.BLURRED
    elif face.score < SURE_SCORE:
        yield Hint.COVERED


def _light(rgb: NDArray[np.uint8]) -> Light:
    grey = rgb[::8, ::8].mean(axis=2)
    if grey.mean() < _DARK_PICTURE:
        return Light.TOO_DARK
    if grey.mean() > _BRIGHT_PICTURE:
        return Light.TOO_BRIGHT
    return Light.COVERED if grey.std() < _FLAT_PICTURE else Light.GOOD
