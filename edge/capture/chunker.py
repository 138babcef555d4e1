"""Samples of a sensor that only counts, not clocks: gathered into chunks with a street time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from edge.capture.timebase import TimeBase

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

CHUNK_S: Final = 0.2
PADDED_S: Final = 2.0
"""A longer loss is a gap between chunks, a shorter one is filled with NaN."""


class Chunker:
    """Gathers samples of one signal; its clock is their number over the nominal rate."""

    def __init__(self, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        self._full = max(1, round(rate_hz * CHUNK_S))
        self._pending: list[float] = []
        self._count = 0
        self._base = TimeBase()
        self.lost = 0

    def restart(self) -> None:
        """Begin anew after an interruption of unknown length."""
        self._pending.clear()
        self._base.restart()

    def add(
        self, values: Iterable[float], *, arrival_s: float, lost: int = 0
    ) -> tuple[float, NDArray[np.float64]] | None:
        """Take samples that follow `lost` lost ones; give a start and a chunk once it is full."""
        self.lost += lost
        if lost > PADDED_S * self._rate_hz:
            self.restart()
        elif lost:
            self._pending.extend([np.nan] * lost)
        self._pending.extend(values)
        if len(self._pending) < self._full:
            return None
        chunk = np.array(self._pending, np.float64)
        self._pending.clear()
        self._count += len(chunk)
        span_s = len(chunk) / self._rate_hz
        last_s = self._base.map(self._count / self._rate_hz, arrival_s=arrival_s, span_s=span_s)
        if last_s is None:
            return None
        return last_s - (len(chunk) - 1) / self._rate_hz, chunk
