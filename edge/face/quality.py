"""How far a reading of a face can be trusted, from what the picture is like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.face.detector import Face

_DARKEST, _BRIGHTEST = 4.0, 251.0
"""Grey levels beyond these count as clipped."""

_FACING_LIMIT: Final = 0.3


def quality(face: Face, tile: NDArray[np.float32]) -> float:
    """Trust in [0, 1]: the product of size, sureness of the detector, pose, exposure and sharpness."""
    size = _ramp(face.side_px, 14.0, 48.0)
    sureness = _ramp(face.score, 0.4, 0.8)
    pose = 1.0 - _ramp(sideways(face), 0.25, 0.9)
    return size * sureness * pose * tile_quality(tile)


def tile_quality(tile: NDArray[np.generic]) -> float:
    """Trust in [0, 1] as far as the tile itself tells: the product of exposure and sharpness."""
    grey = tile.astype(np.float32)
    return exposure(grey) * sharpness(grey)


def exposure(grey: NDArray[np.float32]) -> float:
    """1 for a well-lit tile; less where it is nearly one shade, or clipped to black or white."""
    clipped = float(np.mean((grey <= _DARKEST) | (grey >= _BRIGHTEST)))
    return _ramp(float(grey.std()), 3.0, 20.0) * (1.0 - _ramp(clipped, 0.15, 0.8))


def sharpness(grey: NDArray[np.float32]) -> float:
    """1 where fine detail carries a natural share of the contrast; less in a blurred or noisy tile.

    The share is the variance of the Laplacian over that of the tile (Pertuz et al. 2013, "Analysis
    of focus measure operators", LAPV, made independent of contrast).
    """
    centre = grey[1:-1, 1:-1]
    laplacian = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * centre
    share = np.log10(float(laplacian.var()) / max(float(grey.var()), 16.0) + 1e-6)
    return _ramp(share, *_BLURRED) * (1.0 - _ramp(share, *_NOISY))


_BLURRED: Final = (-2.6, -1.4)
_NOISY: Final = (0.3, 1.0)
"""Where log10 of the detail's share goes from worthless to good, and from good to worthless."""


def sideways(face: Face) -> float:
    """How far the nose stands beside the middle of the eyes, in eye distances: 0 frontal, 0.5 half turned."""
    right, left, nose = face.keypoints[0], face.keypoints[1], face.keypoints[2]
    across = left - right
    distance = max(float(np.hypot(*across)), 1e-6)
    return abs(float((nose - (left + right) / 2) @ across)) / distance**2


def is_facing(face: Face) -> bool:
    """Whether the head points roughly at the camera."""
    return sideways(face) < _FACING_LIMIT


def _ramp(value: float, low: float, high: float) -> float:
    """0 below `low`, 1 above `high`, straight between."""
    return float(np.clip((value - low) / (high - low), 0.0, 1.0))
