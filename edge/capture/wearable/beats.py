"""RR intervals of a sensor to beats on the street's clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from edge.capture.timebase import TimeBase
from edge.signals import HeartBeats

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST_RR_MS: Final = 2500.0
LONGEST_PAUSE_MS: Final = 10_000.0


class BeatClock:
    """Counts the intervals up; the sum of them is the sensor's clock."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._base = TimeBase()
        self._elapsed_s = 0.0
        self.rejected = 0

    def restart(self) -> None:
        """Begin anew after an interruption."""
        self._base.restart()

    def add(self, rr_ms: Sequence[float], *, arrival_s: float) -> HeartBeats | None:
        """Place the beats of one packet; None when no interval is one of a heart."""
        ends_s, kept_ms = [], []
        for interval_ms in rr_ms:
            if 0 < interval_ms <= LONGEST_PAUSE_MS:
                self._elapsed_s += interval_ms / 1000
            if 0 < interval_ms <= LONGEST_RR_MS:
                ends_s.append(self._elapsed_s)
                kept_ms.append(interval_ms)
            else:
                self.rejected += 1
        if not ends_s:
            return None
        span_s = ends_s[-1] - ends_s[0] + kept_ms[0] / 1000
        last_s = self._base.map(ends_s[-1], arrival_s=arrival_s, span_s=span_s)
        if last_s is None:
            return None
        at_s = np.array(ends_s) - ends_s[-1] + last_s
        return HeartBeats(self._source, at_s, np.array(kept_ms, np.float64))
