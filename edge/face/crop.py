"""From a detected face to what the expression net sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from edge.face.resample import warp_grey

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.face.detector import Face

TILE_PX: Final = 48
"""Side of the expression net's input."""

_CENTRE_PX: Final = (23.7, 27.7)
_EYE_DISTANCE_PX: Final = 17.5
_EYE_TO_MOUTH_PX: Final = 18.6
"""Where a FER2013 tile has its face: medians of BlazeFace's keypoints on 1,417 PublicTest tiles.

The centre is midway between eyes and mouth. Of the two lengths the larger one counts, relative to
its median (their larger has a median of 1.019, which is folded in), because turning the head
sideways shortens the first and nodding the second.
"""


def cut_tile(rgb: NDArray[np.uint8], face: Face) -> NDArray[np.float32]:
    """Cut a face out of its frame as FER2013 frames it, upright.

    Returns
    -------
    Grey levels 0..255, (48, 48).
    """
    return warp_grey(rgb, tile_to_frame(face.keypoints), TILE_PX)


def tile_to_frame(keypoints: NDArray[np.float64]) -> NDArray[np.float64]:
    """Similarity (2, 3) that takes a tile's pixels to the frame, from BlazeFace's keypoints (6, 2)."""
    eyes, mouth = keypoints[:2].mean(axis=0), keypoints[3]
    across = keypoints[1] - keypoints[0]
    angle = np.arctan2(across[1], across[0])
    scale = max(np.hypot(*across) / _EYE_DISTANCE_PX, np.hypot(*(mouth - eyes)) / _EYE_TO_MOUTH_PX, 1e-3)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    centre = (eyes + mouth) / 2
    return np.column_stack([turn, centre - turn @ np.array(_CENTRE_PX)])


def standardize(tile: NDArray[np.generic]) -> NDArray[np.float32]:
    """Bring a grey tile to zero mean and unit deviation, so that light and contrast hardly matter.

    Parameters
    ----------
    tile
        Grey levels 0..255, any shape.

    Returns
    -------
    float32 of the same shape, clipped to [-3, 3]. A deviation below 4 grey levels counts as 4.
    """
    grey = tile.astype(np.float32)
    return np.asarray(np.clip((grey - grey.mean()) / max(float(grey.std()), 4.0), -3.0, 3.0), np.float32)
