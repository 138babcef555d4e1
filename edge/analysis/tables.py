"""The numbers of a report as CSV."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from edge.analysis import words
from edge.analysis.markers import note
from edge.emotion import EMOTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from edge.analysis.timeline import Analysis

_MEASURES = (
    "valence",
    "arousal",
    "quality",
    "attention",
    "expressiveness",
    "synchrony",
    "stress",
    "people",
    "facing",
)


def write_tables(analysis: Analysis, folder: Path) -> None:
    """Write `timeline.csv`, `windows.csv` and `moments.csv`; an empty cell is unknown or withheld."""
    content = analysis.content
    _write(
        folder / "timeline.csv",
        ["start_s", "end_s", "timecode", *_MEASURES, *(emotion.value for emotion in EMOTIONS)],
        (
            [
                _number(tick.start_s),
                _number(tick.end_s),
                content.timecode(tick.start_s),
                *(_number(getattr(tick, measure) if tick.is_known else None) for measure in _MEASURES),
                *(_number(share) for share in tick.shares or [None] * len(EMOTIONS)),
            ]
            for tick in analysis.ticks
        ),
    )
    _write(
        folder / "windows.csv",
        ["start_s", "end_s", "published", "why", "state", "valence", "arousal", "quality"],
        (
            [
                _number(window.start_s),
                _number(window.end_s),
                "yes" if window.state != "insufficient" else "no",
                words.why(window.reason, consented=analysis.consented),
                window.state.value,
                _number(window.valence),
                _number(window.arousal),
                window.quality.value,
            ]
            for window in analysis.windows
        ),
    )
    _write(
        folder / "moments.csv",
        ["number", "at_s", "timecode", "kind", "strength", "confidence", "joined", "viewers", "note"],
        (
            [
                str(number),
                _number(reaction.moment.at_s),
                content.timecode(reaction.moment.at_s),
                reaction.moment.kind.value,
                _number(reaction.moment.strength),
                _number(reaction.moment.confidence),
                str(reaction.joined),
                str(reaction.viewers),
                note(reaction),
            ]
            for number, reaction in enumerate(analysis.reactions, start=1)
        ),
    )


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}".rstrip("0").rstrip(".") if value else "0"
