"""What each person-session of a crowd says in a window, and how often it may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edge.emotion import EMOTIONS, MomentKind
from edge.gate.reactions import Course, parts_of
from edge.gate.tally import Mean
from edge.signals import Modality

if TYPE_CHECKING:
    from edge.gate.options import PrivacyOptions
    from edge.signals import Affect, RoomState


@dataclass(frozen=True, slots=True)
class Counts:
    """Exact counts of one window; they are never published.

    Attributes
    ----------
    votes
        For each of `EMOTIONS`.
    people
        Number of voters.
    facing
        How many of them faced the camera; None where attention is not asked for.
    reactions
        In the cells of `Course.reaction`; empty where moments are not asked for.
    """

    votes: tuple[int, ...]
    people: int
    facing: int | None = None
    reactions: tuple[int, ...] = ()


class Votes:
    """Votes of one window: what each face showed, as sums; nothing else of a reading is kept.

    Faces alone vote: voices and wearers cannot be matched to faces, and a second vote of the same person
    would break the guarantee.
    """

    def __init__(self, options: PrivacyOptions, *, window: int) -> None:
        self._start_wall_s = window * options.window_s
        self._parts = parts_of(options.window_s)
        self._part_s = options.window_s / self._parts
        self._attention = options.attention
        self._moments = options.moments
        self._ballots: dict[int, _Ballot] = {}

    def add(self, room: RoomState, *, wall_s: float) -> None:
        """Take in one room state; readings from before the window stay out of it."""
        for affect in room.evidence:
            into_s = wall_s - (room.at_s - affect.end_s) - self._start_wall_s
            if affect.modality is not Modality.FACE or into_s < 0:
                continue
            if affect.quality <= 0 or not affect.mask.any():
                continue
            if affect.who not in self._ballots:
                self._ballots[affect.who] = _Ballot(parts=self._parts if self._moments else 0)
            self._ballots[affect.who].add(affect, part=min(int(into_s / self._part_s), self._parts - 1))

    @property
    def voters(self) -> frozenset[int]:
        """Tokens of all who have a vote."""
        return frozenset(self._ballots)

    def count(self, voters: frozenset[int]) -> Counts:
        """Count exactly what those in `voters` say."""
        ballots = [ballot for who, ballot in self._ballots.items() if who in voters]
        cells = len(MomentKind) * (self._parts - 1) if self._moments else 0
        reactions = [cell for ballot in ballots if (cell := ballot.reaction()) is not None]
        return Counts(
            votes=tuple(
                np.bincount([ballot.emotion for ballot in ballots], minlength=len(EMOTIONS)).tolist()
            ),
            people=len(ballots),
            facing=sum(ballot.is_facing for ballot in ballots) if self._attention else None,
            reactions=tuple(np.bincount(reactions, minlength=cells).tolist()) if self._moments else (),
        )


class _Ballot:
    """What one session says in a window: one emotion, whether it faced the camera, one reaction."""

    def __init__(self, *, parts: int) -> None:
        self._emotions = np.zeros(len(EMOTIONS))
        self._facing = Mean()
        self._course = Course(parts=parts) if parts else None

    def add(self, affect: Affect, *, part: int) -> None:
        self._emotions += affect.probabilities * affect.quality
        self._facing.add(affect.facing or 0.0, affect.quality)
        if self._course:
            self._course.add(affect, part=part)

    @property
    def emotion(self) -> int:
        return int(self._emotions.argmax())

    @property
    def is_facing(self) -> bool:
        return (self._facing.value or 0.0) > 0.5  # noqa: PLR2004 - more than half of the time

    def reaction(self) -> int | None:
        return self._course.reaction() if self._course else None


class Contributions:
    """In how many windows each person-session was counted; in memory only."""

    def __init__(self, *, most: int, windows_a_day: int) -> None:
        self._most = most
        self._windows_a_day = windows_a_day
        self._counted: dict[int, tuple[int, int]] = {}

    def admit(self, voters: frozenset[int], *, window: int) -> frozenset[int]:
        """Those of `voters` who may still be counted; they count as counted from now on."""
        self._counted = {
            who: (times, seen)
            for who, (times, seen) in self._counted.items()
            if window - seen <= self._windows_a_day or who in voters
        }
        admitted = frozenset(who for who in voters if self._counted.get(who, (0, 0))[0] < self._most)
        for who in voters:
            times, _ = self._counted.get(who, (0, 0))
            self._counted[who] = (times + (who in admitted), window)
        return admitted
