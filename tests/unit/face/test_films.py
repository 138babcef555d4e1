"""The whole reader on pictures and films of real faces, good and bad."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from scipy import ndimage

from edge.face import FaceOptions, FaceReader
from edge.inference.store import ModelStore
from edge.signals import Affect, VideoFrame

LAUGHING_S = 18.0


@pytest.fixture(scope="module")
def film(recordings: Path) -> list[np.ndarray]:
    """Twelve frames a second of the part of the demo's film that shows somebody."""
    with av.open(str(recordings / "scene.mp4")) as scene:
        frames = []
        for index, picture in enumerate(scene.decode(video=0)):
            if index >= 464:
                break
            if index % 2 == 0:
                frames.append(picture.to_ndarray(format="rgb24"))
        return frames


@pytest.fixture(scope="module")
def laughing(film: list[np.ndarray]) -> np.ndarray:
    return film[int(LAUGHING_S * 12)]


def reader(**options: object) -> FaceReader:
    return FaceReader(FaceOptions(**options), store=ModelStore())  # type: ignore[arg-type]


def show(
    faces: FaceReader, frames: Iterator[np.ndarray] | list[np.ndarray], rate_hz: float
) -> list[list[Affect]]:
    return [faces.read(VideoFrame("camera", index / rate_hz, rgb)) for index, rgb in enumerate(frames)]


def held(picture: np.ndarray, count: int, *, swing: float) -> Iterator[np.ndarray]:
    """A photograph before a noisy camera, carried about, turned and tilted by `swing`."""
    rng = np.random.default_rng(0)
    middle = np.array(picture.shape[:2]) / 2
    for step in range(count):
        at = step / 2
        angle, size, tilt = (
            0.1 * swing * np.sin(at * 0.7),
            1 + 0.08 * swing * np.sin(at),
            1 + 0.1 * swing * np.sin(at / 2),
        )
        turn = (
            np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) / size * [1.0, tilt]
        )
        way = middle - turn @ middle + swing * np.array([6 * np.sin(at), 9 * np.cos(at * 0.8)])
        shown = np.stack(
            [
                ndimage.affine_transform(band, turn, way, order=1, mode="nearest")
                for band in np.moveaxis(picture, 2, 0)
            ],
            axis=-1,
        )
        yield np.clip(shown + rng.normal(0, 3, shown.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("swing", [0.0, 1.0], ids=["still", "moved"])
@pytest.mark.parametrize("margin", [0, 70], ids=["poster", "shirt"])
def test_a_picture_of_a_face_is_withheld_after_a_while_even_when_it_moves(
    laughing: np.ndarray, swing: float, margin: int
) -> None:
    picture = np.pad(laughing[::2, 100:540:2], [(margin, margin), (margin, margin), (0, 0)], mode="edge")
    found = show(reader(), held(picture, 64, swing=swing), rate_hz=2.0)
    assert all(found[:10])
    assert not any(found[-3:])


def test_somebody_on_film_is_trusted_throughout(film: list[np.ndarray]) -> None:
    found = show(reader(reading_rate_hz=4.0), film, rate_hz=12.0)
    read = [readings for readings in found[::3] if readings]
    assert len(read) > 0.95 * len(found[::3])
    assert np.median([readings[0].quality for readings in read]) > 0.8


def test_who_laughs_is_more_expressive_than_who_rests(film: list[np.ndarray]) -> None:
    found = show(reader(reading_rate_hz=4.0), film, rate_hz=12.0)
    expressive = {
        readings[0].end_s: readings[0].expressiveness
        for readings in found
        if readings and readings[0].expressiveness
    }
    rest = np.mean([value for at_s, value in expressive.items() if 6.5 < at_s < 9.5])
    laugh = np.mean([value for at_s, value in expressive.items() if at_s > 17])
    assert laugh > 2 * rest


def test_without_meshes_there_is_no_expressiveness_and_the_rest_goes_on(film: list[np.ndarray]) -> None:
    (affect,) = reader(mesh_rate_hz=0).read(VideoFrame("camera", 0.0, film[-1]))
    assert affect.expressiveness is None
    assert affect.facing == 1.0


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_camera_on_its_side_is_read_after_some_seconds(film: list[np.ndarray], turns: int) -> None:
    calm = film[80:120]
    found = show(reader(), [np.rot90(rgb, turns) for rgb in calm], rate_hz=5.0)
    upright = show(reader(), calm, rate_hz=5.0)
    assert all(found[36:])
    liked = found[-1][0].probabilities
    np.testing.assert_allclose(liked, upright[-1][0].probabilities, atol=0.15)


def test_noise_and_landscapes_turn_nothing(film: list[np.ndarray]) -> None:
    rng = np.random.default_rng(0)
    blank = [np.roll(film[0][:80], step, axis=1) for step in range(20)]
    noise = [rng.integers(0, 256, (120, 160, 3), dtype=np.uint8) for _ in range(30)]
    assert not any(show(reader(), blank + noise, rate_hz=5.0))


def test_a_grey_camera_and_an_8k_one_see_the_same_face(laughing: np.ndarray) -> None:
    (colour,) = reader().read(VideoFrame("camera", 0.0, laughing))
    grey = np.rint(laughing @ [0.299, 0.587, 0.114]).astype(np.uint8)
    (plain,) = reader().read(VideoFrame("camera", 0.0, grey))
    huge = np.repeat(np.repeat(laughing, 12, axis=0), 12, axis=1)
    assert huge.shape == (4320, 7680, 3)
    (large,) = reader().read(VideoFrame("camera", 0.0, huge))
    for other in (plain, large):
        assert other.probabilities.argmax() == colour.probabilities.argmax()
        assert other.expressiveness == pytest.approx(colour.expressiveness, abs=0.08)


def test_a_corrupt_frame_gives_nothing_and_is_forgotten(film: list[np.ndarray]) -> None:
    rng = np.random.default_rng(0)
    frames = film[-40:]
    corrupt = [
        rng.integers(0, 256, frames[0].shape, dtype=np.uint8) if step % 6 == 5 else rgb
        for step, rgb in enumerate(frames)
    ]
    found = show(reader(), corrupt, rate_hz=5.0)
    assert len({affect.who for readings in found for affect in readings}) == 1
    assert not any(readings for step, readings in enumerate(found) if step % 6 == 5)
    assert sum(map(bool, found)) >= len(frames) - len(frames[5::6])


def test_frames_between_detections_are_followed_by_mesh_and_motion(film: list[np.ndarray]) -> None:
    lively = film[100:]
    followed = reader(reading_rate_hz=12.0, detection_rate_hz=3.0, mesh_rate_hz=6.0)
    found = show(followed, lively, rate_hz=12.0)
    assert sum(map(bool, found)) > 0.95 * len(lively)
    assert len({affect.who for readings in found for affect in readings}) == 1
    every = show(reader(reading_rate_hz=12.0, detection_rate_hz=12.0, mesh_rate_hz=6.0), lively, rate_hz=12.0)
    pairs = [(a[0], b[0]) for a, b in zip(found, every, strict=True) if a and b]
    assert np.mean([np.abs(a.probabilities - b.probabilities).sum() / 2 for a, b in pairs]) < 0.08


def test_meshes_are_shared_and_bounded(laughing: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    crowd = np.concatenate([np.concatenate([laughing[:, 140:500]] * 2, axis=1)] * 2, axis=0)
    faces = reader(mesh_rate_hz=6.0, reading_rate_hz=10.0, detection_rate_hz=10.0)
    laid: list[int] = []
    lay = faces._geometry

    def counted(rgb: np.ndarray, face: object) -> object:
        laid.append(1)
        return lay(rgb, face)  # type: ignore[arg-type, misc]

    counted.scale, counted.rules = lay.scale, lay.rules  # type: ignore[attr-defined, union-attr]
    monkeypatch.setattr(faces, "_geometry", counted)
    found = show(faces, [crowd] * 40, rate_hz=10.0)
    assert max(map(len, found)) == 4
    # The first look at a crowd may lay a mesh over everybody in it.
    assert 6 * 4 <= len(laid) <= 4 + 6 * 4
    assert {affect.expressiveness is not None for affect in found[-1]} == {True}
