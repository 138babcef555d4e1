"""Slower readings while the processor is hot, before it slows itself down."""

from __future__ import annotations

import logging
import math
from typing import Final

from edge.clock import EARLY

_LOG: Final = logging.getLogger(__name__)
STEP_C: Final = 5.0
"""So much above the limit the readings are halved once more; so much below, they are as before."""
SLOWEST: Final = 4


class Cooling:
    """Decides which pictures of each camera are still read.

    Parameters
    ----------
    limit_c
        From this temperature on every reading takes twice its time, from 5 degrees more four times.
    reading_rate_hz
        How often faces are read otherwise.
    """

    def __init__(self, *, limit_c: float, reading_rate_hz: float) -> None:
        self._limit_c = limit_c
        self._period_s = 1 / reading_rate_hz
        self._read_s: dict[str, float] = {}
        self._was_told = False
        self.slowdown = 1
        self.times = 0
        self.pictures = 0
        self.skipped = 0

    def feel(self, temperature_c: float | None) -> None:
        """Take a temperature; what is unknown changes nothing."""
        if temperature_c is None:
            return
        over = int((temperature_c - self._limit_c) // STEP_C) + 1 if temperature_c >= self._limit_c else 0
        wanted = min(SLOWEST, 2**over)
        if wanted > self.slowdown:
            self.times += self.slowdown == 1
            self.slowdown = wanted
            if not self._was_told:
                # How often it gets hot depends on how many people there are, so the log tells it once.
                _LOG.warning("the processor is hot: faces are read less often until it is not (said once)")
            self._was_told = True
        elif temperature_c <= self._limit_c - STEP_C:
            self.slowdown = 1

    def admits(self, camera: str, taken_s: float) -> bool:
        """Whether a picture is to be read; counted in `skipped` if not."""
        self.pictures += 1
        earliest_s = self._read_s.get(camera, -math.inf) + (self.slowdown - EARLY) * self._period_s
        if self.slowdown > 1 and taken_s < earliest_s:
            self.skipped += 1
            return False
        self._read_s[camera] = taken_s
        return True
