"""Skin conductance: tonic and phasic parts, responses, and what must not be believed.

Streaming, the same result however the signal is cut into chunks.

References
----------
- Boucsein et al. (2012), "Publication recommendations for electrodermal measurements",
  Psychophysiology 49:1017-1034: responses by trough and peak, amplitude at least 0.01 uS.
- Braithwaite et al. (2013), "A guide for analysing electrodermal activity": the phasic part as what
  a high-pass at 0.05 Hz leaves.
- Kleckner et al. (2018), "Simple, transparent, and flexible automated quality assessment procedures
  for ambulatory electrodermal activity data", IEEE Trans. Biomed. Eng. 65:1460-1467: rules for
  values out of range and slopes no skin can have.
- Kocielnik et al. (2013), "Smart technologies for long-term stress monitoring at work", IEEE CBMS, 53-58:
  sweat dries slowly, so that a fall of more than a tenth of the level a second is a movement.

Deviations
----------
- The high-pass is a causal second-order Butterworth filter that starts at the first value.
- The lower limit is 0.01 uS instead of 0.05 uS, as dry wrist electrodes read that low in rest; the
  margin around an invalid value is 2 s instead of 5 s, as a live window has only 60 s.
- A fall counts from a fifth of the level and 0.4 uS a second on, as strong responses of a finger recover as
  fast as a tenth. There is no limit of its own for rises: a moving electrode mostly falls next.
- A rise that lasts longer than 5 s is a drift of the level, not a response.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.ndimage import minimum_filter1d

from edge.physiology.lowpass import LowPass

if TYPE_CHECKING:
    from numpy.typing import NDArray

WORK_RATE_HZ: Final = 4.0
"""Everything is computed on a grid of 4 Hz; faster signals are averaged down to it."""
LOWEST_HZ: Final = 1.0
HIGHEST_HZ: Final = 2000.0
LOWEST_US: Final = 0.01
HIGHEST_US: Final = 60.0
STEEPEST_US_PER_S: Final = 10.0
FASTEST_FALL_PER_S: Final = 0.2
LEAST_FALL_US_PER_S: Final = 0.4
MARGIN_S: Final = 2.0
LEAST_AMPLITUDE_US: Final = 0.01
LONGEST_RISE_S: Final = 5.0

_SMOOTHING: Final = np.array([0.25, 0.5, 0.25])
_TONIC_HZ: Final = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class SkinTrace:
    """Skin conductance at 4 Hz: `level_us` (smoothed), `tonic_us`, `phasic_us` = level - tonic, `valid`.

    Value i was taken at `at_s[i]`. Invalid values hold the last valid one.
    """

    at_s: NDArray[np.float64]
    level_us: NDArray[np.float64]
    tonic_us: NDArray[np.float64]
    phasic_us: NDArray[np.float64]
    valid: NDArray[np.bool_]

    @classmethod
    def nothing(cls) -> SkinTrace:
        """A trace without a value."""
        empty = np.empty(0)
        return cls(empty, empty, empty, empty, np.empty(0, bool))

    def where(self, chosen: NDArray[np.bool_]) -> SkinTrace:
        """The chosen part."""
        return SkinTrace(
            self.at_s[chosen],
            self.level_us[chosen],
            self.tonic_us[chosen],
            self.phasic_us[chosen],
            self.valid[chosen],
        )


@dataclass(frozen=True, slots=True)
class SkinResponse:
    """One skin conductance response: when it began and peaked, and how high it rose."""

    onset_s: float
    peak_s: float
    amplitude_us: float


class SkinAnalyser:
    """Splits a stream of skin conductance into its tonic and phasic parts.

    Parameters
    ----------
    rate_hz
        Sampling rate, at least 1 Hz. Slower sensors tell a level only and are not analysed.

    Raises
    ------
    ValueError
        The rate is out of range.
    """

    def __init__(self, rate_hz: float) -> None:
        if not LOWEST_HZ <= rate_hz <= HIGHEST_HZ:
            raise ValueError(f"skin conductance of 1 to 2000 Hz is wanted, got {rate_hz:g} Hz")
        self._rate_hz = rate_hz
        self._pushed = 0
        self._bin = 0
        self._pending: NDArray[np.float64] = np.empty(0)
        self._held: float | None = None
        self._smooth_tail: NDArray[np.float64] | None = None
        self._tonic = LowPass(cutoff_hz=_TONIC_HZ, rate_hz=WORK_RATE_HZ)

    def push(self, skin_conductance_us: NDArray[np.float64]) -> SkinTrace:
        """Take the next samples in microsiemens, NaN where there are none; return what is now certain.

        Returns
        -------
        `at_s` counts from the first sample ever pushed.
        """
        self._pending = np.concatenate([self._pending, skin_conductance_us])
        first = self._pushed
        binned = []
        while True:
            stop = int(np.ceil((self._bin + 1) * self._rate_hz / WORK_RATE_HZ))
            start = min(int(np.ceil(self._bin * self._rate_hz / WORK_RATE_HZ)), stop - 1)
            if stop - first > len(self._pending):
                break
            binned.append(_mean_of_valid(self._pending[max(start - first, 0) : stop - first]))
            self._bin += 1
        done = max(int(np.ceil(self._bin * self._rate_hz / WORK_RATE_HZ)) - 1, first)
        self._pending = self._pending[done - first :]
        self._pushed = done
        return self._split(np.array(binned, dtype=np.float64))

    def _split(self, raw: NDArray[np.float64]) -> SkinTrace:
        if not len(raw):
            return SkinTrace.nothing()
        at_s = (self._bin - len(raw) + np.arange(len(raw)) + 0.5) / WORK_RATE_HZ
        valid = np.isfinite(raw) & (raw >= LOWEST_US) & (raw <= HIGHEST_US)
        filled = np.empty(len(raw))
        held = self._held
        for index, value in enumerate(raw):
            if valid[index]:
                step = 0.0 if held is None else (value - held) * WORK_RATE_HZ
                falls = -step > max(FASTEST_FALL_PER_S * (held or 0.0), LEAST_FALL_US_PER_S)
                valid[index] = abs(step) <= STEEPEST_US_PER_S and not falls
                # Even an impossible step is the new level: electrodes do get moved.
                held = float(value)
            filled[index] = 0.0 if held is None else held
        self._held = held
        tail = np.full(2, filled[0]) if self._smooth_tail is None else self._smooth_tail
        joined = np.concatenate([tail, filled])
        self._smooth_tail = joined[-2:]
        level = np.convolve(joined, _SMOOTHING, mode="valid").astype(np.float64)
        tonic = self._tonic.filter(level)
        smoothed_at_s = np.asarray(at_s - 1 / WORK_RATE_HZ, dtype=np.float64)
        return SkinTrace(smoothed_at_s, level, tonic, level - tonic, valid)


def _mean_of_valid(values: NDArray[np.float64]) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else np.nan


def widen_invalid(valid: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """What is valid and at least `MARGIN_S` away from anything invalid."""
    reach = round(MARGIN_S * WORK_RATE_HZ)
    return np.asarray(minimum_filter1d(valid.astype(np.uint8), 2 * reach + 1, mode="nearest") > 0)


def find_responses(
    at_s: NDArray[np.float64],
    level_us: NDArray[np.float64],
    *,
    least_us: float = LEAST_AMPLITUDE_US,
) -> list[SkinResponse]:
    """Responses by trough and peak in a stretch of smoothed skin conductance.

    Parameters
    ----------
    at_s, level_us
        Seconds and microsiemens, both of shape (n,), at 4 Hz.
    least_us
        The smallest rise that counts.
    """
    rising = np.diff(level_us) > 0
    edges = np.flatnonzero(np.diff(rising.astype(np.int8), prepend=0, append=0))
    responses = []
    for onset, peak in zip(edges[::2], edges[1::2], strict=True):
        rise_us = float(level_us[peak] - level_us[onset])
        if rise_us >= least_us and at_s[peak] - at_s[onset] <= LONGEST_RISE_S:
            responses.append(SkinResponse(float(at_s[onset]), float(at_s[peak]), rise_us))
    return responses
