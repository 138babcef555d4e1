"""How far a waveform of the heart is to be believed.

References
----------
- Orphanidou et al. (2015), "Signal-quality indices for the electrocardiogram and photoplethysmogram:
  derivation and applications to wireless monitoring", IEEE J. Biomed. Health Inform. 19:832-838: ten
  seconds at a time, the mean correlation of each beat with their template; reliable from 0.66 on (ECG) and
  from 0.86 on (PPG).
- Li, Mark and Clifford (2008), "Robust heart rate estimation from multiple asynchronous noisy sources using
  signal quality indices and a Kalman filter", Physiol. Meas. 29:15-32: flat and saturated stretches.

Deviations
----------
- A number in [0, 1] instead of a verdict: 0.5 where the paper draws its line, 1 at a correlation of 1.
- The template of a beat is the mean of the others, so that noise cannot resemble itself.
- Hum is averaged away (20 ms) and each beat freed of its linear trend first, as the detectors see neither.
- The rules on the heart rate are replaced by the share of the window that has beats: irregular hearts have
  good signals too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

WINDOW_S: Final = 10.0
EVERY_S: Final = 5.0
ECG_RELIABLE: Final = 0.66
PULSE_RELIABLE: Final = 0.86

_CERTAIN_S: Final = 1.0
_LEAST_BEATS: Final = 4
_LONGEST_GAP_S: Final = 3.0
_HALF_BEAT_S: Final = 0.3
_LEAST_HALF_S: Final = 0.1
_POINTS: Final = 31
_HUM_S: Final = 0.02
_SATURATED_S: Final = 0.04
_MOST_SATURATED: Final = 0.1
_FLAT: Final = 1e-9


def wave_quality(
    wave: NDArray[np.float64], rate_hz: float, beats_s: NDArray[np.float64], *, reliable: float
) -> float:
    """Quality in [0, 1] of one window of an ECG or a pulse wave.

    Parameters
    ----------
    wave
        Any scale and sign, shape (n,), NaN where there is nothing.
    beats_s
        Seconds of the beats that were found in it, from its first sample.
    reliable
        Mean correlation of the beats from which on the signal counts as reliable: quality 0.5.
    """
    finite = np.isfinite(wave)
    whole_s = len(wave) / rate_hz
    beats_s = beats_s[(beats_s >= 0) & (beats_s < whole_s)]
    if len(beats_s) < _LEAST_BEATS or not finite.any() or np.ptp(wave[finite]) < _FLAT:
        return 0.0
    gaps_s = np.diff(np.concatenate([[0.0], beats_s, [whole_s]]))
    beating = 1 - float(gaps_s[gaps_s > _LONGEST_GAP_S].sum()) / whole_s
    clipped = min(1.0, _saturated(wave[finite], rate_hz) / _MOST_SATURATED)
    alike = max(0.0, 1 - (1 - _likeness(wave, rate_hz, beats_s)) / (2 * (1 - reliable)))
    return float(finite.mean()) * beating * (1 - clipped) * alike


class WaveGrader:
    """Grades a stream: one quality for each 10 s, every 5 s, the same however it is cut into chunks.

    Parameters
    ----------
    reliable
        See `wave_quality`.
    """

    def __init__(self, rate_hz: float, *, reliable: float) -> None:
        self._rate_hz = rate_hz
        self._reliable = reliable
        self._chunks: list[NDArray[np.float64]] = []
        self._beats_s: list[float] = []
        self._first = 0
        self._count = 0

    def push(self, samples: NDArray[np.float64], beats_s: NDArray[np.float64]) -> list[tuple[float, float]]:
        """Take the next samples and the beats that became certain with them.

        Returns
        -------
        (second of the middle, quality) of each stretch that is over; seconds count from the first sample.
        """
        self._chunks.append(samples)
        self._beats_s += beats_s.tolist()
        self._count += len(samples)
        grades = []
        while self._count >= self._first + round((WINDOW_S + _CERTAIN_S) * self._rate_hz):
            wave = np.concatenate(self._chunks)
            start_s = self._first / self._rate_hz
            window = wave[: round(WINDOW_S * self._rate_hz)]
            beats = np.array(self._beats_s) - start_s
            grades.append(
                (
                    start_s + WINDOW_S / 2,
                    wave_quality(window, self._rate_hz, beats, reliable=self._reliable),
                )
            )
            step = round(EVERY_S * self._rate_hz)
            self._chunks = [wave[step:]]
            self._first += step
            self._beats_s = [beat_s for beat_s in self._beats_s if beat_s >= start_s + EVERY_S]
        return grades


def _likeness(wave: NDArray[np.float64], rate_hz: float, beats_s: NDArray[np.float64]) -> float:
    """Mean correlation of each beat with the mean of the others, in [-1, 1]."""
    width = max(1, round(_HUM_S * rate_hz))
    smooth = np.convolve(np.nan_to_num(wave - np.nanmedian(wave)), np.full(width, 1 / width), mode="same")
    half_s = min(_HALF_BEAT_S, 0.5 * float(np.median(np.diff(beats_s))))
    inside = beats_s[(beats_s >= half_s) & (beats_s <= len(wave) / rate_hz - half_s)]
    if len(inside) < _LEAST_BEATS - 1 or half_s < _LEAST_HALF_S:
        return 0.0
    offsets = np.linspace(-half_s, half_s, _POINTS)
    at = (inside[:, None] + offsets) * rate_hz
    beats = np.interp(at.ravel(), np.arange(len(smooth)), smooth).reshape(at.shape)
    beats = beats - beats.mean(axis=1, keepdims=True)
    ramp = offsets / np.sqrt(offsets @ offsets)
    beats = beats - (beats @ ramp)[:, None] * ramp
    others = beats.sum(axis=0) - beats
    norms = np.linalg.norm(beats, axis=1) * np.linalg.norm(others, axis=1)
    return float(np.mean(np.sum(beats * others, axis=1) / np.maximum(norms, _FLAT)))


def _saturated(wave: NDArray[np.float64], rate_hz: float) -> float:
    """Share of samples that stay at the highest or lowest value for 40 ms or longer."""
    least = max(3, round(_SATURATED_S * rate_hz))
    at_rail = np.concatenate([[False], (wave == wave.max()) | (wave == wave.min()), [False]])
    edges = np.flatnonzero(np.diff(at_rail.astype(np.int8)))
    runs = edges[1::2] - edges[::2]
    return float(runs[runs >= least].sum()) / len(wave)
