from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.face.geometry import GeometryReader
from edge.face.shape import RIGID, align
from edge.face.units import measure
from edge.inference.store import ModelStore

ANGLES = st.floats(-0.8, 0.8)


def turned(points: np.ndarray, *, yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> np.ndarray:
    """Turn a head: first in the picture's plane, then nodding, then sideways."""
    cos, sin = np.cos, np.sin
    about_z = np.array([[cos(roll), -sin(roll), 0], [sin(roll), cos(roll), 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, cos(pitch), -sin(pitch)], [0, sin(pitch), cos(pitch)]])
    about_y = np.array([[cos(yaw), 0, -sin(yaw)], [0, 1, 0], [sin(yaw), 0, cos(yaw)]])
    return np.asarray(points @ (about_y @ about_x @ about_z).T)


@pytest.fixture(scope="module")
def reference() -> np.ndarray:
    parameters = ModelStore().entry("face_mesh").parameters
    return np.array(parameters["reference"]).reshape(-1, 3)


@pytest.fixture(scope="module")
def head(reference: np.ndarray) -> np.ndarray:
    """A head whose rigid points are those of the reference; the others lie anywhere about."""
    points = np.random.default_rng(5).normal(0, 0.7, (468, 3))
    points[list(RIGID)] = reference
    return points


@given(yaw=ANGLES, pitch=ANGLES, roll=st.floats(-3.0, 3.0), size=st.floats(5.0, 500.0))
def test_a_turned_moved_and_scaled_head_is_turned_back(
    head: np.ndarray, reference: np.ndarray, *, yaw: float, pitch: float, roll: float, size: float
) -> None:
    seen = size * turned(head, yaw=yaw, pitch=pitch, roll=roll) + [320.0, 200.0, -40.0]
    shape = align(seen, reference)
    np.testing.assert_allclose(shape.points, head, atol=1e-6)
    # Seen from the front: the nose of a positive yaw points to the right of the picture.
    assert shape.yaw == pytest.approx(yaw, abs=1e-6)
    assert shape.pitch == pytest.approx(pitch, abs=1e-6)
    assert shape.roll == pytest.approx(roll, abs=1e-6)


def test_the_signs_of_a_pose(head: np.ndarray, reference: np.ndarray) -> None:
    nose = head[4] - head[list(RIGID)].mean(axis=0)
    right = align(turned(head, yaw=0.3), reference)
    assert turned(nose[None], yaw=0.3)[0, 0] > nose[0]
    assert right.yaw > 0
    down = align(turned(head, pitch=0.3), reference)
    assert turned(nose[None], pitch=0.3)[0, 1] > nose[1]
    assert down.pitch > 0


@given(yaw=ANGLES, pitch=ANGLES, roll=st.floats(-3.0, 3.0))
def test_measures_do_not_depend_on_where_the_head_is(
    head: np.ndarray, reference: np.ndarray, yaw: float, pitch: float, roll: float
) -> None:
    seen = 90 * turned(head, yaw=yaw, pitch=pitch, roll=roll) + [10.0, 20.0, 30.0]
    np.testing.assert_allclose(
        measure(align(seen, reference).points), measure(align(head, reference).points), atol=1e-6
    )


def test_points_in_one_place_still_have_a_shape(reference: np.ndarray) -> None:
    shape = align(np.full((468, 3), 7.0), reference)
    assert np.isfinite(shape.points).all()
    assert np.isfinite([shape.yaw, shape.pitch, shape.roll]).all()


def test_the_shipped_reference_stands_upright_and_is_its_own_mirror_image(reference: np.ndarray) -> None:
    places = dict(zip(RIGID, reference, strict=True))
    assert places[33][0] == pytest.approx(-places[263][0], abs=1e-3)
    assert places[10][1] < places[168][1] < places[4][1]
    assert places[4][2] < places[127][2]
    eyes = (places[263] + places[362]) / 2 - (places[33] + places[133]) / 2
    assert np.linalg.norm(eyes) == pytest.approx(1.0, abs=1e-3)
    assert GeometryReader.load(ModelStore()).scale.neutral.shape == (16,)
