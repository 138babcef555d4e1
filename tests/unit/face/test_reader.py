from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from corpora.face import read_ferplus
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


@pytest.fixture
def audience(data_dir: Path) -> np.ndarray:
    """A frame with two real faces beside each other."""
    tiles = read_ferplus(data_dir, "public_test").tiles[[40, 60]]
    left, right = (np.kron(tile, np.ones((4, 4), np.uint8)) for tile in tiles)
    picture = np.full((300, 480), 90, np.uint8)
    picture[50:242, 20:212] = left
    picture[50:242, 260:452] = right
    return np.repeat(picture[..., None], 3, axis=2)


@pytest.mark.data
def test_each_face_is_read_by_its_own_token_at_the_rate_asked_for(
    reader: FaceReader, audience: np.ndarray
) -> None:
    reader.forget()
    readings = [reader.read(frame(audience, index / 15)) for index in range(30)]
    taken = [found for found in readings if found]
    assert len(taken) == 10
    assert all(len(found) == 2 for found in taken)
    assert len({affect.who for found in taken for affect in found}) == 2
    assert taken[1][0].start_s == taken[0][0].end_s
    assert taken[1][0].end_s == pytest.approx(0.2)


@pytest.mark.data
@pytest.mark.parametrize("turns", [0, 1, 3])
def test_faces_are_found_in_the_small_picture_and_cut_out_of_the_full_one(
    reader: FaceReader, audience: np.ndarray, turns: int
) -> None:
    full = np.rot90(audience, -turns).repeat(2, axis=0).repeat(2, axis=1)
    small = np.rot90(audience, -turns)
    alone = reader._find(small, small, turns)
    assert len(alone) == 2
    for found, expected in zip(reader._find(full, small, turns), alone, strict=True):
        assert np.allclose(found.box, 2 * expected.box)
        assert np.allclose(found.keypoints, 2 * expected.keypoints)
    reader.forget()
    assert len(reader.read(VideoFrame("camera", 0.0, audience.repeat(2, 0).repeat(2, 1), audience))) == 2
    reader.forget()
    assert reader.read(VideoFrame("camera", 0.0, audience, np.zeros_like(audience))) == []


@pytest.mark.data
def test_a_grey_camera_reads_the_same(reader: FaceReader, audience: np.ndarray) -> None:
    reader.forget()
    (colour, _) = reader.read(frame(audience))
    reader.forget()
    (grey, _) = reader.read(frame(audience[..., 0]))
    np.testing.assert_array_equal(colour.probabilities, grey.probabilities)


@pytest.mark.data
def test_time_that_runs_backwards_begins_anew(reader: FaceReader, audience: np.ndarray) -> None:
    reader.forget()
    (before, _) = reader.read(frame(audience, 50.0))
    (after, _) = reader.read(frame(audience, 1.0))
    assert before.who != after.who


@pytest.mark.data
def test_a_high_floor_withholds_readings(audience: np.ndarray) -> None:
    strict = FaceReader(FaceOptions(quality_floor=1.0), store=ModelStore())
    blurred = ndimage.uniform_filter(audience, (9, 9, 1))
    assert strict.read(frame(blurred)) == []


@pytest.mark.data
def test_only_the_largest_faces_are_read(audience: np.ndarray) -> None:
    single = FaceReader(FaceOptions(max_faces=1), store=ModelStore())
    assert len(single.read(frame(audience))) == 1
