"""Where the content is that a screen shows: a player's position, carried on between its messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from edge.release import LONGEST_CONTENT_S

STALE_S: Final = 60.0
"""A position older than this says nothing any more: the player may have gone."""

_BACKWARDS_S: Final = 1.0
"""How far before a message its position still holds: the gate looks at a window's start just after it."""


@dataclass(frozen=True, slots=True)
class _Anchor:
    content: str
    position_s: float
    speed: float
    wall_s: float


class ContentClock:
    """Extrapolates the newest message of a player; it knows nothing of those who watch.

    Position p at wall time t, said at t0 with p0 while playing at rate r: p = p0 + r (t - t0), in tenths
    of a second; p = p0 while paused.
    """

    def __init__(self) -> None:
        self._anchor: _Anchor | None = None

    def note(
        self, *, content: str | None, position_s: float, playing: bool, rate: float, wall_s: float
    ) -> None:
        """Take in what the player said at `wall_s`; with `content` None it shows nothing."""
        speed = rate if playing else 0.0
        self._anchor = None if content is None else _Anchor(content, position_s, speed, wall_s)

    def at(self, wall_s: float) -> tuple[str | None, float | None]:
        """Content and position in seconds at `wall_s`; None and None when that is not known."""
        anchor = self._anchor
        if anchor is None or not -_BACKWARDS_S <= wall_s - anchor.wall_s <= STALE_S:
            return None, None
        position_s = anchor.position_s + anchor.speed * (wall_s - anchor.wall_s)
        return anchor.content, round(min(max(position_s, 0.0), LONGEST_CONTENT_S), 1)
