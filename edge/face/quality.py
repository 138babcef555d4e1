"""How far a reading of a face can be trusted, from what the picture is like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.face.detector import Face
    from edge.face.geometry import Geometry

_DARKEST, _BRIGHTEST = 4.0, 251.0
"""Grey levels beyond these count as clipped."""

_PRESENCE: Final = (-4.0, 12.0)
"""Logit of the mesh below which there is no face worth a look, and above which nothing is wrong with it."""

_FACING_LIMIT: Final = 0.3
_LYING: Final = 1.0
_FACING_YAW: Final = 0.45
_FACING_PITCH: Final = 0.4
"""Radians: about 25 degrees."""


def quality(face: Face, tile: NDArray[np.float32], geometry: Geometry | None = None) -> float:
    """Trust in [0, 1]: the product of size, sureness of detector and mesh, pose, exposure and sharpness.

    Detector and mesh are what sees occlusion: the more of a face is covered, the less sure they are.
    Without a mesh the pose is judged by where the nose stands.
    """
    size = _ramp(face.side_px, 14.0, 48.0)
    sureness = _ramp(face.score, 0.35, 0.85)
    turned = _ramp(sideways(face), 0.25, 0.9)
    if geometry:
        sureness *= _ramp(geometry.mesh.presence, *_PRESENCE)
    if geometry and geometry.is_sure:
        turned = max(_ramp(abs(geometry.yaw), 0.35, 1.0), _ramp(abs(geometry.pitch), 0.35, 0.9))
    pose = 1.0 - max(turned, _ramp(abs(tilt(face)), 0.35, 1.2))
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

    The share is the variance of the second difference over that of the tile (after Pertuz et al.
    2013, "Analysis of focus measure operators", LAPV), in the direction that has less of it for
    blur, so that motion shows, and in the other one for noise.
    """
    across = float((grey[:, :-2] + grey[:, 2:] - 2 * grey[:, 1:-1]).var())
    down = float((grey[:-2] + grey[2:] - 2 * grey[1:-1]).var())
    contrast = max(float(grey.var()), 16.0)
    least, most = (np.log10(detail / contrast + 1e-6) for detail in sorted((across, down)))
    return _ramp(least, *_BLURRED) * (1.0 - _ramp(most, *_NOISY))


_BLURRED: Final = (-2.3, -1.2)
_NOISY: Final = (0.15, 0.7)
"""Where log10 of the detail's share goes from worthless to good, and from good to worthless.

On PublicTest tiles the lesser share lies between -1.06 and -0.33 (5th and 95th percentile), the
greater one below 0.02.
"""


def tilt(face: Face) -> float:
    """In-plane angle of the line through the eyes, radians; 0 is upright."""
    across = face.keypoints[1] - face.keypoints[0]
    return float(np.arctan2(across[1], across[0]))


def is_upright(face: Face) -> bool:
    """Whether the face stands rather than lies on its side or on its head."""
    return abs(tilt(face)) < _LYING


def sideways(face: Face) -> float:
    """How far the nose stands beside the middle of the eyes, in eye distances: 0 frontal, 0.5 half turned."""
    right, left, nose = face.keypoints[0], face.keypoints[1], face.keypoints[2]
    across = left - right
    distance = max(float(np.hypot(*across)), 1e-6)
    return abs(float((nose - (left + right) / 2) @ across)) / distance**2


def is_facing(face: Face, geometry: Geometry | None = None) -> bool:
    """Whether the head points roughly at the camera: within about 25 degrees, if the mesh can tell."""
    if geometry and geometry.is_sure:
        return abs(geometry.yaw) < _FACING_YAW and abs(geometry.pitch) < _FACING_PITCH
    return sideways(face) < _FACING_LIMIT


def _ramp(value: float, low: float, high: float) -> float:
    """0 below `low`, 1 above `high`, straight between."""
    return float(np.clip((value - low) / (high - low), 0.0, 1.0))
