"""What is told of a picture while a camera is aimed: boxes on a coarse grid and words, whatever it shows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.face.detector import Face
from edge.service.aim.sight import GRID_PERCENT, Hint, Light, look

SHAPE = (480, 640, 3)


def scene(level=120, contrast=40, seed=0):
    noise = np.random.default_rng(seed).normal(0, contrast, (60, 80, 1)).repeat(8, 0).repeat(8, 1)
    return np.clip(level + noise.repeat(3, 2), 0, 255).astype(np.uint8)


def face(left=200.0, top=150.0, side=120.0, *, turned=0.0, score=0.95):
    box = np.array([left, top, left + side, top + side])
    middle, eye_y = left + side / 2, top + 0.35 * side
    eyes = [[middle - 0.2 * side, eye_y], [middle + 0.2 * side, eye_y]]
    nose = [middle + turned * 0.4 * side, top + 0.55 * side]
    rest = [[middle, top + 0.8 * side], [left, eye_y], [left + side, eye_y]]
    return Face(box=box, keypoints=np.array([*eyes, nose, *rest]), score=score)


def hints(seen, rgb=None):
    (spot,) = look(scene() if rgb is None else rgb, lambda _: [seen]).spots
    return set(spot.hints)


def test_a_face_that_is_near_lit_and_frontal_is_fine():
    assert hints(face()) == set()


@pytest.mark.parametrize(
    ("seen", "hint"),
    [
        (face(side=40.0), Hint.TOO_SMALL),
        (face(turned=0.6), Hint.TURNED_AWAY),
        (face(left=0.0), Hint.AT_THE_EDGE),
        (face(top=365.0), Hint.AT_THE_EDGE),
        (face(score=0.5), Hint.COVERED),
    ],
)
def test_what_is_wrong_with_a_face_is_said(seen, hint):
    assert hint in hints(seen)


@pytest.mark.parametrize(
    ("rgb", "hint"),
    [
        (scene(level=20, contrast=5), Hint.TOO_DARK),
        (scene(level=240, contrast=5), Hint.TOO_BRIGHT),
        (np.linspace(60, 180, 640)[None, :, None].repeat(480, 0).repeat(3, 2).astype(np.uint8), Hint.BLURRED),
    ],
)
def test_what_is_wrong_with_the_light_on_a_face_is_said(rgb, hint):
    assert hint in hints(face(), rgb)


@pytest.mark.parametrize(
    ("level", "contrast", "light"),
    [
        (120, 40, Light.GOOD),
        (10, 2, Light.TOO_DARK),
        (245, 2, Light.TOO_BRIGHT),
        (120, 0, Light.COVERED),
    ],
)
def test_the_light_of_a_picture_without_faces(level, contrast, light):
    sight = look(scene(level, contrast), lambda _: [])
    assert (sight.light, sight.spots) == (light, ())


@given(
    corners=st.lists(
        st.tuples(st.floats(-200, 800), st.floats(-200, 600), st.floats(1, 900)), min_size=1, max_size=6
    )
)
def test_boxes_lie_on_the_grid_in_the_picture_from_left_to_right(corners):
    rgb = scene()
    spots = look(rgb, lambda _: [face(left, top, side) for left, top, side in corners]).spots
    assert len(spots) == len(corners)
    assert [spot.box for spot in spots] == sorted(spot.box for spot in spots)
    for left, top, width, height in (spot.box for spot in spots):
        assert all(value % GRID_PERCENT == 0 for value in (left, top, width, height))
        assert 0 <= left <= 100
        assert 0 <= top <= 100
        assert GRID_PERCENT <= min(width, height) <= max(width, height) <= 100
