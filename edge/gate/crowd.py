"""The `public` profile: one vote a person-session, noise, and what is computed from the noisy counts.

The guarantee is for adding, removing or changing the vote of one person-session in a window, and costs
`epsilon`. With noise of scale b = 2 / epsilon on each cell of the histogram and on the count:

- adding or removing a vote moves one cell by 1 (epsilon / 2) and the count by 1 (epsilon / 2);
- changing a vote moves two cells by 1 each (epsilon) and leaves the count.

Somebody who watches the door knows who is there, so changing a vote is what has to be hidden; noise for
adding or removing alone (b = 1 / epsilon) would not hide it at the same epsilon.

Everything but the two noisy draws is post-processing and costs nothing (Dwork and Roth 2014, "The
Algorithmic Foundations of Differential Privacy", Proposition 2.1).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.emotion import EMOTIONS, Emotion, valence_arousal
from edge.gate.noise import RandomBelow, discrete_laplace
from edge.gate.steady import coarse
from edge.release import Level, State
from edge.signals import Modality

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edge.gate.steady import SteadyState
    from edge.signals import RoomState

DAY_S: Final = 86_400
_TOP_BAND: Final = 5
_TENTHS: Final = 10


@dataclass(frozen=True, slots=True)
class NoisyCounts:
    """A histogram of votes in the order of `EMOTIONS` and the number of voters, both with noise."""

    votes: tuple[int, ...]
    people: int


class Votes:
    """Votes of one window: class evidence per face, summed; nothing else of a reading is kept.

    Faces alone vote: voices and wearers cannot be matched to faces, and a second vote of the same person
    would break the guarantee.
    """

    def __init__(self, *, start_wall_s: float) -> None:
        self._start_wall_s = start_wall_s
        self._sums: dict[int, NDArray[np.float64]] = {}

    def add(self, room: RoomState, *, wall_s: float) -> None:
        """Take in one room state; readings from before the window stay out of it."""
        for affect in room.evidence:
            is_old = wall_s - (room.at_s - affect.end_s) < self._start_wall_s
            if affect.modality is not Modality.FACE or is_old or affect.quality <= 0 or not affect.mask.any():
                continue
            before = self._sums.setdefault(affect.who, np.zeros(len(EMOTIONS)))
            before += affect.probabilities * affect.quality

    @property
    def voters(self) -> frozenset[int]:
        """Tokens of all who have a vote."""
        return frozenset(self._sums)

    def histogram(self, voters: frozenset[int]) -> list[int]:
        """Exact number of votes for each emotion, by those in `voters`."""
        counts = [0] * len(EMOTIONS)
        for who, sums in self._sums.items():
            if who in voters:
                counts[int(sums.argmax())] += 1
        return counts


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


def add_noise(
    histogram: Sequence[int], *, epsilon: float, below: RandomBelow = secrets.randbelow
) -> NoisyCounts:
    """Draw the noise of one window, once."""
    scale = 2 / Fraction(repr(epsilon))
    return NoisyCounts(
        votes=tuple(count + discrete_laplace(scale, below=below) for count in histogram),
        people=sum(histogram) + discrete_laplace(scale, below=below),
    )


@dataclass(frozen=True, slots=True)
class CrowdMood:
    """What is said of a crowd; computed from noisy counts only."""

    state: State
    people: str
    valence: float | None = None
    arousal: float | None = None
    quality: Level = Level.UNKNOWN
    shares: tuple[tuple[Emotion, float], ...] = ()


def crowd_mood(counts: NoisyCounts, *, k: int, steady: SteadyState, window: int) -> CrowdMood:
    """Shares, dominant state and bands from noisy counts; `insufficient` below k people."""
    votes = np.maximum(np.array(counts.votes, dtype=np.float64), 0.0)
    if counts.people < k or not votes.any():
        steady.forget()
        return CrowdMood(State.INSUFFICIENT, people_band(counts.people, k))
    shares = votes / votes.sum()
    valence, arousal = valence_arousal(shares)
    return CrowdMood(
        state=State(steady.take(shares, window=window).value),
        people=people_band(counts.people, k),
        valence=coarse(valence),
        arousal=coarse(arousal),
        quality=(Level.LOW, Level.MEDIUM, Level.HIGH)[min(counts.people // (2 * k), 2)],
        shares=tuple(
            (emotion, round(float(share) * _TENTHS) / _TENTHS)
            for emotion, share in zip(EMOTIONS, shares, strict=True)
        ),
    )


def people_band(people: int, k: int) -> str:
    """Band of k people, as in `<10`, `10-19`; open at the top."""
    band = people // k
    if band < 1:
        return f"<{k}"
    return f"{k * band}-{k * (band + 1) - 1}" if band < _TOP_BAND else f"{k * _TOP_BAND}+"
