"""When to give its wearer a hint, and the pace of the breathing that it proposes.

It rests on releases alone, so a hint says no more than what already left.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from edge.publish.message import encode_json
from edge.release import PAYLOAD_VERSION, Level

if TYPE_CHECKING:
    from datetime import time

    from edge.publish.options import NudgeOptions
    from edge.release import Release

PRESS: Final = b"PRESS"
IN: Final = "in"
OUT: Final = "out"
_INHALING_SHARE: Final = 0.4
"""Breathing out takes longer than breathing in.

I. Van Diest et al. (2014), "Inhalation/exhalation ratio modulates the effect of slow breathing on
heart rate variability and relaxation", Appl. Psychophysiol. Biofeedback 39:171-180.
"""


@dataclass(frozen=True, slots=True)
class Breath:
    """One half of a breath."""

    word: str
    lasts_s: float


class Nudge:
    """Decides on hints: stress high for long enough, not too often, not in quiet hours."""

    def __init__(self, options: NudgeOptions) -> None:
        self._options = options
        self._breaths_per_minute = options.breaths_per_minute
        self._high_windows: dict[str, int] = {}
        self._last_window: dict[str, int] = {}
        self._silent_until_s = -math.inf

    def follow(self, release: Release, *, now_s: float, local: time) -> bool:
        """Take in a release; True when it is time for a hint."""
        self._breaths_per_minute = release.breaths_per_minute or self._breaths_per_minute
        follows = self._last_window.get(release.zone) == release.window - 1
        before = self._high_windows.get(release.zone, 0) if follows else 0
        high = before + 1 if release.stress is Level.HIGH else 0
        self._last_window[release.zone] = release.window
        self._high_windows[release.zone] = high
        if high * release.window_s < self._options.held_s or now_s < self._silent_until_s:
            return False
        if self._options.quiet is not None and self._options.quiet.contains(local):
            return False
        self._silent_until_s = now_s + self._options.pause_s
        return True

    def not_now(self, *, now_s: float) -> None:
        """Stay silent for a while, as the wearer asked."""
        self._silent_until_s = max(self._silent_until_s, now_s + self._options.not_now_s)

    def now(self, *, now_s: float) -> None:
        """Take note that the wearer breathes along now, without a hint; none is needed for a while."""
        self._silent_until_s = max(self._silent_until_s, now_s + self._options.pause_s)

    def payload(self) -> bytes:
        """Make the hint."""
        return encode_json(
            {
                "v": PAYLOAD_VERSION,
                "event_type": "nudge",
                "breaths_per_minute": self._breaths_per_minute,
                "seconds": self._options.breathing_s,
            }
        )

    def breaths(self) -> list[Breath]:
        """Lay out the whole exercise: in and out in turn, whole breaths only, at the wearer's own pace."""
        one_s = 60 / self._breaths_per_minute
        pair = [Breath(IN, _INHALING_SHARE * one_s), Breath(OUT, (1 - _INHALING_SHARE) * one_s)]
        return pair * max(1, round(self._options.breathing_s / one_s))
