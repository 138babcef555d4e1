"""Beats of a photoplethysmogram (PPG, blood volume pulse).

Streaming, the same beats however the signal is cut into chunks.

A beat is timed by the steepest rise of the pulse wave, which is less blurred than its peak (Peng et
al. (2015), "Extraction of heart rate variability from smartphone photoplethysmograms",
Comput. Math. Methods Med. 2015:516826, compare the fiducial points). The slope is taken by a derivative of a
Gaussian: a linear-phase band-pass around 2.7 Hz whose delay is known. A maximum of the slope counts
if none within 0.28 s is higher and it reaches 0.35 of the usual: the median of the maxima of the last
eight seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.ndimage import maximum_filter1d

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

DECISION_DELAY_S: Final = 0.5
WARM_UP_S: Final = 3.0
LOWEST_HZ: Final = 20.0
HIGHEST_HZ: Final = 1000.0

_SIGMA_S: Final = 0.06
_SEPARATION_S: Final = 0.28
_USUAL_SHARE: Final = 0.35
_LEVEL_BLOCKS: Final = 8
_HISTORY_S: Final = 1.5
_FLOOR: Final = 1e-9


class PulseDetector:
    """Finds beats in a stream of a photoplethysmogram whose systole points up.

    Parameters
    ----------
    rate_hz
        Sampling rate, 20 to 1000 Hz.

    Raises
    ------
    ValueError
        The rate is out of range.
    """

    def __init__(self, rate_hz: float) -> None:
        if not LOWEST_HZ <= rate_hz <= HIGHEST_HZ:
            raise ValueError(f"a pulse wave of 20 to 1000 Hz is wanted, got {rate_hz:g} Hz")
        self._rate_hz = rate_hz
        self._half = int(np.ceil(3 * _SIGMA_S * rate_hz))
        at_s = np.arange(-self._half, self._half + 1) / rate_hz
        kernel = -at_s * np.exp(-0.5 * (at_s / _SIGMA_S) ** 2)
        self._kernel = kernel / np.abs(kernel).sum()
        self._held = np.nan
        self._zero = 0.0
        self._tail: NDArray[np.float64] | None = None
        self._slope = np.empty(0)
        self._origin = 0
        self._next = 0
        self._block_maxima: list[float] = []

    def push(self, pulse: NDArray[np.float64]) -> NDArray[np.float64]:
        """Take the next samples, any scale, NaN where there are none.

        Returns
        -------
        Seconds from the first sample ever pushed to each beat that is now certain, ascending.
        """
        if not len(pulse):
            return np.empty(0)
        self._slope = np.concatenate([self._slope, self._slopes(pulse)])
        separation = max(1, round(_SEPARATION_S * self._rate_hz))
        end = self._origin + len(self._slope) - separation
        if end <= max(self._next, WARM_UP_S * self._rate_hz):
            return np.empty(0)
        highest = maximum_filter1d(self._slope, 2 * separation + 1, mode="nearest")
        peaks = np.flatnonzero((self._slope == highest) & (self._slope > _FLOOR))
        at = peaks + self._origin
        peaks = peaks[(at >= self._next) & (at < end) & (peaks > 0)]
        level = self._level(end)
        least = np.array([level((peak + self._origin) / self._rate_hz) for peak in peaks])
        beats = peaks[self._slope[peaks] > _USUAL_SHARE * least] if len(peaks) else peaks
        left, centre, right = self._slope[beats - 1], self._slope[beats], self._slope[beats + 1]
        bend = np.minimum(left - 2 * centre + right, -1e-300)
        beats_s = (beats + self._origin + np.clip(0.5 * (left - right) / bend, -0.5, 0.5)) / self._rate_hz
        self._next = end
        drop = end - round(_HISTORY_S * self._rate_hz) - self._origin
        if drop > 0:
            self._slope = self._slope[drop:]
            self._origin += drop
        return np.asarray(beats_s)

    def _slopes(self, pulse: NDArray[np.float64]) -> NDArray[np.float64]:
        valid = np.isfinite(pulse)
        if np.isnan(self._held) and valid.any():
            self._held = float(pulse[valid][0])
        index = np.maximum.accumulate(np.where(valid, np.arange(len(pulse)), -1))
        filled = np.where(index >= 0, pulse[index], 0.0 if np.isnan(self._held) else self._held)
        if valid.any():
            self._held = float(filled[-1])
        if self._tail is None:
            self._zero = float(filled[0])
        filled = filled - self._zero
        tail = np.zeros(self._half) if self._tail is None else self._tail
        joined = np.concatenate([tail, filled])
        self._tail = joined[max(0, len(joined) - 2 * self._half) :]
        if len(joined) <= 2 * self._half:
            return np.empty(0)
        return -np.convolve(joined, self._kernel, mode="valid")

    def _level(self, end: int) -> Callable[[float], float]:
        blocks = self._block_maxima
        while (stop := round((len(blocks) + 1) * self._rate_hz)) <= end:
            start = round(len(blocks) * self._rate_hz)
            blocks.append(float(self._slope[start - self._origin : stop - self._origin].max()))

        def level(at_s: float) -> float:
            upto = max(int(at_s), int(WARM_UP_S))
            return float(np.median(blocks[max(0, upto - _LEVEL_BLOCKS) : upto]))

        return level
