"""What a ballot says, what the noise on it hides, and when a moment is more than chance."""

from __future__ import annotations

import math
import random
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.emotion import MOMENT_CLASSES, Emotion, MomentKind
from edge.gate.content import ContentClock
from edge.gate.crowd import CrowdMood, NoisyCounts, add_noise, crowd_mood, scales
from edge.gate.gate import Gate, open_gate
from edge.gate.options import PrivacyOptions
from edge.gate.reactions import FALSE_MOMENTS, MOST_PARTS, Course, cell_of_moment, parts_of, threshold
from edge.gate.steady import SteadyState
from edge.gate.votes import Counts, Votes
from edge.release import Release, State
from gate.rooms import affect, room

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edge.signals import Affect

WINDOW_S = 60
PARTS = 4
CELLS = len(MomentKind) * (PARTS - 1)
BOTH = PrivacyOptions.model_validate(
    {"profile": "public", "window_s": WINDOW_S, "attention": True, "moments": True}
)
SESSIONS = st.lists(
    st.tuples(
        st.integers(0, WINDOW_S - 1),
        st.sampled_from(Emotion),
        st.sampled_from([None, 0.0, 1.0]),
    ),
    min_size=1,
    max_size=5,
)
"""What one face shows: when, which emotion, whether it faces the camera."""


def reaction(
    *shown: tuple[int, Emotion], facing: dict[int, float] | None = None
) -> tuple[MomentKind, int] | None:
    """Kind and part of the reaction of one face that shows an emotion in each of some parts."""
    course = Course(parts=PARTS)
    for part, emotion in shown:
        course.add(affect(1, emotion, facing=(facing or {}).get(part)), part=part)
    cell = course.reaction()
    return None if cell is None else (list(MomentKind)[cell // (PARTS - 1)], cell % (PARTS - 1) + 1)


def ballots(sessions: list[list[tuple[int, Emotion, float | None]]]) -> Counts:
    """Count the ballots of these sessions in window 0."""
    votes = Votes(BOTH, window=0)
    for who, shown in enumerate(sessions):
        for at_s, emotion, facing in shown:
            votes.add(room(affect(who, emotion, facing=facing, at_s=at_s), at_s=at_s), wall_s=at_s)
    return votes.count(votes.voters)


def loss(one: Counts, other: Counts, *, epsilon: float = 1.0) -> float:
    """Most that any outcome's log-odds can differ between two exact counts."""
    scale = scales(epsilon, attention=one.facing is not None, moments=bool(one.reactions))
    cells = [*zip(one.votes, other.votes, strict=True), *zip(one.reactions, other.reactions, strict=True)]
    cells.append((one.facing or 0, other.facing or 0))
    moved = sum(abs(here - there) for here, there in cells)
    return float(moved / scale.cell + abs(one.people - other.people) / scale.people)


def test_every_kind_but_lost_attention_has_its_classes() -> None:
    assert {*MOMENT_CLASSES} == {*MomentKind} - {MomentKind.ATTENTION_LOST}
    assert sorted(emotion for classes in MOMENT_CLASSES.values() for emotion in classes) == sorted(Emotion)


def test_a_reaction_is_the_first_great_change_of_a_face_against_itself() -> None:
    calm, joy = Emotion.NEUTRAL, Emotion.HAPPINESS
    assert reaction((0, calm), (1, calm), (2, joy), (3, calm)) == (MomentKind.JOY, 2)
    assert reaction((0, calm), (1, joy), (2, Emotion.FEAR)) == (MomentKind.JOY, 1)
    assert reaction((0, joy), (3, Emotion.DISGUST)) == (MomentKind.TENSION, 3)


def test_who_shows_the_same_all_along_does_not_react() -> None:
    assert reaction(*((part, Emotion.SADNESS) for part in range(PARTS))) is None
    assert reaction((2, Emotion.HAPPINESS)) is None
    assert reaction() is None


def test_looking_away_is_a_reaction_too() -> None:
    shown = [(part, Emotion.NEUTRAL) for part in range(PARTS)]
    assert reaction(*shown, facing={0: 1.0, 1: 1.0, 2: 0.0, 3: 1.0}) == (MomentKind.ATTENTION_LOST, 2)


@pytest.mark.parametrize(("window_s", "parts"), [(60, 4), (300, 20), (1799, 119), (3600, 120), (86_400, 120)])
def test_a_window_has_parts_of_a_quarter_minute_and_no_more_than_so_many(window_s: float, parts: int) -> None:
    assert parts_of(window_s) == parts <= MOST_PARTS


def test_who_looks_for_more_than_half_of_the_time_is_counted() -> None:
    looks = [[(0, Emotion.NEUTRAL, 1.0), (1, Emotion.NEUTRAL, 1.0), (2, Emotion.NEUTRAL, 0.0)]]
    looks_away = [[(0, Emotion.NEUTRAL, 1.0), (1, Emotion.NEUTRAL, 0.0)], [(0, Emotion.NEUTRAL, None)]]
    assert ballots(looks + looks_away).facing == 1


def test_what_is_not_asked_for_is_not_counted() -> None:
    votes = Votes(PrivacyOptions.model_validate({"profile": "public"}), window=0)
    votes.add(room(affect(1, facing=1.0)), wall_s=0.0)
    assert votes.count(votes.voters) == Counts((0, 1, 0, 0, 0, 0, 0, 0), 1)


@given(st.lists(SESSIONS, max_size=4), SESSIONS, SESSIONS)
def test_no_session_gives_away_more_than_epsilon_by_coming_going_or_changing(
    others: list[list[tuple[int, Emotion, float | None]]],
    one: list[tuple[int, Emotion, float | None]],
    other: list[tuple[int, Emotion, float | None]],
) -> None:
    without, as_one, as_other = ballots(others), ballots([*others, one]), ballots([*others, other])
    assert loss(without, as_one) <= 1 + 1e-12
    assert loss(as_one, as_other) <= 1 + 1e-12


def test_the_promise_is_used_up_and_not_more() -> None:
    calm = [(0, Emotion.NEUTRAL, 1.0), (50, Emotion.HAPPINESS, 1.0), (51, Emotion.HAPPINESS, 1.0)]
    afraid = [(0, Emotion.NEUTRAL, 0.0), (20, Emotion.FEAR, 0.0), (21, Emotion.FEAR, 0.0)]
    assert loss(ballots([calm]), ballots([afraid])) == pytest.approx(1.0)
    assert loss(ballots([]), ballots([calm])) == pytest.approx(1.0)


@pytest.mark.parametrize("attention", [True, False])
@pytest.mark.parametrize("moments", [True, False])
@pytest.mark.parametrize("epsilon", [0.01, 0.3, 1.0])
def test_the_scales_keep_the_promise_and_the_number_of_people(
    *, attention: bool, moments: bool, epsilon: float
) -> None:
    scale = scales(epsilon, attention=attention, moments=moments)
    total = Fraction(repr(epsilon))
    assert (2 + attention + 2 * moments) / scale.cell <= total
    assert (1 + attention + moments) / scale.cell + 1 / scale.people == total
    assert 1 / scale.people >= total * 2 / 5


def counts(
    *, people: int, facing: int | None = None, cell: int = 0, reacting: int = 0, scale: float = 5.0
) -> NoisyCounts:
    reactions = tuple(reacting if number == cell else 0 for number in range(CELLS))
    return NoisyCounts((people, 0, 0, 0, 0, 0, 0, 0), people, scale, facing, reactions)


def mood(noisy: NoisyCounts) -> CrowdMood:
    return crowd_mood(noisy, k=10, steady=SteadyState(hysteresis=0.1, dwell_windows=0), window=0)


@pytest.mark.parametrize(
    ("people", "facing", "attention"),
    [(100, 72, 0.7), (100, -4, 0.0), (100, 140, 1.0), (50, 25, 0.5), (49, 25, None), (8, 8, None)],
)
def test_attention_is_told_in_tenths_where_the_noise_allows_it(
    people: int, facing: int, attention: float | None
) -> None:
    assert mood(counts(people=people, facing=facing)).attention == attention


def test_a_moment_is_the_cell_beyond_chance() -> None:
    limit = math.ceil(threshold(people=100, later_parts=PARTS - 1, scale=5.0))
    cell = 4  # the second kind, part 2 of the window
    found = mood(counts(people=100, cell=cell, reacting=limit))
    assert (found.moment, found.part) == (MomentKind.SURPRISE, 2)
    assert mood(counts(people=100, cell=cell, reacting=limit - 1)).moment is None
    assert mood(counts(people=9, cell=cell, reacting=1000)).moment is None


@pytest.mark.parametrize(("scale", "later_parts"), [(4.0, 3), (5.0, 19), (40.0, 119)])
def test_the_threshold_without_an_audience_is_that_of_the_noise_alone(scale: float, later_parts: int) -> None:
    limit = math.ceil(threshold(people=0, later_parts=later_parts, scale=scale))
    above = math.exp(-limit / scale) / (1 + math.exp(-1 / scale))
    false_moments = 1 - (1 - above) ** (later_parts * len(MomentKind))
    assert 0.7 * FALSE_MOMENTS < false_moments <= FALSE_MOMENTS


@pytest.mark.parametrize("people", [0, 20, 100, 500])
@pytest.mark.parametrize("scale", [4.0, 5.0])
def test_an_audience_that_reacts_one_by_one_has_hardly_ever_a_moment(people: int, scale: float) -> None:
    """Everybody reacts once and in the same way, which is the worst case, each at a time of their own."""
    windows, later_parts = 2000, 19
    rng = np.random.default_rng(people)
    exact = np.zeros((windows, len(MomentKind), later_parts), dtype=int)
    exact[:, 0] = rng.multinomial(people, [1 / later_parts] * later_parts, size=windows)
    noisy = (exact + _noise(rng, scale, exact.shape)).reshape(windows, -1)
    told = people + _noise(rng, 2.5, (windows,))
    found = [
        cell_of_moment(tuple(row), people=int(number), scale=scale)
        for row, number in zip(noisy.tolist(), told, strict=True)
    ]
    assert sum(each is not None for each in found) / windows <= FALSE_MOMENTS


def _noise(rng: np.random.Generator, scale: float, shape: tuple[int, ...]) -> np.ndarray:
    chance = 1 - math.exp(-1 / scale)
    return rng.geometric(chance, shape) - rng.geometric(chance, shape)


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**32), st.integers(0, 300), st.integers(0, 300))
def test_what_is_published_of_noisy_counts_fits_its_type(seed: int, people: int, facing: int) -> None:
    exact = Counts((people, 0, 0, 0, 0, 0, 0, 0), people, min(facing, people), (people,) + (0,) * (CELLS - 1))
    told = mood(add_noise(exact, epsilon=1.0, below=random.Random(seed).randrange))
    assert told.attention is None or told.attention in [tenth / 10 for tenth in range(11)]
    assert (told.moment is None) == (told.part is None)
    if told.state is State.INSUFFICIENT:
        assert (told.attention, told.moment) == (None, None)


@pytest.fixture
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    monkeypatch.setattr("edge.gate.gate.add_noise", partial(add_noise, below=random.Random(3).randrange))
    content = ContentClock()
    made = open_gate(BOTH, zone="hall", state=tmp_path, content=content)
    made.close_due(0.0)
    content.note(content="film", position_s=100.0, playing=True, rate=1.0, wall_s=50.0)
    made.close_due(WINDOW_S)
    yield made
    made.close()


def laughing_at(part: int, *, people: int) -> list[tuple[float, list[Affect]]]:
    """An audience that faces the screen and laughs in one part of window 1."""
    seen = []
    for number in range(PARTS):
        emotion = Emotion.HAPPINESS if number == part else Emotion.NEUTRAL
        at_s = WINDOW_S + number * WINDOW_S / PARTS + 1
        seen.append((at_s, [affect(who, emotion, at_s=at_s, facing=1.0) for who in range(people)]))
    return seen


def told_of(gate: Gate, audience: list[tuple[float, list[Affect]]]) -> Release:
    for at_s, faces in audience:
        gate.observe(room(*faces, at_s=at_s), at_s)
    (verdict,) = gate.close_due(2 * WINDOW_S)
    return verdict.release


def test_an_audience_that_laughs_together_gives_a_moment_in_the_time_of_the_content(gate: Gate) -> None:
    release = told_of(gate, laughing_at(2, people=120))
    assert (release.moment, release.moment_s) == (MomentKind.JOY, 30.0)
    assert (release.content, release.content_s) == ("film", 110.0)
    assert release.attention == 1.0
    assert Release.decode(release.encode()) == release


def test_a_few_who_laugh_give_none_and_the_content_all_the_same(gate: Gate) -> None:
    release = told_of(gate, laughing_at(2, people=3))
    assert (release.state, release.moment, release.attention) == (State.INSUFFICIENT, None, None)
    assert (release.content, release.content_s) == ("film", 110.0)


def test_a_window_keeps_its_moment_through_a_restart(gate: Gate, tmp_path: Path) -> None:
    first = told_of(gate, laughing_at(2, people=120))
    again = open_gate(BOTH, zone="hall", state=tmp_path)
    again.close_due(WINDOW_S)
    assert told_of(again, laughing_at(1, people=60)).encode() == first.encode()
    again.close()
