"""What a player says of the content it shows; whatever is not exactly that is ignored."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final, TypeGuard

from edge.release import CONTENT_PATTERN, LONGEST_CONTENT_S

MOST_BYTES: Final = 512
FASTEST_RATE: Final = 16.0
_CONTENT: Final = re.compile(CONTENT_PATTERN.removesuffix("$"))
_KEYS: Final = frozenset({"content", "position_s", "playing", "rate"})


@dataclass(frozen=True, slots=True)
class Position:
    """Where a player is in what it shows; `content` is None when it shows nothing."""

    content: str | None
    position_s: float = 0.0
    playing: bool = False
    rate: float = 1.0


def parse_position(payload: bytes, *, retained: bool) -> Position | None:
    """Return the position in a message, or None.

    `{"content": "trailer-3", "position_s": 12.5, "playing": true, "rate": 1.0}`, of which `playing` and
    `rate` may be left out; `{"content": null}` once nothing is shown. A retained message is ignored: it
    tells where the player was, not where it is.
    """
    if retained or len(payload) > MOST_BYTES:
        return None
    try:
        keys = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    if not isinstance(keys, dict):
        return None
    if keys == {"content": None}:
        return Position(None)
    return _position(keys)


def _position(keys: dict[str, Any]) -> Position | None:
    content, position_s = keys.get("content"), keys.get("position_s")
    playing, rate = keys.get("playing", True), keys.get("rate", 1.0)
    if not keys.keys() <= _KEYS or not isinstance(content, str) or not _CONTENT.fullmatch(content):
        return None
    if not isinstance(playing, bool):
        return None
    if not _is_number(position_s, most=LONGEST_CONTENT_S) or not _is_number(rate, most=FASTEST_RATE):
        return None
    return Position(content, float(position_s), playing, float(rate))


def _is_number(value: object, *, most: float) -> TypeGuard[float]:
    # Comparisons refuse NaN as well.
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= most
