"""Another audience of the same content, or another cut before the same audience, beside this one."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from edge.analysis.content import Scene
from edge.analysis.findings import summarise_scenes
from edge.analysis.timeline import SceneSummary, Tick
from edge.emotion import EMOTIONS, MomentKind
from edge.errors import AnalysisError, AnalysisReason
from edge.fusion.moments import HALF_WINDOW_S

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from edge.analysis.content import Content
    from edge.analysis.timeline import Reaction

_MOST_PARTS: Final = 10
_LEAST_PART_S: Final = 10.0
_STEP_S: Final = 1.0
_LEAST_STEPS: Final = 10
_STILL: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Earlier:
    """What an earlier report told, as its tables have it; moments as (second, kind)."""

    name: str
    ticks: tuple[Tick, ...]
    moments: tuple[tuple[float, MomentKind], ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two reports side by side.

    Attributes
    ----------
    parts
        Means over each scene, or over equal parts where there are no scenes: here, and earlier.
    correlation
        Of the two courses of valence, second by second, or None where too little is known of both.
    matched
        The moments of this report, by number from 1, that have one of their kind within a half window
        in the earlier, with its second.
    missing
        Moments of the earlier report that this one has not.
    """

    earlier: Earlier
    parts: tuple[tuple[SceneSummary, SceneSummary], ...]
    correlation: float | None
    matched: tuple[tuple[int, float], ...]
    missing: tuple[tuple[float, MomentKind], ...]


def read_earlier(folder: Path) -> Earlier:
    """Read the tables of an earlier report.

    Raises
    ------
    AnalysisError
        The folder holds none.
    """
    try:
        ticks = tuple(_tick(row) for row in _rows(folder / "timeline.csv"))
        moments = tuple(
            (float(row["at_s"]), MomentKind(row["kind"])) for row in _rows(folder / "moments.csv")
        )
    except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
        detail = f"{folder} is no folder that `edge-affect analyze` made"
        raise AnalysisError(AnalysisReason.BAD_OPTION, detail) from error
    return Earlier(folder.resolve().name, ticks, moments)


def compare(
    earlier: Earlier, content: Content, ticks: Sequence[Tick], reactions: Sequence[Reaction]
) -> Comparison:
    """Put this report beside an earlier one, by content time."""
    scenes = content.scenes or _equal_parts(content.length_s)
    matched, left = [], list(earlier.moments)
    for number, reaction in enumerate(reactions, start=1):
        near = [
            other
            for other in left
            if other[1] is reaction.moment.kind and abs(other[0] - reaction.moment.at_s) <= HALF_WINDOW_S
        ]
        if near:
            nearest = min(near, key=lambda other: abs(other[0] - reaction.moment.at_s))
            left.remove(nearest)
            matched.append((number, nearest[0]))
    return Comparison(
        earlier=earlier,
        parts=tuple(
            zip(
                summarise_scenes(scenes, ticks, reactions),
                summarise_scenes(scenes, earlier.ticks, ()),
                strict=True,
            )
        ),
        correlation=_correlation(ticks, earlier.ticks),
        matched=tuple(matched),
        missing=tuple(left),
    )


def _correlation(here: Sequence[Tick], there: Sequence[Tick]) -> float | None:
    ours, theirs = _by_step(here), _by_step(there)
    common = sorted(ours.keys() & theirs.keys())
    if len(common) < _LEAST_STEPS:
        return None
    pairs = np.array([[ours[step], theirs[step]] for step in common])
    if (pairs.std(axis=0) < _STILL).any():
        return None
    return float(np.corrcoef(pairs.T)[0, 1])


def _by_step(ticks: Sequence[Tick]) -> dict[int, float]:
    return {
        step: tick.valence
        for tick in ticks
        if tick.valence is not None
        for step in range(math.ceil(tick.start_s / _STEP_S), math.ceil(tick.end_s / _STEP_S))
    }


def _equal_parts(length_s: float) -> tuple[Scene, ...]:
    count = max(1, min(_MOST_PARTS, int(length_s / _LEAST_PART_S)))
    edges_s = [length_s * number / count for number in range(count + 1)]
    return tuple(
        Scene(f"Part {number + 1} of {count}", edges_s[number], edges_s[number + 1])
        for number in range(count)
    )


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _tick(row: Mapping[str, Any]) -> Tick:
    def number(name: str) -> float | None:
        value = float(row[name]) if row[name] else None
        if value is not None and not math.isfinite(value):
            raise ValueError(name)
        return value

    start_s, end_s = float(row["start_s"]), float(row["end_s"])
    shares = [number(emotion.value) for emotion in EMOTIONS]
    return Tick(
        start_s=start_s,
        span_s=end_s - start_s,
        shares=tuple(share for share in shares if share is not None) if None not in shares else (),
        valence=number("valence"),
        arousal=number("arousal"),
        quality=number("quality") or 0.0,
        attention=number("attention"),
        expressiveness=number("expressiveness"),
        synchrony=number("synchrony"),
    )
