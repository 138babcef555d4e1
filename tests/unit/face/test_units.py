from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import av
import numpy as np
import pytest

from edge.face.detector import FaceDetector
from edge.face.geometry import GeometryReader
from edge.face.units import (
    MEASURES,
    UNITS,
    ActionUnit,
    Neutral,
    Scale,
    expressiveness,
    intensities,
    measure,
    movements,
)
from edge.inference.store import ModelStore

Move = Callable[[np.ndarray], None]

LIDS = {"upper": (158, 159, 160, 385, 386, 387), "lower": (144, 145, 153, 373, 374, 380)}


def move(*points: int, out: float = 0.0, up: float = 0.0) -> Move:
    """Move points up, and away from the middle of the face."""

    def change(face: np.ndarray) -> None:
        for point in points:
            face[point] += [out * np.sign(face[point, 0]), -up, 0.0]

    return change


def close(face: np.ndarray) -> None:
    """Bring the upper lids down onto the lower ones."""
    for upper, lower in zip(LIDS["upper"], LIDS["lower"], strict=True):
        face[upper] = face[lower]


DEFORMATIONS: dict[ActionUnit, list[Move]] = {
    ActionUnit.INNER_BROW_RAISER: [move(107, 55, 336, 285, up=0.12)],
    ActionUnit.OUTER_BROW_RAISER: [move(70, 63, 53, 300, 293, 283, up=0.1)],
    ActionUnit.BROW_LOWERER: [move(107, 55, 336, 285, up=-0.07, out=-0.03)],
    ActionUnit.UPPER_LID_RAISER: [move(*LIDS["upper"], up=0.05)],
    ActionUnit.CHEEK_RAISER: [move(117, 118, 119, 346, 347, 348, up=0.06)],
    ActionUnit.LID_TIGHTENER: [move(*LIDS["lower"], up=0.02)],
    ActionUnit.NOSE_WRINKLER: [move(48, 64, 98, 278, 294, 327, up=0.12)],
    ActionUnit.UPPER_LIP_RAISER: [move(0, 37, 267, up=0.05)],
    ActionUnit.LIP_CORNER_PULLER: [move(61, 291, out=0.17, up=0.17)],
    ActionUnit.LIP_CORNER_DEPRESSOR: [move(61, 291, up=-0.06)],
    ActionUnit.CHIN_RAISER: [move(17, 14, 87, 317, up=0.1), move(13, 82, 312, up=0.1)],
    ActionUnit.LIP_STRETCHER: [move(61, 291, out=0.12)],
    ActionUnit.LIP_TIGHTENER: [move(0, up=-0.03), move(17, up=0.03)],
    ActionUnit.LIPS_PART: [move(14, 87, 317, 17, up=-0.3)],
    ActionUnit.JAW_DROP: [move(148, 152, 377, 14, 87, 317, 17, up=-0.25)],
    ActionUnit.EYES_CLOSED: [close],
}


@pytest.fixture(scope="module")
def reader() -> GeometryReader:
    return GeometryReader.load(ModelStore())


@pytest.fixture
def face() -> np.ndarray:
    """A plain face, turned to the front: only the points that are measured have a place of their own."""
    places = {
        (107, 55): (-0.21, -0.24), (70, 63, 53): (-0.65, -0.2), (133,): (-0.28, 0.0), (33,): (-0.72, 0.0),
        (158, 159, 160): (-0.5, -0.075), (144, 145, 153): (-0.5, 0.055), (117, 118, 119): (-0.5, 0.3),
        (48, 64, 98): (-0.25, 0.63), (37,): (-0.1, 0.98), (61,): (-0.38, 1.16), (82,): (-0.1, 1.14),
        (87,): (-0.1, 1.18), (148,): (-0.15, 1.8),
    }  # fmt: skip
    mirrored = {107: 336, 55: 285, 70: 300, 63: 293, 53: 283, 133: 362, 33: 263, 158: 385, 159: 386}
    mirrored |= {160: 387, 144: 380, 145: 374, 153: 373, 117: 346, 118: 347, 119: 348, 48: 278, 64: 294}
    mirrored |= {98: 327, 37: 267, 61: 291, 82: 312, 87: 317, 148: 377}
    points = np.zeros((468, 3))
    for group, (x, y) in places.items():
        for point in group:
            points[point, :2] = x, y
            points[mirrored[point], :2] = -x, y
    for point, y in {2: 0.8, 0: 0.98, 13: 1.14, 14: 1.18, 17: 1.32, 152: 1.8}.items():
        points[point, :2] = 0.0, y
    return points


def read(face: np.ndarray, changed: np.ndarray, scale: Scale) -> np.ndarray:
    return intensities(movements(measure(changed), measure(face)), scale)


@pytest.mark.parametrize("unit", UNITS)
def test_the_movement_of_a_unit_is_seen_and_grows_with_it(
    face: np.ndarray, reader: GeometryReader, unit: ActionUnit
) -> None:
    found = []
    for share in (0.0, 0.5, 1.0):
        changed = face.copy()
        for change in DEFORMATIONS[unit]:
            change(changed)
        found.append(read(face, face + share * (changed - face), reader.scale)[unit.position])
    assert found[0] == 0.0
    assert found == sorted(found)
    assert found[-1] > 0.6
    opposite = read(changed, face, reader.scale)[unit.position]
    assert opposite == 0.0


@pytest.mark.parametrize(
    ("unit", "silent"),
    [
        (ActionUnit.INNER_BROW_RAISER, (4, 5, 12, 25, 26, 43)),
        (ActionUnit.BROW_LOWERER, (1, 2, 12, 25, 43)),
        (ActionUnit.LIP_CORNER_PULLER, (1, 2, 4, 5, 15, 17, 20, 23, 25, 26, 43)),
        (ActionUnit.LIP_CORNER_DEPRESSOR, (12, 20, 25, 26)),
        (ActionUnit.LIPS_PART, (1, 4, 12, 17, 20, 23, 26, 43)),
        (ActionUnit.JAW_DROP, (1, 4, 12, 15, 17, 20, 23, 43)),
        (ActionUnit.LIP_STRETCHER, (15, 25, 26)),
        (ActionUnit.EYES_CLOSED, (1, 4, 5, 7, 12, 25)),
    ],
)
def test_a_unit_does_not_set_off_those_of_other_muscles(
    face: np.ndarray, reader: GeometryReader, unit: ActionUnit, silent: tuple[int, ...]
) -> None:
    changed = face.copy()
    for change in DEFORMATIONS[unit]:
        change(changed)
    found = read(face, changed, reader.scale)
    assert {
        number: found[ActionUnit(number).position] for number in silent if found[UNITS.index(number)]
    } == {}


def test_a_known_smile_measures_what_it_was_made_of(face: np.ndarray) -> None:
    changed = face.copy()
    move(61, 291, out=0.03, up=0.04)(changed)
    moved = movements(measure(changed), measure(face))
    assert moved[ActionUnit.LIP_CORNER_PULLER.position] == pytest.approx(0.07 / np.sqrt(2))
    assert dict(zip(MEASURES, measure(changed) - measure(face), strict=True))["corner_out"] == pytest.approx(
        0.03
    )


def test_a_closed_eye_is_closed_whatever_its_shape(face: np.ndarray, reader: GeometryReader) -> None:
    for narrow in (1.0, 0.6):
        person = face.copy()
        person[list(LIDS["upper"]), 1] *= narrow
        person[list(LIDS["lower"]), 1] *= narrow
        shut = person.copy()
        close(shut)
        moved = movements(measure(shut), measure(person))
        assert moved[ActionUnit.EYES_CLOSED.position] == pytest.approx(1.0)


def test_a_person_whose_mouth_always_smiles_has_a_neutral_of_their_own(reader: GeometryReader) -> None:
    scale = reader.scale
    person = scale.neutral + 2.0 * scale.spread
    noise = np.random.default_rng(0).normal(0, 0.1, (400, len(MEASURES))) * scale.spread
    neutral = Neutral(scale)
    for index, shake in enumerate(noise):
        smiling = index % 4 == 0
        laugh = 10.0 * scale.spread if smiling else 0.0
        neutral.learn(person + laugh + shake, neutral=0.05 if smiling else 0.9)
    assert np.abs((neutral.measures - person) / scale.spread).max() < 0.35
    assert expressiveness(intensities(movements(person, neutral.measures), scale)) < 0.05


def test_no_reading_pulls_far_and_no_neutral_goes_out_of_bounds(reader: GeometryReader) -> None:
    neutral = Neutral(reader.scale)
    neutral.learn(np.full(len(MEASURES), 1e6), neutral=1.0)
    assert ((neutral.measures - reader.scale.neutral) < 0.3 * reader.scale.spread).all()
    for _ in range(5000):
        neutral.learn(np.full(len(MEASURES), 1e6), neutral=1.0)
    assert ((neutral.measures - reader.scale.neutral) <= 4.001 * reader.scale.spread).all()


def test_expressiveness_is_none_for_a_blink_and_all_for_every_unit() -> None:
    blink = np.zeros(len(UNITS))
    blink[ActionUnit.EYES_CLOSED.position] = 1.0
    assert expressiveness(blink) == 0.0
    assert expressiveness(np.ones(len(UNITS))) == pytest.approx(1.0)


PARTS: Final = {"crying": (1.0, 3.0), "calm": (6.5, 9.0), "chatting": (12.0, 14.0), "laughing": (17.0, 19.5)}
"""Seconds of the demo's film: eyes shut, at rest, mouth open, laughing with open lips."""


@pytest.fixture(scope="module")
def filmed(recordings: Path, reader: GeometryReader) -> dict[str, np.ndarray]:
    """Median intensities of each part, beyond what is neutral among people."""
    detect = FaceDetector(ModelStore().load("face_detector"))
    found: dict[str, list[np.ndarray]] = {name: [] for name in PARTS}
    with av.open(str(recordings / "scene.mp4")) as film:
        for index, picture in enumerate(film.decode(video=0)):
            at_s = float(picture.time or 0.0)
            name = next((name for name, (low, high) in PARTS.items() if low <= at_s < high), None)
            if name and index % 5 == 0:
                rgb = picture.to_ndarray(format="rgb24")
                moved = movements(reader(rgb, detect(rgb)[0]).measures, reader.scale.neutral)
                found[name].append(intensities(moved, reader.scale))
            if at_s > PARTS["laughing"][1]:
                break
    return {name: np.median(rows, axis=0) for name, rows in found.items()}


@pytest.mark.parametrize(
    ("unit", "shown", "absent"),
    [
        (12, "laughing", "calm"),
        (6, "laughing", "calm"),
        (25, "laughing", "crying"),
        (26, "chatting", "crying"),
    ],
)
def test_who_laughs_or_chats_is_seen_to(
    filmed: dict[str, np.ndarray], unit: int, shown: str, absent: str
) -> None:
    position = ActionUnit(unit).position
    assert filmed[shown][position] > 0.4
    assert filmed[absent][position] < 0.2


def test_eyes_that_are_shut_are_seen_to_be(filmed: dict[str, np.ndarray]) -> None:
    position = ActionUnit.EYES_CLOSED.position
    assert filmed["crying"][position] > 0.8
    assert filmed["calm"][position] < 0.2


def test_nobody_frowns_who_laughs(filmed: dict[str, np.ndarray]) -> None:
    assert filmed["laughing"][ActionUnit.BROW_LOWERER.position] < 0.3
