from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.face.resample import letterbox, to_grey, warp_grey

IDENTITY = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def grey_frame(values: np.ndarray) -> np.ndarray:
    return np.repeat(values[..., None], 3, axis=2).astype(np.uint8)


def ramp(height: int, width: int) -> np.ndarray:
    """A frame whose grey level tells the column."""
    return grey_frame(np.tile(np.linspace(0, 250, width), (height, 1)).round())


def test_the_identity_warp_keeps_every_pixel() -> None:
    rng = np.random.default_rng(0)
    frame = rng.integers(0, 256, (48, 48, 3), dtype=np.uint8)
    np.testing.assert_allclose(warp_grey(frame, IDENTITY, 48), to_grey(frame), atol=1e-3)


def test_a_shrinking_warp_averages_and_does_not_alias() -> None:
    stripes = grey_frame(np.tile([0, 250], (480, 240)))
    tile = warp_grey(stripes, np.array([[4.0, 0.0, 100.0], [0.0, 4.0, 100.0]]), 48)
    np.testing.assert_allclose(tile, 125.0, atol=1.0)


@pytest.mark.parametrize("step", [1.0, 2.0, 3.3, 8.0, 9.5])
def test_a_warp_takes_positions_to_where_it_says(step: float) -> None:
    frame = ramp(600, 640)
    to_frame = np.array([[step, 0.0, 50.0], [0.0, step, 20.0]])
    tile = warp_grey(frame, to_frame, 48)
    expected = (50.0 + step * np.arange(48)) * 250 / 639
    np.testing.assert_allclose(tile[24], expected, atol=1.0)


def test_a_quarter_turn_lays_columns_down_as_rows() -> None:
    frame = ramp(64, 64)
    turned = warp_grey(frame, np.array([[0.0, -1.0, 55.0], [1.0, 0.0, 8.0]]), 48)
    assert np.ptp(turned, axis=1).max() < 1.0
    assert np.all(np.diff(turned[:, 0]) < 0)


@given(
    shape=st.tuples(st.integers(1, 60), st.integers(1, 60)),
    scale=st.floats(0.01, 40.0),
    angle=st.floats(-4.0, 4.0),
    offset=st.tuples(st.floats(-500.0, 500.0), st.floats(-500.0, 500.0)),
)
def test_any_warp_of_an_even_frame_is_as_even(
    shape: tuple[int, int], scale: float, angle: float, offset: tuple[float, float]
) -> None:
    frame = np.full((*shape, 3), 200, np.uint8)
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    tile = warp_grey(frame, np.array([[cos, -sin, offset[0]], [sin, cos, offset[1]]]), 48)
    np.testing.assert_allclose(tile, 200.0, atol=0.01)


@pytest.mark.parametrize(("height", "width"), [(480, 640), (640, 480), (100, 100), (4320, 7680), (30, 40)])
def test_letterbox_tells_where_the_frame_lies(height: int, width: int) -> None:
    frame = np.zeros((height, width, 3), np.uint8)
    frame[height // 4 : height // 2, width // 2 : width * 3 // 4] = 255
    square, scale, (left, top) = letterbox(frame, 128)
    rows, columns = np.nonzero(square[..., 0] > 127)
    found = (
        np.array([columns.min() - left, rows.min() - top, columns.max() + 1 - left, rows.max() + 1 - top])
        / scale
    )
    np.testing.assert_allclose(
        found, [width // 2, height // 4, width * 3 // 4, height // 2], atol=1.01 / scale
    )
