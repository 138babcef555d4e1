"""What the protection costs: how often a crowd's published mood is the true one."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from edge.emotion import EMOTIONS, MomentKind
from edge.gate.crowd import add_noise, crowd_mood
from edge.gate.reactions import cell_of_moment, parts_of
from edge.gate.steady import SteadyState
from edge.gate.votes import Counts
from edge.release import State
from privacy.venue import Venue, histogram, mood

if TYPE_CHECKING:
    from privacy.conftest import Table

TRIALS = 300
ASKED_FOR = {
    "nothing more": {},
    "attention": {"attention": True},
    "moments": {"moments": True},
    "both": {"attention": True, "moments": True},
}


@pytest.mark.parametrize(("people", "floor"), [(10, 0.3), (20, 0.6), (40, 0.8), (80, 0.9)])
def test_larger_crowds_are_told_truly(usefulness: Table, people: int, floor: float) -> None:
    told = {asked: truly_told(people, keys) for asked, keys in ASKED_FOR.items()}
    published, right = told["nothing more"]
    assert right >= floor
    assert all(share >= floor - 0.25 for _, share in told.values())
    shares = " | ".join(f"{100 * share:.0f} %" for _, share in told.values())
    usefulness.rows.append(f"| {people} | {100 * published:.0f} % | {shares} |")


def truly_told(people: int, asked: dict[str, bool]) -> tuple[float, float]:
    """Share of windows that are published, and of these, share whose state is the true one."""
    randomness = random.Random(people)
    published = right = 0
    for _ in range(TRIALS):
        crowd = {who: mood(randomness) for who in range(people)}
        most = max(Counter(crowd.values()).values())
        true = {EMOTIONS[i].value for i, votes in Counter(crowd.values()).items() if votes == most}
        votes = tuple(histogram(crowd).tolist())
        exact = Counts(
            votes, people, people if "attention" in asked else None, (0,) if "moments" in asked else ()
        )
        noisy = replace(add_noise(exact, epsilon=1.0, below=randomness.randrange), facing=None, reactions=())
        steady = SteadyState(hysteresis=0.1, dwell_windows=0)
        state = crowd_mood(noisy, k=10, steady=steady, window=0).state
        published += state is not State.INSUFFICIENT
        right += state.value in true
    return published / TRIALS, right / published


@pytest.mark.parametrize(("people", "floor"), [(25, 0.05), (50, 0.6), (100, 0.9), (200, 0.9), (400, 0.9)])
def test_larger_audiences_have_moments(moments: Table, people: int, floor: float) -> None:
    """In a window of five minutes; the others do not react, and only the true moment counts."""
    rates = [
        found(people, share, attention=attention) for attention in (False, True) for share in (0.3, 0.5, 0.8)
    ]
    assert rates[2] >= floor
    moments.rows.append(f"| {people} | {' | '.join(f'{100 * rate:.0f} %' for rate in rates)} |")


def found(people: int, share: float, *, attention: bool) -> float:
    """How often the moment of a share of the people is published, among windows that have it."""
    trials, later_parts = 200, parts_of(300.0) - 1
    reactions = [0] * (len(MomentKind) * later_parts)
    reactions[later_parts + 6] = round(share * people)
    counts = Counts((people, *[0] * 7), people, people if attention else None, tuple(reactions))
    randomness = random.Random(people)
    told: Counter[object] = Counter()
    for _ in range(trials):
        noisy = add_noise(counts, epsilon=1.0, below=randomness.randrange)
        told[cell_of_moment(noisy.reactions, people=noisy.people, scale=noisy.scale)] += 1
    return told[(MomentKind.SURPRISE, 7)] / trials


@pytest.mark.parametrize(
    ("asked", "most"), [("nothing more", 0.01), ("attention", 0.015), ("moments", 0.01), ("both", 0.015)]
)
def test_an_empty_room_is_hardly_ever_taken_for_a_crowd(asked: str, most: float) -> None:
    keys = ASKED_FOR[asked]
    exact = Counts((0,) * 8, 0, 0 if "attention" in keys else None, (0,) if "moments" in keys else ())
    randomness = random.Random(1)
    draws = [add_noise(exact, epsilon=1.0, below=randomness.randrange) for _ in range(4000)]
    assert sum(noisy.people >= 10 for noisy in draws) / len(draws) < most


def test_the_gate_withholds_an_empty_room() -> None:
    venue = Venue(random.Random(1))
    states = [venue.fill(venue.gate(), {}, window=1).release.state for _ in range(500)]
    assert states.count(State.INSUFFICIENT) / len(states) > 0.99
