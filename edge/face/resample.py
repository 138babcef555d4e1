"""Shrinking and turning pictures with numpy alone, without aliasing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LUMA: Final = np.array([0.299, 0.587, 0.114], dtype=np.float32)
"""ITU-R BT.601 weights of red, green and blue."""

_MOST_SAMPLES: Final = 4
"""Pixels looked at per output pixel and axis when a face is cut out."""


def to_grey(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Luma (height, width), 0..255."""
    return np.asarray(rgb @ _LUMA, dtype=np.float32)


def letterbox(rgb: NDArray[np.uint8], side: int) -> tuple[NDArray[np.float32], float, tuple[float, float]]:
    """Shrink or enlarge a frame into the middle of a black square.

    Each output pixel is the mean of four of the pixels it covers, so that the cost does not grow
    with the frame.

    Returns
    -------
    The square (side, side, 3), 0..255; the scale from frame to square pixels; and the offset (x, y) of
    the frame in the square.
    """
    height, width = rgb.shape[:2]
    scale = side / max(height, width)
    rows, columns = max(1, round(height * scale)), max(1, round(width * scale))
    picked = rgb[_picks(height, rows)].take(_picks(width, columns), axis=1).astype(np.uint16)
    summed = picked[::2] + picked[1::2]
    shrunk = (summed[:, ::2] + summed[:, 1::2]) * np.float32(0.25)
    top, left = (side - rows) // 2, (side - columns) // 2
    square = np.zeros((side, side, 3), dtype=np.float32)
    square[top : top + rows, left : left + columns] = shrunk
    return square, scale, (float(left), float(top))


def warp_grey(rgb: NDArray[np.uint8], to_frame: NDArray[np.float64], side: int) -> NDArray[np.float32]:
    """Cut a turned square out of a frame, grey, averaged down first where it shrinks.

    Parameters
    ----------
    rgb
        uint8 (height, width, 3).
    to_frame
        (2, 3): takes the centre (x, y, 1) of a tile pixel to frame pixels.
    side
        Of the tile, in pixels.

    Returns
    -------
    (side, side), 0..255. Beyond the frame its border pixels go on.
    """
    height, width = rgb.shape[:2]
    shrinking = max(1, int(np.hypot(to_frame[0, 0], to_frame[1, 0])))
    stride = max(1, shrinking // _MOST_SAMPLES)
    block = shrinking // stride
    step = block * stride
    corners = to_frame @ np.array([[0, side - 1, 0, side - 1], [0, 0, side - 1, side - 1], [1, 1, 1, 1]])
    low = np.clip(np.floor(corners.min(axis=1)) - step, 0, [width - 1, height - 1]).astype(int)
    high = np.clip(np.ceil(corners.max(axis=1)) + step + 1, low + 1, [width, height]).astype(int)
    grey = _average_down(rgb[low[1] : high[1] : stride, low[0] : high[0] : stride], block)
    across, down = np.meshgrid(np.arange(side, dtype=np.float64), np.arange(side, dtype=np.float64))
    x, y = np.einsum("ij,jkl->ikl", to_frame, np.stack([across, down, np.ones_like(across)]))
    centre = (block - 1) * stride / 2
    return _bilinear(grey, (x - low[0] - centre) / step, (y - low[1] - centre) / step)


def _picks(length: int, count: int) -> NDArray[np.intp]:
    """Evenly spread positions in `length` pixels, two for each of `count`."""
    total = 2 * count
    return np.minimum(((np.arange(total) + 0.5) * length / total).astype(np.intp), length - 1)


def _average_down(rgb: NDArray[np.uint8], block: int) -> NDArray[np.float32]:
    """Grey means over squares of `block` pixels; what does not fill a square is left out."""
    block = min(block, *rgb.shape[:2])
    rows, columns = rgb.shape[0] // block, rgb.shape[1] // block
    grey = to_grey(rgb[: rows * block, : columns * block])
    return np.asarray(grey.reshape(rows, block, columns, block).mean(axis=(1, 3)), dtype=np.float32)


def _bilinear(
    grey: NDArray[np.float32], x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.float32]:
    x = np.clip(x, 0, grey.shape[1] - 1)
    y = np.clip(y, 0, grey.shape[0] - 1)
    left, top = x.astype(np.intp), y.astype(np.intp)
    right, bottom = np.minimum(left + 1, grey.shape[1] - 1), np.minimum(top + 1, grey.shape[0] - 1)
    along, below = (x - left).astype(np.float32), (y - top).astype(np.float32)
    upper = grey[top, left] * (1 - along) + grey[top, right] * along
    lower = grey[bottom, left] * (1 - along) + grey[bottom, right] * along
    return np.asarray(upper * (1 - below) + lower * below, dtype=np.float32)
