"""The `public` profile: one ballot a person-session, noise, and what is computed from the noisy counts.

The guarantee is for adding, removing or changing the ballot of one person-session in a window, and costs
`epsilon`. Somebody who watches the door knows who is there, so changing a ballot is what has to be hidden.

A ballot is a vote for one of eight emotions and, where the owner asks for them, whether the face looked at
the camera (attention) and one reaction, in one cell of a histogram (moments). Noise of scale b goes to every
cell of the three and of scale c to the number of people; an outcome gives away at most

    changing a ballot     (2 + 1 attention + 2 moments) / b             two cells of each histogram, one bit
    adding or removing    (1 + 1 attention + 1 moments) / b + 1 / c     one cell of each, one bit, the number

by the L1 sensitivity of the vector of counts (Dwork, McSherry, Nissim and Smith 2006, "Calibrating noise to
sensitivity in private data analysis", TCC). b is the least with which both stay within `epsilon` while the
number of people keeps 2/5 of it, so that an empty room is not taken for a crowd; c takes all that is left:

    asked for              b / (1 / epsilon)    c / (1 / epsilon)
    nothing more           2                    2
    attention              10 / 3               5 / 2
    moments                4                    2
    attention and moments  5                    5 / 2

Everything but the noisy draws is post-processing and costs nothing (Dwork and Roth 2014, "The Algorithmic
Foundations of Differential Privacy", Proposition 2.1).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.emotion import EMOTIONS, Emotion, MomentKind, valence_arousal
from edge.gate.noise import RandomBelow, discrete_laplace
from edge.gate.reactions import cell_of_moment
from edge.gate.steady import coarse
from edge.release import Level, State

if TYPE_CHECKING:
    from edge.gate.steady import SteadyState
    from edge.gate.votes import Counts

DAY_S: Final = 86_400
_TOP_BAND: Final = 5
_TENTHS: Final = 10
_LEAST_SHARE_OF_PEOPLE: Final = Fraction(2, 5)


@dataclass(frozen=True, slots=True)
class Scales:
    """Scale of the noise on every cell and bit, and on the number of people."""

    cell: Fraction
    people: Fraction


@dataclass(frozen=True, slots=True)
class NoisyCounts:
    """`Counts` with noise; `scale` is that of every cell."""

    votes: tuple[int, ...]
    people: int
    scale: float
    facing: int | None = None
    reactions: tuple[int, ...] = ()


def scales(epsilon: float, *, attention: bool, moments: bool) -> Scales:
    """Share `epsilon` among what is asked for, as the head of this file derives it."""
    total = Fraction(repr(epsilon))
    changed = 2 + attention + 2 * moments
    added = 1 + attention + moments
    per_unit = min(total / changed, (1 - _LEAST_SHARE_OF_PEOPLE) * total / added)
    return Scales(cell=1 / per_unit, people=1 / (total - added * per_unit))


def add_noise(counts: Counts, *, epsilon: float, below: RandomBelow = secrets.randbelow) -> NoisyCounts:
    """Draw the noise of one window, once."""
    scale = scales(epsilon, attention=counts.facing is not None, moments=bool(counts.reactions))

    def noisy(exact: int) -> int:
        return exact + discrete_laplace(scale.cell, below=below)

    return NoisyCounts(
        votes=tuple(map(noisy, counts.votes)),
        people=counts.people + discrete_laplace(scale.people, below=below),
        scale=float(scale.cell),
        facing=None if counts.facing is None else noisy(counts.facing),
        reactions=tuple(map(noisy, counts.reactions)),
    )


@dataclass(frozen=True, slots=True)
class CrowdMood:
    """What is said of a crowd; computed from noisy counts only. `part` numbers that of the moment."""

    state: State
    people: str
    valence: float | None = None
    arousal: float | None = None
    quality: Level = Level.UNKNOWN
    shares: tuple[tuple[Emotion, float], ...] = ()
    attention: float | None = None
    moment: MomentKind | None = None
    part: int | None = None


def crowd_mood(counts: NoisyCounts, *, k: int, steady: SteadyState, window: int) -> CrowdMood:
    """Shares, dominant state, bands and moment from noisy counts; `insufficient` below k people."""
    votes = np.maximum(np.array(counts.votes, dtype=np.float64), 0.0)
    if counts.people < k or not votes.any():
        steady.forget()
        return CrowdMood(State.INSUFFICIENT, people_band(counts.people, k))
    shares = votes / votes.sum()
    valence, arousal = valence_arousal(shares)
    moment, part = _moment(counts) or (None, None)
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
        attention=_attention(counts),
        moment=moment,
        part=part,
    )


def people_band(people: int, k: int) -> str:
    """Band of k people, as in `<10`, `10-19`; open at the top."""
    band = people // k
    if band < 1:
        return f"<{k}"
    return f"{k * band}-{k * (band + 1) - 1}" if band < _TOP_BAND else f"{k * _TOP_BAND}+"


def _attention(counts: NoisyCounts) -> float | None:
    """Share of the people who faced the camera, where the noise errs by a tenth at most on average."""
    # The mean size of Laplace noise is its scale.
    if counts.facing is None or counts.people < _TENTHS * counts.scale:
        return None
    share = min(max(counts.facing / counts.people, 0.0), 1.0)
    return round(share * _TENTHS) / _TENTHS


def _moment(counts: NoisyCounts) -> tuple[MomentKind, int] | None:
    if not counts.reactions:
        return None
    return cell_of_moment(counts.reactions, people=counts.people, scale=counts.scale)
