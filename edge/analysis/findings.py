"""Moments, synchrony, counts and scenes, from all of the recordings at once."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.analysis.timeline import DWELL_S, Audience, Reaction, SceneSummary, Tick
from edge.emotion import MomentKind
from edge.fusion.moments import HALF_WINDOW_S, MIN_STRENGTH, SAMPLE_S, find_moments
from edge.fusion.synchrony import synchrony

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from edge.analysis.content import Scene
    from edge.analysis.seats import Seats
    from edge.signals import Moment

_KINDS: Final = tuple(MomentKind)
_STAYED: Final = 0.8
"""Share of the ticks in which a viewer must have been in view to be compared with the others."""


def find_reactions(seats: Seats) -> tuple[Reaction, ...]:
    """Every moment of the recordings, each stretch without a long gap by itself, and who joined."""
    at_s = seats.at_s
    if not len(at_s):
        return ()
    series = seats.reactions()
    found = []
    for part in np.split(np.arange(len(at_s)), np.flatnonzero(np.diff(at_s) > HALF_WINDOW_S) + 1):
        present = series[:, part]
        present = present[~np.isnan(present).all(axis=(1, 2))]
        found += [_reaction(moment, at_s[part], present) for moment in find_moments(at_s[part], present)]
    return tuple(found)


def _reaction(moment: Moment, at_s: NDArray[np.float64], series: NDArray[np.float64]) -> Reaction:
    half = round(HALF_WINDOW_S / SAMPLE_S)
    tick = int(np.searchsorted(at_s, moment.at_s))
    channel = series[:, max(0, tick - half) : tick + half, _KINDS.index(moment.kind)]
    before, after = channel[:, : min(half, tick)], channel[:, min(half, tick) :]
    there = ~np.isnan(before).all(axis=1) & ~np.isnan(after).all(axis=1)
    rose = np.nanmean(after[there], axis=1) - np.nanmean(before[there], axis=1)
    return Reaction(moment, int((rose >= MIN_STRENGTH).sum()), int(there.sum()))


def find_synchrony(seats: Seats) -> tuple[float, float] | None:
    """Whether the viewers who stayed reacted together over all of the content."""
    valences = seats.valences()
    if not valences.size:
        return None
    stayed = valences[(~np.isnan(valences)).mean(axis=1) >= _STAYED]
    if len(stayed) < 2:  # noqa: PLR2004 - a pair
        return None
    usual = np.nanmean(stayed, axis=1, keepdims=True)
    return synchrony(np.where(np.isnan(stayed), usual, stayed))


def count_audience(ticks: Iterable[Tick], visits_s: Sequence[float]) -> Audience | None:
    """Count faces; None where none was seen."""
    counted = [(tick.people, tick.facing or 0) for tick in ticks if tick.people]
    if not counted:
        return None
    people = sum(in_view for in_view, _ in counted)
    lengths = np.histogram(visits_s, [0.0, *DWELL_S, np.inf])[0]
    return Audience(
        most=max(in_view for in_view, _ in counted),
        mean=people / len(counted),
        visits=tuple(map(int, lengths)),
        attention=sum(facing for _, facing in counted) / people,
    )


def summarise_scenes(
    scenes: Iterable[Scene], ticks: Sequence[Tick], reactions: Sequence[Reaction]
) -> tuple[SceneSummary, ...]:
    """How the audience was in each scene."""
    return tuple(
        SceneSummary(
            scene,
            valence=mean([(tick.valence, tick.span_s) for tick in inside]),
            arousal=mean([(tick.arousal, tick.span_s) for tick in inside]),
            attention=mean([(tick.attention, tick.span_s) for tick in inside]),
            moments=tuple(
                number
                for number, reaction in enumerate(reactions, start=1)
                if scene.start_s <= reaction.moment.at_s < scene.end_s
            ),
        )
        for scene in scenes
        for inside in [[tick for tick in ticks if scene.start_s <= tick.start_s < scene.end_s]]
    )


def thinned(ticks: Sequence[Tick], *, most: int) -> Sequence[Tick]:
    """Put neighbours together until there are `most` at the most; what is half unknown is unknown."""
    together = math.ceil(len(ticks) / most)
    if together < 2:  # noqa: PLR2004 - nothing to put together
        return ticks
    return [_merged(ticks[first : first + together]) for first in range(0, len(ticks), together)]


def _merged(ticks: Sequence[Tick]) -> Tick:
    known = [tick for tick in ticks if tick.is_known]
    merged = Tick(ticks[0].start_s, ticks[-1].end_s - ticks[0].start_s)
    if 2 * len(known) < len(ticks):
        return merged
    shown = [tick.shares for tick in known if tick.shares]
    return Tick(
        start_s=merged.start_s,
        span_s=merged.span_s,
        shares=tuple(map(float, np.mean(shown, axis=0))) if shown else (),
        quality=mean([(tick.quality, tick.span_s) for tick in known]) or 0.0,
        valence=mean([(tick.valence, tick.span_s) for tick in known]),
        arousal=mean([(tick.arousal, tick.span_s) for tick in known]),
        attention=mean([(tick.attention, tick.span_s) for tick in known]),
        expressiveness=mean([(tick.expressiveness, tick.span_s) for tick in known]),
        synchrony=mean([(tick.synchrony, tick.span_s) for tick in known]),
        stress=mean([(tick.stress, tick.span_s) for tick in known]),
    )


def mean(values: Iterable[tuple[float | None, float]]) -> float | None:
    """Mean of the (value, weight) pairs that have a value; None without any."""
    known = [(value, weight) for value, weight in values if value is not None]
    total = sum(weight for _, weight in known)
    return sum(value * weight for value, weight in known) / total if total > 0 else None
