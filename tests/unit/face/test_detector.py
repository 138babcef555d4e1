from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corpora.face import read_ferplus
from edge.face.crop import tile_to_frame
from edge.face.detector import FaceDetector, overlap
from edge.inference.store import ModelStore


class Sees:
    """A detector model that sees what it is told: logits at chosen anchors, all with one box."""

    def __init__(self, logits: dict[int, float]) -> None:
        self.regressors = np.zeros((1, 896, 16), np.float32)
        self.regressors[..., 2:4] = 32.0
        self.logits = np.full((1, 896, 1), -50.0, np.float32)
        for anchor, logit in logits.items():
            self.logits[0, anchor, 0] = logit

    def __call__(self, *_inputs: Any) -> tuple[np.ndarray, np.ndarray]:
        return self.regressors, self.logits


def detect(logits: dict[int, float], *, frame: tuple[int, int] = (128, 128)) -> list[Any]:
    return FaceDetector(Sees(logits))(np.zeros((*frame, 3), np.uint8))  # type: ignore[arg-type]


def test_anchors_are_the_centres_of_the_two_grids() -> None:
    fine = detect({0: 5.0})[0]
    np.testing.assert_allclose(fine.keypoints[0], [4.0, 4.0])
    np.testing.assert_allclose(fine.box, [-12, -12, 20, 20])
    coarse = detect({512: 5.0})[0]
    np.testing.assert_allclose(coarse.keypoints[0], [8.0, 8.0])
    last = detect({895: 5.0})[0]
    np.testing.assert_allclose(last.keypoints[0], [120.0, 120.0])


def test_the_letterbox_is_undone() -> None:
    wide = detect({512 + 6 * (8 * 4 + 4): 5.0}, frame=(480, 640))[0]
    np.testing.assert_allclose(wide.keypoints[0], [72 * 5, (72 - 16) * 5])


def test_overlapping_boxes_become_their_weighted_mean_and_distant_ones_stay() -> None:
    neighbours = {2 * (16 * 8 + 8): 4.0, 2 * (16 * 8 + 9): 4.0, 0: 3.0}
    first, second = detect(neighbours)
    np.testing.assert_allclose(first.keypoints[0], [72.0, 68.0])
    np.testing.assert_allclose(second.keypoints[0], [4.0, 4.0])
    assert first.score > second.score


@pytest.mark.parametrize("logit", [-1e9, -60.0, -1.0])
def test_what_is_unlikely_is_no_face(logit: float) -> None:
    assert detect({3: logit}) == []


def test_overlap_of_boxes() -> None:
    box = np.array([0.0, 0.0, 2.0, 2.0])
    others = np.array(
        [[0.0, 0.0, 2.0, 2.0], [1.0, 0.0, 3.0, 2.0], [5.0, 5.0, 6.0, 6.0], [1.0, 1.0, 1.0, 1.0]]
    )
    np.testing.assert_allclose(overlap(box, others), [1.0, 1 / 3, 0.0, 0.0])


@pytest.mark.data
def test_real_faces_are_found_and_cropped_as_the_training_tiles_are(data_dir: Path) -> None:
    """A tile shown as a frame must come back as itself: that is what the crop's constants claim."""
    detector = FaceDetector(ModelStore().load("face_detector"))
    tiles = read_ferplus(data_dir, "public_test").tiles[:150]
    found = []
    for tile in tiles:
        enlarged = np.pad(np.kron(tile, np.ones((2, 2), np.uint8)), 16, mode="edge")
        if faces := detector(np.repeat(enlarged[..., None], 3, axis=2)):
            found.append(tile_to_frame(faces[0].keypoints))
    assert len(found) > 0.9 * len(tiles)
    middle = np.median(np.stack(found) @ np.array([23.5, 23.5, 1.0]), axis=0)
    np.testing.assert_allclose(middle, [63.5, 63.5], atol=2.0)
    scale = np.median([np.hypot(transform[0, 0], transform[1, 0]) for transform in found])
    assert scale == pytest.approx(2.0, abs=0.1)
