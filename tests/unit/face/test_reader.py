from __future__ import annotations

import numpy as np
import pytest

from edge.face import FaceOptions, FaceReader
from edge.inference.store import ModelStore
from edge.signals import VideoFrame


@pytest.fixture(scope="module")
def reader() -> FaceReader:
    return FaceReader(FaceOptions(), store=ModelStore())


def frame(rgb: np.ndarray, taken_s: float = 0.0) -> VideoFrame:
    return VideoFrame("camera", taken_s, rgb)


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((1, 1, 3), np.uint8),
        np.zeros((0, 0, 3), np.uint8),
        np.zeros((480, 640), np.uint8),
        np.zeros((480, 640, 1), np.uint8),
        np.full((480, 640, 4), 255, np.uint8),
        np.zeros((480, 640, 2), np.uint8),
        np.zeros((24, 3000, 3), np.uint8),
        np.zeros((4320, 7680, 3), np.uint8),
        np.zeros(7, np.uint8),
    ],
    ids=lambda picture: "x".join(map(str, picture.shape)),
)
def test_a_frame_without_a_face_gives_no_reading(reader: FaceReader, picture: np.ndarray) -> None:
    reader.forget()
    assert reader.read(frame(picture)) == []


def test_noise_gives_no_reading(reader: FaceReader) -> None:
    reader.forget()
    noise = np.random.default_rng(0).integers(0, 256, (480, 640, 3), dtype=np.uint8)
    assert reader.read(frame(noise)) == []
