from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from edge.errors import ModelError
from edge.face.detector import Face
from edge.face.geometry import GeometryReader
from edge.face.mesh import POINTS, FaceMesh, face_of
from edge.inference.store import ModelStore

MakeFace = Callable[..., Face]


class Sees:
    """A mesh net that keeps what it was shown and lays all points on one pixel of its picture."""

    def __init__(self, x: float, y: float) -> None:
        self.points = np.tile(np.float32([x, y, 10.0]), POINTS).reshape(1, 1, 1, -1)
        self.shown = np.zeros(0, np.float32)

    def __call__(self, picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.shown = picture
        return self.points, np.full((1, 1, 1, 1), 5.0, np.float32)


def frame() -> np.ndarray:
    rows, columns = np.mgrid[0:480, 0:640]
    return np.stack([rows // 2, columns // 3, (rows + columns) // 5], axis=-1).astype(np.uint8)


@pytest.mark.parametrize("angle", [0.0, 0.5, -1.5])
def test_points_come_back_to_where_in_the_frame_the_net_saw_them(make_face: MakeFace, angle: float) -> None:
    net = Sees(30.0, 120.0)
    rgb = frame()
    mesh = FaceMesh(net)(rgb, make_face((320.0, 240.0), angle=angle))  # type: ignore[arg-type]
    x, y, z = mesh.points[0]
    np.testing.assert_allclose(net.shown[0, 120, 30] * 255, rgb[round(y), round(x)], atol=1.0)
    assert z == pytest.approx(10.0 * 2.3 * 70 * 1.5 / 192)
    assert mesh.presence == 5.0


def test_a_face_at_the_border_of_the_frame_is_shown_with_the_border_carried_on(make_face: MakeFace) -> None:
    net = Sees(0.0, 0.0)
    FaceMesh(net)(np.full((60, 60, 3), 51, np.uint8), make_face((0.0, 0.0), eye_distance=200.0))  # type: ignore[arg-type]
    np.testing.assert_allclose(net.shown, 0.2)


def test_a_face_that_moves_and_grows_takes_its_box_along(make_face: MakeFace) -> None:
    points = np.zeros((POINTS, 3))
    points[[33, 133, 159, 145]] = [100.0, 100.0, 0.0]
    points[[362, 263, 386, 374]] = [200.0, 100.0, 0.0]
    points[[13, 14]] = [150.0, 200.0, 0.0]
    small = make_face((10.0, 10.0))
    here = face_of(SimpleNamespace(points=points), small)  # type: ignore[arg-type]
    moved = face_of(SimpleNamespace(points=points * 2 + 50.0), here)  # type: ignore[arg-type]
    np.testing.assert_allclose(moved.box, here.box * 2 + 50.0)
    np.testing.assert_allclose(moved.keypoints, here.keypoints * 2 + 50.0)
    assert moved.score == small.score


@pytest.mark.parametrize("missing", ["reference", "neutral", "still", "rule_bias", "rule_weight"])
def test_a_manifest_without_the_numbers_of_the_units_is_refused(missing: str) -> None:
    store = ModelStore()
    kept: dict[str, Any] = dict(store.entry("face_mesh").parameters)
    del kept[missing]
    broken = SimpleNamespace(entry=lambda _name: SimpleNamespace(parameters=kept), load=store.load)
    with pytest.raises(ModelError, match=missing):
        GeometryReader.load(broken)  # type: ignore[arg-type]
