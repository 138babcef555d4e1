"""The timeline as one inline SVG: tracks above each other over one axis of content time."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from edge.analysis import words
from edge.analysis.findings import thinned
from edge.emotion import EMOTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from edge.analysis.timeline import Analysis, Tick

_WIDTH: Final = 1000
_LEFT: Final = 118
_RIGHT: Final = 24
_TOP: Final = 60
_MOOD_HEIGHT: Final = 92
_HEIGHT: Final = 66
_GAP: Final = 16
_AXIS: Final = 34
_PLOT: Final = _WIDTH - _LEFT - _RIGHT
_STEPS_S: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)
_MOST_STEPS: Final = 12
_BADGE: Final = 11
_MOST_COLUMNS: Final = 600
"""More are not told apart at this width, and would make a long film's page megabytes."""

_HATCH: Final = (
    '<defs><pattern id="unknown" width="7" height="7" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><line class="hatch" x1="0" y1="0" x2="0" y2="7"/></pattern></defs>'
)


@dataclass(frozen=True, slots=True)
class _Track:
    name: str
    low: float
    high: float
    low_word: str
    high_word: str
    value: Callable[[Tick], float | None]


_TRACKS: Final = (
    _Track("Valence", -1, 1, "unpleasant", "pleasant", lambda tick: tick.valence),
    _Track("Arousal", -1, 1, "calm", "aroused", lambda tick: tick.arousal),
    _Track("Attention", 0, 1, "away", "all face it", lambda tick: tick.attention),
    _Track("Expressiveness", -1, 1, "stiller", "livelier", lambda tick: tick.expressiveness),
    _Track("Synchrony", -1, 1, "opposed", "together", lambda tick: tick.synchrony),
    _Track("Stress", 0, 1, "none", "certain", lambda tick: tick.stress),
    _Track("Quality", 0, 1, "poor", "good", lambda tick: tick.quality if tick.is_known else None),
)


def chart(analysis: Analysis) -> str:
    """Draw what is known of each measure, what is not, and the moments."""
    length_s = max(analysis.content.length_s, 1e-6)
    ticks = thinned(analysis.ticks, most=_MOST_COLUMNS)
    tracks = [track for track in _TRACKS if any(track.value(tick) is not None for tick in ticks)]
    bottom = _TOP + _MOOD_HEIGHT + len(tracks) * (_HEIGHT + _GAP)
    height = bottom + _AXIS

    def x(at_s: float) -> float:
        return _LEFT + _PLOT * min(1.0, max(0.0, at_s / length_s))

    told = escape(" ".join(words.summary(analysis)))
    parts = [
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="group" aria-labelledby="chart-title chart-text">',
        '<title id="chart-title">Timeline of the audience</title>',
        f'<desc id="chart-text">{told} The same numbers stand in the tables below.</desc>',
        _HATCH,
        *_axis(length_s, bottom, x),
        *_mood(ticks, x),
    ]
    for index, track in enumerate(tracks):
        top = _TOP + _MOOD_HEIGHT + _GAP + index * (_HEIGHT + _GAP)
        if analysis.comparison:
            earlier = thinned(analysis.comparison.earlier.ticks, most=_MOST_COLUMNS)
            parts += _lines(track, [tick for tick in earlier if tick.start_s < length_s], top, x, "earlier")
        parts += _track(track, ticks, top, x)
    parts += _unknown(ticks, bottom, x)
    parts += _moments(analysis, bottom, x)
    parts.append("</svg>")
    return "\n".join(parts)


def _axis(length_s: float, bottom: float, x: Callable[[float], float]) -> Iterator[str]:
    step_s = next((step for step in _STEPS_S if length_s / step <= _MOST_STEPS), _STEPS_S[-1])
    for count in range(int(length_s // step_s) + 1):
        at = x(count * step_s)
        yield f'<line class="grid" x1="{at:.1f}" y1="{_TOP}" x2="{at:.1f}" y2="{bottom}"/>'
        shown = words.clock(count * step_s)
        yield f'<text class="axis" x="{at:.1f}" y="{bottom + 20}" text-anchor="middle">{shown}</text>'


def _mood(ticks: Sequence[Tick], x: Callable[[float], float]) -> Iterator[str]:
    yield f'<text class="name" x="0" y="{_TOP + 16}">Mood</text>'
    yield f'<text class="word" x="0" y="{_TOP + 34}">shares of 8</text>'
    yield f'<text class="word" x="0" y="{_TOP + 50}">emotions</text>'
    for run in _runs(ticks, lambda tick: bool(tick.shares)):
        below = [0.0] * len(run)
        for index, emotion in enumerate(EMOTIONS):
            above = [low + tick.shares[index] for low, tick in zip(below, run, strict=True)]
            forth = [_step(tick, high, x) for tick, high in zip(run, above, strict=True)]
            back = [_step(tick, low, x)[::-1] for tick, low in zip(run[::-1], below[::-1], strict=True)]
            points = " ".join(f"{px:.1f},{py:.1f}" for pair in (*forth, *back) for px, py in pair)
            yield f'<polygon class="mood {emotion}" points="{points}"/>'
            below = above
    yield f'<rect class="frame" x="{_LEFT}" y="{_TOP}" width="{_PLOT}" height="{_MOOD_HEIGHT}"/>'


def _step(tick: Tick, share: float, x: Callable[[float], float]) -> list[tuple[float, float]]:
    y = _TOP + _MOOD_HEIGHT * (1 - min(1.0, share))
    return [(x(tick.start_s), y), (x(tick.end_s), y)]


def _lines(
    track: _Track, ticks: Sequence[Tick], top: float, x: Callable[[float], float], look: str
) -> Iterator[str]:
    for run in _runs(ticks, lambda tick: track.value(tick) is not None):
        line = " ".join(f"{px:.1f},{py:.1f}" for px, py in _points(track, run, top, x))
        yield f'<polyline class="line {look}" points="{line}"/>'


def _points(
    track: _Track, run: Sequence[Tick], top: float, x: Callable[[float], float]
) -> list[tuple[float, float]]:
    points = []
    for tick in run:
        # A window is a step; ticks are so short that the line through their middles is truer.
        is_step = tick.span_s > 1 or len(run) == 1
        at_s = (tick.start_s, tick.end_s) if is_step else (tick.start_s + tick.span_s / 2,)
        points += [(x(each_s), _height(track, track.value(tick) or 0.0, top)) for each_s in at_s]
    return points


def _height(track: _Track, value: float, top: float) -> float:
    share = (value - track.low) / (track.high - track.low)
    return top + _HEIGHT * (1 - min(1.0, max(0.0, share)))


def _track(track: _Track, ticks: Sequence[Tick], top: float, x: Callable[[float], float]) -> Iterator[str]:
    slug = track.name.lower()
    yield f'<text class="name" x="0" y="{top + _HEIGHT / 2 + 5:.1f}">{track.name}</text>'
    for y_px, word in ((top + 11, track.high_word), (top + _HEIGHT - 2, track.low_word)):
        yield f'<text class="word" x="{_LEFT - 8}" y="{y_px}" text-anchor="end">{word}</text>'
    yield f'<rect class="frame" x="{_LEFT}" y="{top}" width="{_PLOT}" height="{_HEIGHT}"/>'
    zero = _height(track, max(0.0, track.low), top)
    if track.low < 0:
        yield f'<line class="zero" x1="{_LEFT}" y1="{zero:.1f}" x2="{_LEFT + _PLOT}" y2="{zero:.1f}"/>'
    for run in _runs(ticks, lambda tick: track.value(tick) is not None):
        points = _points(track, run, top, x)
        line = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
        area = f"{points[0][0]:.1f},{zero:.1f} {line} {points[-1][0]:.1f},{zero:.1f}"
        yield f'<polygon class="area {slug}" points="{area}"/>'
    yield from _lines(track, ticks, top, x, slug)


def _unknown(ticks: Sequence[Tick], bottom: float, x: Callable[[float], float]) -> Iterator[str]:
    for run in _runs(ticks, lambda tick: not tick.is_known):
        left, right = x(run[0].start_s), x(run[-1].end_s)
        yield (
            f'<rect class="unknown" x="{left:.1f}" y="{_TOP}" width="{right - left:.1f}" '
            f'height="{bottom - _TOP}" fill="url(#unknown)"/>'
        )


def _moments(analysis: Analysis, bottom: float, x: Callable[[float], float]) -> Iterator[str]:
    level = 0
    for number, reaction in enumerate(analysis.reactions, start=1):
        at_s, kind = reaction.moment.at_s, reaction.moment.kind
        at = x(at_s)
        label = f"Moment {number}: {words.title_of(reaction)} at {words.clock(at_s)}"
        # Close neighbours sit on two levels, so that no badge hides another.
        before = analysis.reactions[number - 2].moment.at_s if number > 1 else -1e9
        level = 1 - level if at - x(before) < 2 * _BADGE + 2 else 0
        y = _TOP - _BADGE - 5 - level * (2 * _BADGE + 2)
        yield f'<a href="#moment-{number}" aria-label="{escape(label)}" class="mark {kind}">'
        yield f"<title>{escape(label)}</title>"
        yield f'<line class="moment" x1="{at:.1f}" y1="{y + _BADGE:.1f}" x2="{at:.1f}" y2="{bottom}"/>'
        yield f'<circle cx="{at:.1f}" cy="{y:.1f}" r="{_BADGE}"/>'
        yield f'<text x="{at:.1f}" y="{y + 4.5:.1f}" text-anchor="middle">{number}</text></a>'


def _runs(ticks: Sequence[Tick], wanted: Callable[[Tick], bool]) -> Iterator[list[Tick]]:
    """Stretches of ticks that follow each other and are all as wanted."""
    run: list[Tick] = []
    for tick, following in pairwise((*ticks, None)):
        if tick is None or not wanted(tick):
            continue
        run.append(tick)
        if following is None or not wanted(following) or following.start_s - tick.end_s > tick.span_s / 2:
            yield run
            run = []
