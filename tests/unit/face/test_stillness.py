from __future__ import annotations

from copy import copy
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from corpora.face import read_ferplus
from edge.face import FaceOptions, FaceReader
from edge.face.stillness import Stillness
from edge.inference.store import ModelStore
from edge.signals import VideoFrame

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOKS_HZ = 5
RESTING_S = 7.0
"""By then a still room is at rest."""


class Room:
    """Pictures of a wall with shadows, as a camera with noise takes them."""

    def __init__(self, *, brightness: float = 1.0, noise: float = 3.0) -> None:
        self.brightness = brightness
        self._random = np.random.default_rng(3)
        across, down = np.meshgrid(np.linspace(0, 3, 640), np.linspace(0, 2, 480))
        self.wall = (90 + 25 * np.sin(across * 2) * np.cos(down * 3)) * brightness
        self._noise = self._random.normal(0, noise, (10, *self.wall.shape)).astype(np.float32)

    def picture(self, lit: np.ndarray | None = None) -> np.ndarray:
        grey = self.wall if lit is None else lit
        noisy = grey + self._random.choice(self._noise)
        return np.repeat(np.clip(noisy, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def looks(
    stillness: Stillness, room: Room, *, seconds: float, since_s: float = 0.0, lit: np.ndarray | None = None
) -> list[float]:
    """When a room was looked at."""
    times_s = since_s + np.arange(int(seconds * LOOKS_HZ)) / LOOKS_HZ
    return [at_s for at_s in times_s if not stillness.allows_rest(room.picture(lit), at_s)]


@pytest.mark.parametrize("noise", [0.0, 3.0, 4.0])
def test_a_still_room_is_glanced_at_every_two_seconds(noise: float) -> None:
    looked_s = looks(Stillness(), Room(noise=noise), seconds=60)
    resting_s = [at_s for at_s in looked_s if at_s >= RESTING_S]
    assert len(resting_s) == pytest.approx((60 - RESTING_S) / 2, abs=2)
    assert max(after - before for before, after in pairwise(looked_s)) <= 2.0 + 1 / LOOKS_HZ


def test_a_room_comes_to_rest_only_after_a_while() -> None:
    assert len(looks(Stillness(), Room(), seconds=5)) == 5 * LOOKS_HZ


def test_what_looks_like_a_face_keeps_it_awake() -> None:
    stillness, room = Stillness(), Room()
    for step in range(20 * LOOKS_HZ):
        assert not stillness.allows_rest(room.picture(), step / LOOKS_HZ)
        stillness.stir(step / LOOKS_HZ)


def test_the_exposure_wakes_nobody_and_a_shadow_does() -> None:
    stillness, room = Stillness(), Room()
    looks(stillness, room, seconds=RESTING_S)
    assert len(looks(stillness, room, seconds=4, since_s=RESTING_S, lit=room.wall + 12)) <= 3
    shadow = room.wall.copy()
    shadow[200:260, 300:360] -= 15
    assert len(looks(stillness, room, seconds=4, since_s=RESTING_S + 4, lit=shadow)) == 4 * LOOKS_HZ


def test_what_comes_slowly_adds_up() -> None:
    stillness, room = Stillness(), Room(noise=1.0)
    looks(stillness, room, seconds=RESTING_S)
    shade, looked = room.wall.copy(), []
    for step in range(5 * LOOKS_HZ):
        shade[100:300, 200:400] -= 0.5
        looked.append(not stillness.allows_rest(room.picture(shade), RESTING_S + step / LOOKS_HZ))
    assert sum(looked[10:]) >= 10


def test_any_size_of_picture_can_be_judged() -> None:
    for shape in ((24, 24, 3), (24, 3000, 3), (1080, 1920, 3), (481, 643, 3)):
        stillness, picture = Stillness(), np.full(shape, 50, np.uint8)
        assert not stillness.allows_rest(picture, 0.0)
        assert not stillness.allows_rest(picture[:, ::-1], 4.0)
        assert stillness.allows_rest(picture, 5.5)


def entered(room: Room, tile: np.ndarray, *, side_px: int) -> np.ndarray:
    """The room with somebody's face in it, as bright as the room."""
    lit, shrunk = room.wall.copy(), np.kron(tile, np.ones((4, 4)))[:: 192 // side_px, :: 192 // side_px]
    lit[205 : 205 + side_px, 307 : 307 + side_px] = shrunk * room.brightness
    return lit


@pytest.mark.data
@pytest.mark.parametrize("brightness", [1.0, 0.5, 0.25])
@pytest.mark.parametrize("side_px", [64, 96, 192])
def test_a_face_wakes_a_still_room(data_dir: Path, side_px: int, brightness: float) -> None:
    room, stillness = Room(brightness=brightness), Stillness()
    looks(stillness, room, seconds=RESTING_S)
    for tile in read_ferplus(data_dir, "public_test").tiles[40:60]:
        awake = copy(stillness)
        assert awake.allows_rest(room.picture(), RESTING_S)
        assert not awake.allows_rest(room.picture(entered(room, tile, side_px=side_px)), RESTING_S + 0.2)


@pytest.mark.data
def test_who_comes_into_a_still_room_is_read_with_the_next_picture(data_dir: Path) -> None:
    reader = FaceReader(FaceOptions(mesh_rate_hz=0, quality_floor=0), store=ModelStore())
    room, seen = Room(), 0
    for tile in read_ferplus(data_dir, "public_test").tiles[40:60]:
        reader.forget()
        assert not any(reader.read(frame) for frame in film(room, seconds=RESTING_S))
        picture = room.picture(entered(room, tile, side_px=192))
        after_rest = reader.read(VideoFrame("camera", RESTING_S + 0.2, picture))
        reader.forget()
        assert len(after_rest) == len(reader.read(VideoFrame("camera", 0.0, picture)))
        seen += len(after_rest)
    assert seen >= 10


def film(room: Room, *, seconds: float) -> Iterator[VideoFrame]:
    """An empty room for some seconds."""
    for step in range(int(seconds * LOOKS_HZ)):
        yield VideoFrame("camera", step / LOOKS_HZ, room.picture())
