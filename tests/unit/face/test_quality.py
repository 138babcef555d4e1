from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from scipy import ndimage

from edge.face.detector import Face
from edge.face.quality import exposure, is_facing, quality, sharpness

MakeFace = Callable[..., Face]


@pytest.fixture
def tile() -> np.ndarray:
    """A tile with the spectrum of a natural picture: amplitude falls with frequency."""
    rng = np.random.default_rng(3)
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(48), np.fft.fftfreq(48)))
    spectrum = np.fft.fft2(rng.normal(size=(48, 48))) / np.maximum(frequency, 1 / 48) ** 1.1
    picture = np.fft.ifft2(spectrum).real
    return (128 + 45 * (picture - picture.mean()) / picture.std()).clip(0, 255).astype(np.float32)


def falls(values: list[float]) -> bool:
    return all(later <= earlier for earlier, later in itertools.pairwise(values)) and values[-1] < 0.5


def test_a_good_face_is_trusted(make_face: MakeFace, tile: np.ndarray) -> None:
    assert quality(make_face(), tile) > 0.9


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("eye_distance", [70.0, 30.0, 18.0, 10.0, 7.0, 3.0]),
        ("score", [0.95, 0.8, 0.7, 0.6, 0.5, 0.4]),
        ("nose", [0.0, 0.2, 0.4, 0.6, 0.8]),
        ("angle", [0.0, 0.3, 0.6, 0.9, 1.3]),
    ],
)
def test_quality_falls_as_the_face_gets_worse(
    make_face: MakeFace, tile: np.ndarray, name: str, steps: list[float]
) -> None:
    assert falls([quality(make_face(**{name: step}), tile) for step in steps])


def test_sharpness_falls_with_blur_in_any_direction(tile: np.ndarray) -> None:
    assert falls([sharpness(ndimage.gaussian_filter(tile, sigma)) for sigma in (0, 0.7, 1.5, 3, 6)])
    for axis in (0, 1):
        assert falls(
            [sharpness(ndimage.uniform_filter1d(tile, length, axis=axis)) for length in (1, 3, 7, 15)]
        )


def test_sharpness_falls_with_noise(tile: np.ndarray) -> None:
    noise = np.random.default_rng(0).normal(size=tile.shape).astype(np.float32)
    assert falls([sharpness(tile + strength * noise) for strength in (0, 20, 40, 80)])


def test_sharpness_does_not_depend_on_contrast(tile: np.ndarray) -> None:
    assert sharpness(tile * 0.4) == pytest.approx(sharpness(tile))


@pytest.mark.parametrize("light", [250.0, -250.0])
def test_exposure_falls_as_light_clips(tile: np.ndarray, light: float) -> None:
    assert falls([exposure(np.clip(tile + share * light, 0, 255)) for share in (0, 0.3, 0.5, 0.8)])


def test_a_flat_tile_is_worthless(make_face: MakeFace) -> None:
    assert quality(make_face(), np.full((48, 48), 90, np.float32)) == 0.0


def test_a_turned_head_does_not_face_the_camera(make_face: MakeFace) -> None:
    assert is_facing(make_face(angle=0.5))
    assert not is_facing(make_face(nose=0.5))
    assert not is_facing(make_face(nose=-0.5, angle=0.5))
