"""A Butterworth low pass of second order for slow signals, without SciPy's `signal`, which takes 60 MB."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class LowPass:
    """Filters a signal as it comes; it begins as if the first value had always been there.

    Bilinear transform of 1 / (s^2 + sqrt(2) s + 1), transposed direct form II (Oppenheim and Schafer,
    "Discrete-Time Signal Processing", chapters 6 and 7). A loop in Python, so for a few hertz only.

    Parameters
    ----------
    cutoff_hz, rate_hz
        Where the power is halved, and the rate of the signal.
    """

    def __init__(self, *, cutoff_hz: float, rate_hz: float) -> None:
        k = math.tan(math.pi * cutoff_hz / rate_hz)
        scale = 1 / (1 + math.sqrt(2) * k + k * k)
        self._gain = k * k * scale
        self._feedback = 2 * (k * k - 1) * scale, (1 - math.sqrt(2) * k + k * k) * scale
        self._state: tuple[float, float] | None = None

    def filter(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Filter the next values."""
        gain, (a1, a2) = self._gain, self._feedback
        filtered = []
        for value in values.tolist():
            if self._state is None:
                self._state = (1 - gain) * value, (gain - a2) * value
            first, second = self._state
            out = gain * value + first
            self._state = 2 * gain * value - a1 * out + second, gain * value - a2 * out
            filtered.append(out)
        return np.array(filtered, np.float64)
