"""What the protection costs: how often a crowd's published mood is the true one."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from edge.emotion import EMOTIONS
from edge.release import State
from privacy.venue import Venue, mood

if TYPE_CHECKING:
    from privacy.conftest import Table

TRIALS = 300


@pytest.mark.parametrize(("people", "floor"), [(10, 0.3), (20, 0.6), (40, 0.8), (80, 0.9)])
def test_larger_crowds_are_told_truly(usefulness: Table, people: int, floor: float) -> None:
    randomness = random.Random(people)
    published = right = 0
    for _ in range(TRIALS):
        crowd = {who: mood(randomness) for who in range(people)}
        most = max(Counter(crowd.values()).values())
        true = {EMOTIONS[i].value for i, votes in Counter(crowd.values()).items() if votes == most}
        venue = Venue(randomness)
        state = venue.fill(venue.gate(), crowd, window=1).release.state
        published += state is not State.INSUFFICIENT
        right += state.value in true
    assert right / published >= floor
    usefulness.rows.append(
        f"| {people} | {100 * published / TRIALS:.0f} % | {100 * right / published:.0f} % |"
    )


def test_an_empty_room_is_hardly_ever_taken_for_a_crowd() -> None:
    venue = Venue(random.Random(1))
    states = [venue.fill(venue.gate(), {}, window=1).release.state for _ in range(2000)]
    assert states.count(State.INSUFFICIENT) / len(states) > 0.99
