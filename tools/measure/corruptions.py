"""Bad pictures of grey face tiles, in five severities after ImageNet-C.

Hendrycks and Dietterich (2019), "Benchmarking neural network robustness to common corruptions and
perturbations". Deviations: strengths are scaled to tiles of 48 pixels, and occlusions are added.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image
from scipy import ndimage

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEVERITIES: Final = (1, 2, 3, 4, 5)

Corruption = Callable[["NDArray[np.uint8]", int, np.random.Generator], "NDArray[np.uint8]"]


def _bytes(tiles: NDArray[np.floating]) -> NDArray[np.uint8]:
    return np.rint(np.clip(tiles, 0, 255)).astype(np.uint8)


def brighter(tiles: NDArray[np.uint8], severity: int, _rng: np.random.Generator) -> NDArray[np.uint8]:
    """Light added: a fifth of the range at severity 2, half at 5."""
    return _bytes(tiles + 255.0 * 0.1 * severity)


def darker(tiles: NDArray[np.uint8], severity: int, _rng: np.random.Generator) -> NDArray[np.uint8]:
    """Light taken away by the same amounts."""
    return _bytes(tiles - 255.0 * 0.1 * severity)


def low_contrast(tiles: NDArray[np.uint8], severity: int, _rng: np.random.Generator) -> NDArray[np.uint8]:
    """Contrast down to 0.4, 0.3, 0.2, 0.1, 0.05."""
    kept = (0.4, 0.3, 0.2, 0.1, 0.05)[severity - 1]
    mean = tiles.mean(axis=(1, 2), keepdims=True)
    return _bytes((tiles - mean) * kept + mean)


def gamma(tiles: NDArray[np.uint8], severity: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Exponent 1.3 to 3.0, or its inverse."""
    exponent = (1.3, 1.6, 2.0, 2.5, 3.0)[severity - 1]
    exponents = np.where(rng.random(len(tiles)) < 0.5, exponent, 1 / exponent)[:, None, None]
    return _bytes(255.0 * (tiles / 255.0) ** exponents)


def noise(tiles: NDArray[np.uint8], severity: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Gaussian noise with a deviation of 5 to 40 grey levels."""
    return _bytes(tiles + rng.normal(0, (5, 10, 15, 25, 40)[severity - 1], tiles.shape))


def motion_blur(tiles: NDArray[np.uint8], severity: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Smear over 3 to 9 pixels, across or down."""
    length = (3, 4, 5, 7, 9)[severity - 1]
    across = rng.random(len(tiles)) < 0.5
    blurred = ndimage.uniform_filter1d(tiles.astype(float), length, axis=2)
    blurred[~across] = ndimage.uniform_filter1d(tiles[~across].astype(float), length, axis=1)
    return _bytes(blurred)


def low_resolution(tiles: NDArray[np.uint8], severity: int, _rng: np.random.Generator) -> NDArray[np.uint8]:
    """Shrunk to 32, 24, 20, 16, 12 pixels and enlarged again."""
    side = (32, 24, 20, 16, 12)[severity - 1]
    full = tiles.shape[1:][::-1]
    return np.stack(
        [
            np.asarray(Image.fromarray(tile).resize((side, side), Image.Resampling.BOX).resize(full))
            for tile in tiles
        ]
    )


def rotation(tiles: NDArray[np.uint8], severity: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Turn by 6 to 30 degrees, either way."""
    signs = np.where(rng.random(len(tiles)) < 0.5, 1.0, -1.0)
    return np.stack(
        [
            ndimage.rotate(tile, sign * 6.0 * severity, reshape=False, order=1, mode="nearest")
            for tile, sign in zip(tiles, signs, strict=True)
        ]
    )


def _cover(rows: slice, columns: slice) -> Corruption:
    """Hide a part of the face behind grey; severity is the share of that part, in fifths."""

    def covered(tiles: NDArray[np.uint8], severity: int, rng: np.random.Generator) -> NDArray[np.uint8]:
        changed = tiles.copy()
        height, width = rows.stop - rows.start, columns.stop - columns.start
        share = np.sqrt(severity / len(SEVERITIES))
        for tile in changed:
            top = rows.start + int(rng.integers(height - int(height * share) + 1))
            left = columns.start + int(rng.integers(width - int(width * share) + 1))
            tile[top : top + int(height * share), left : left + int(width * share)] = rng.integers(256)
        return changed

    return covered


CORRUPTIONS: Final[dict[str, Corruption]] = {
    "brighter": brighter,
    "darker": darker,
    "low_contrast": low_contrast,
    "gamma": gamma,
    "noise": noise,
    "motion_blur": motion_blur,
    "low_resolution": low_resolution,
    "rotation": rotation,
    "eyes_covered": _cover(slice(12, 24), slice(6, 42)),
    "mouth_covered": _cover(slice(30, 44), slice(12, 36)),
    "half_covered": _cover(slice(0, 48), slice(0, 24)),
}
