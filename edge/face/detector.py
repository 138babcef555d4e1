"""BlazeFace: where the faces are, with six keypoints each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.face.resample import letterbox

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.inference.model import Model

_SIDE_PX: Final = 128
_GRIDS: Final = ((16, 2), (8, 6))
"""Cells a side, and anchors a cell: strides 8 and 16; all anchors are unit squares."""

_OVERLAP: Final = 0.3
_MAX_LOGIT: Final = 80.0


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A face in frame pixels.

    `box` is (left, top, right, bottom); `keypoints` (6, 2) are x, y of the eye at the left of the
    picture, the eye at its right, nose tip, mouth, and the ears, left of the picture first;
    `score` in [0, 1].
    """

    box: NDArray[np.float64]
    keypoints: NDArray[np.float64]
    score: float

    def enlarged(self, by: NDArray[np.float64]) -> Face:
        """The face in a picture that is so many times as wide and as high, (2,)."""
        return replace(self, box=self.box * np.tile(by, 2), keypoints=self.keypoints * by)

    @property
    def side_px(self) -> float:
        """Larger side of the box."""
        return float(max(self.box[2] - self.box[0], self.box[3] - self.box[1]))


class FaceDetector:
    """BlazeFace short range (Bazarevsky et al. 2019, arXiv:1907.05047), for faces within about 2 m.

    Parameters
    ----------
    model
        Takes (1, 128, 128, 3) in [-1, 1]; gives (1, 896, 16) boxes and (1, 896, 1) logits.
    floor
        Least score of a face.
    """

    def __init__(self, model: Model, *, floor: float = 0.4) -> None:
        self._model = model
        self._floor = floor
        self._anchors = _anchors()

    def __call__(self, rgb: NDArray[np.uint8]) -> list[Face]:
        """Find the faces of a frame (height, width, 3), the surest first."""
        square, scale, offset = letterbox(rgb, _SIDE_PX)
        regressors, logits = self._model(square[None] / np.float32(127.5) - np.float32(1.0))
        scores = 1.0 / (1.0 + np.exp(-np.clip(logits[0, :, 0], -_MAX_LOGIT, _MAX_LOGIT)))
        kept = np.flatnonzero(scores >= self._floor)
        if not kept.size:
            return []
        raw = regressors[0, kept].astype(np.float64)
        centres = self._anchors[kept] + raw[:, :2]
        half = np.abs(raw[:, 2:4]) / 2
        keypoints = raw[:, 4:].reshape(-1, 6, 2) + self._anchors[kept][:, None]
        points = np.concatenate([(centres - half)[:, None], (centres + half)[:, None], keypoints], axis=1)
        points = (points - offset) / scale
        return _blend_overlapping(points, scores[kept].astype(np.float64))


def overlap(box: NDArray[np.float64], boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union of one box (4,) with each of `boxes` (n, 4)."""
    low, high = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    shared = np.prod(np.maximum(high - low, 0.0), axis=1)
    area = np.prod(box[2:] - box[:2]) + np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    return np.asarray(shared / np.maximum(area - shared, 1e-9))


def _anchors() -> NDArray[np.float64]:
    """Centres (896, 2) of the anchors in square pixels."""
    parts = []
    for cells, each in _GRIDS:
        at = (np.arange(cells) + 0.5) * _SIDE_PX / cells
        grid = np.stack(np.meshgrid(at, at), axis=-1).reshape(-1, 2)
        parts.append(np.repeat(grid, each, axis=0))
    return np.concatenate(parts)


def _blend_overlapping(points: NDArray[np.float64], scores: NDArray[np.float64]) -> list[Face]:
    """Weighted non-maximum suppression: overlapping boxes become their mean, weighted by score."""
    boxes = points[:, :2].reshape(-1, 4)
    left = np.argsort(-scores)
    faces = []
    while left.size:
        same = overlap(boxes[left[0]], boxes[left]) > _OVERLAP
        same[0] = True
        group, left = left[same], left[~same]
        mean = np.average(points[group], axis=0, weights=scores[group])
        faces.append(Face(box=mean[:2].reshape(4), keypoints=mean[2:], score=float(scores[group[0]])))
    return faces
