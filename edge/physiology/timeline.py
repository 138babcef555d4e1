"""Keeping the samples of one sensor on one time line, whatever the radio does to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

JITTER_S: Final = 0.05
"""Chunks may come this much early or late and still join without a gap."""
LONGEST_GAP_S: Final = 2.0
"""A longer gap, or a clock that jumped back further, starts a new time line."""

_FOLLOW: Final = 0.1
_SAME_RATE: Final = 0.02


class Timeline:
    """Joins chunks: gaps become NaN, duplicates and overlaps are dropped, jumps start afresh.

    Attributes
    ----------
    start_s
        Street time of the first sample of the present time line.
    rate_hz
        Sampling rate of the present time line.
    """

    def __init__(self) -> None:
        self.start_s = 0.0
        self.rate_hz = 0.0
        self._count = 0

    def join(
        self, start_s: float, rate_hz: float, samples: NDArray[np.float64]
    ) -> tuple[bool, NDArray[np.float64]]:
        """Place the next chunk.

        Returns
        -------
        Whether a new time line began, and the samples to append to it.
        """
        if not self._count or abs(rate_hz / self.rate_hz - 1) > _SAME_RATE:
            return self._begin(start_s, rate_hz, samples)
        late_s = start_s - (self.start_s + self._count / self.rate_hz)
        if late_s > LONGEST_GAP_S or late_s + len(samples) / rate_hz < -LONGEST_GAP_S:
            return self._begin(start_s, rate_hz, samples)
        if late_s > JITTER_S:
            samples = np.concatenate([np.full(round(late_s * self.rate_hz), np.nan), samples])
        elif late_s < -JITTER_S:
            samples = samples[round(-late_s * self.rate_hz) :]
        else:
            self.start_s += _FOLLOW * late_s
        self._count += len(samples)
        return False, samples

    def _begin(
        self, start_s: float, rate_hz: float, samples: NDArray[np.float64]
    ) -> tuple[bool, NDArray[np.float64]]:
        self.start_s, self.rate_hz, self._count = start_s, rate_hz, len(samples)
        return True, samples
