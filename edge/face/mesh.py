"""The face mesh: 468 points of one face, in three dimensions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.face.detector import Face

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.inference.model import Model

POINTS: Final = 468
_SIDE_PX: Final = 192
_ENLARGED: Final = 1.5
"""Side of what the net sees, in sides of BlazeFace's box."""

_EYES: Final = ((33, 133, 159, 145), (362, 263, 386, 374))
_NOSE_TIP: Final = 1
_LIPS: Final = (13, 14)
_EARS: Final = (234, 454)
"""Points that lie where BlazeFace has its keypoints."""

_WIDER: Final = 1.045
"""By how much these lie farther apart: median on 1,500 PublicTest tiles."""


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """The points of one face, (468, 3): x and y in frame pixels, z away from the camera in the same unit.

    `presence` is the net's logit that the face is there and well framed.
    """

    points: NDArray[np.float64]
    presence: float


class FaceMesh:
    """MediaPipe's face mesh (Kartynnik et al. 2019, arXiv:1907.06724).

    Parameters
    ----------
    model
        Takes (1, 192, 192, 3) in [0, 1]; gives 468 points in pixels of 192, and a logit.
    """

    def __init__(self, model: Model) -> None:
        self._model = model

    def __call__(self, rgb: NDArray[np.uint8], face: Face) -> Mesh:
        """Lay the mesh over a face of the frame (height, width, 3)."""
        to_frame = _square_to_frame(face)
        found, presence = self._model(_sample(rgb, to_frame)[None])
        points = found.reshape(POINTS, 3).astype(np.float64)
        across = points[:, :2] @ to_frame[:, :2].T + to_frame[:, 2]
        depth = points[:, 2] * np.hypot(to_frame[0, 0], to_frame[1, 0])
        return Mesh(points=np.column_stack([across, depth]), presence=float(presence.reshape(-1)[0]))


def face_of(mesh: Mesh, before: Face) -> Face:
    """Say where the mesh lies as the detector would: its keypoints, and a box moved along from `before`."""
    flat = mesh.points[:, :2]
    keypoints = np.stack(
        [
            *(flat[list(eye)].mean(axis=0) for eye in _EYES),
            flat[_NOSE_TIP],
            flat[list(_LIPS)].mean(axis=0),
            *flat[list(_EARS)],
        ]
    )
    eyes_and_mouth = [0, 1, 3]
    middle = keypoints[eyes_and_mouth].mean(axis=0)
    keypoints = middle + (keypoints - middle) / _WIDER
    old, new = before.keypoints[eyes_and_mouth], keypoints[eyes_and_mouth]
    grown = _spread(new) / max(_spread(old), 1e-6)
    box = (before.box.reshape(2, 2) - old.mean(axis=0)) * grown + middle
    return Face(box=box.reshape(4), keypoints=keypoints, score=before.score)


def _spread(points: NDArray[np.float64]) -> float:
    return float(np.sqrt(((points - points.mean(axis=0)) ** 2).sum()))


def _square_to_frame(face: Face) -> NDArray[np.float64]:
    """Similarity (2, 3) from the net's pixels to the frame: the box, turned so that the eyes lie level."""
    across = face.keypoints[1] - face.keypoints[0]
    angle = np.arctan2(across[1], across[0])
    scale = max(face.side_px, 1.0) * _ENLARGED / _SIDE_PX
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = (face.box[:2] + face.box[2:]) / 2
    return np.column_stack([turn, middle - turn @ np.full(2, (_SIDE_PX - 1) / 2)])


def _sample(rgb: NDArray[np.uint8], to_frame: NDArray[np.float64]) -> NDArray[np.float32]:
    """Nearest pixels, (192, 192, 3) in [0, 1].

    On a film of a face 214 pixels wide the points differ by 0.1 of 192 from those of bilinear sampling,
    which takes five times as long.
    """
    height, width = rgb.shape[:2]
    steps = np.arange(_SIDE_PX, dtype=np.float32)
    turn = to_frame.astype(np.float32)
    x = turn[0, 0] * steps + turn[0, 1] * steps[:, None] + turn[0, 2]
    y = turn[1, 0] * steps + turn[1, 1] * steps[:, None] + turn[1, 2]
    columns = np.clip(np.rint(x), 0, width - 1).astype(np.intp)
    rows = np.clip(np.rint(y), 0, height - 1).astype(np.intp)
    return np.asarray(rgb[rows, columns] * np.float32(1 / 255), dtype=np.float32)
