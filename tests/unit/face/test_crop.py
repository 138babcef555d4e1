from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from edge.face.crop import TILE_PX, standardize, tile_to_frame
from edge.face.detector import Face

MakeFace = Callable[..., Face]


def to_tile(face: Face) -> np.ndarray:
    """Keypoints of a face as they lie in its own tile."""
    to_frame = tile_to_frame(face.keypoints)
    return np.linalg.solve(to_frame[:, :2], (face.keypoints - to_frame[:, 2]).T).T


@pytest.mark.parametrize("angle", [0.0, 0.4, -1.2, 3.0])
@pytest.mark.parametrize("eye_distance", [8.0, 70.0, 900.0])
def test_eyes_lie_level_and_in_the_same_place_whatever_the_face(
    make_face: MakeFace, angle: float, eye_distance: float
) -> None:
    seen = to_tile(make_face((300.0, 200.0), eye_distance=eye_distance, angle=angle))
    reference = to_tile(make_face())
    np.testing.assert_allclose(seen, reference, atol=1e-6)
    np.testing.assert_allclose(seen[0, 1], seen[1, 1], atol=1e-6)
    np.testing.assert_allclose((seen[0, 0] + seen[1, 0]) / 2, 23.7, atol=1e-6)


def test_keypoints_in_one_place_still_give_a_transform() -> None:
    assert np.isfinite(tile_to_frame(np.full((6, 2), 5.0))).all()


@given(
    arrays(np.uint8, (TILE_PX, TILE_PX), elements=st.integers(50, 150)),
    st.floats(0.7, 1.5),
    st.floats(-20.0, 20.0),
)
def test_light_and_contrast_are_standardized_away(tile: np.ndarray, contrast: float, light: float) -> None:
    if tile.std() * min(contrast, 1.0) < 5:
        return
    np.testing.assert_allclose(standardize(tile * contrast + light), standardize(tile), atol=1e-3)


def test_a_flat_tile_is_all_zero() -> None:
    assert not standardize(np.full((TILE_PX, TILE_PX), 77, np.uint8)).any()
