"""Where a heart beat could be: local maxima of the ECG's energy in the band of the QRS complex.

A complex Gabor filter gives the envelope of the signal around one frequency. It does not see sign,
offset or hum, has one smooth maximum a QRS complex, and its delay is known exactly. Every beat is a
candidate; which candidate is a beat, `edge.physiology.beats` decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.ndimage import maximum_filter1d, minimum_filter1d

if TYPE_CHECKING:
    from numpy.typing import NDArray

AHEAD_S: Final = 0.42
"""How far a candidate looks ahead for a stronger one."""
WARM_UP_S: Final = 2.0
"""Nothing is decided before the level of the signal is known."""
SHAPE_S: Final = np.arange(-12, 13) * 0.01
"""Where the shape of a candidate is sampled, relative to its maximum."""
CONTEXT: Final = 8
"""Number of context features."""
LIMIT: Final = 4.0
"""Every feature is clipped to +-LIMIT, so that one int8 scale serves them all."""

LOWEST_HZ: Final = 100.0
HIGHEST_HZ: Final = 1000.0

_WORK_RATE_HZ: Final = 125.0
_SEPARATION_S: Final = 0.06
_INVALID_MARGIN_S: Final = 0.15
_HISTORY_S: Final = 2.5
_LEVEL_BLOCKS: Final = 8
_NEAR_S: Final = 0.04
_PRUNE: Final = 0.07
_FLOOR: Final = 1e-9
_TINY: Final = 1e-300
_SLOW: Final = (4.5, 0.06)
_MAIN: Final = (11.0, 0.03)
_FAST: Final = (22.0, 0.02)
_WAVE: Final = (9.0, 0.025)


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Candidates in order of time, one row each.

    Attributes
    ----------
    at_s
        Seconds since the first sample, finer than the sampling grid.
    energy, slow, fast
        Natural logarithm of the envelope at 11 Hz; of the envelopes at 4.5 and 22 Hz relative to it.
    soon, later
        Logarithm of the strongest envelope among the candidates within 0.2 s, and 0.2-0.42 s, after.
    level
        Logarithm of the level of the last 8 s: the median of the maxima of whole seconds.
    context
        Shape (n, 8): what can be said of a candidate without knowing which others are beats.
    shape
        Shape (n, 25): the waveform around it, of length 1.
    """

    at_s: NDArray[np.float64]
    energy: NDArray[np.float64]
    slow: NDArray[np.float64]
    fast: NDArray[np.float64]
    soon: NDArray[np.float64]
    later: NDArray[np.float64]
    level: NDArray[np.float64]
    context: NDArray[np.float64]
    shape: NDArray[np.float64]


class _Band:
    """One zero-mean Gabor filter over a stream; output i belongs to input i, `half` samples late."""

    def __init__(self, rate_hz: float, shape: tuple[float, float]) -> None:
        frequency_hz, sigma_s = shape
        self.half = int(np.ceil(3 * sigma_s * rate_hz))
        at_s = np.arange(-self.half, self.half + 1) / rate_hz
        window = np.exp(-0.5 * (at_s / sigma_s) ** 2)
        kernel = window * np.exp(2j * np.pi * frequency_hz * at_s)
        kernel -= window * (kernel.sum() / window.sum())
        self._kernel = kernel / np.abs(kernel).sum()
        self._tail: NDArray[np.float64] | None = None

    def push(self, samples: NDArray[np.float64]) -> NDArray[np.complex128]:
        tail = np.full(self.half, samples[0]) if self._tail is None else self._tail
        joined = np.concatenate([tail, samples])
        keep = min(len(joined), 2 * self.half)
        self._tail = joined[len(joined) - keep :]
        if len(joined) <= 2 * self.half:
            return np.empty(0, np.complex128)
        real = np.convolve(joined, self._kernel.real, mode="valid")
        return real + 1j * np.convolve(joined, self._kernel.imag, mode="valid")


class CandidateFinder:
    """Finds candidates in an ECG stream, the same ones however it is cut into chunks.

    Parameters
    ----------
    rate_hz
        Sampling rate, 100 to 1000 Hz. Above 250 Hz, whole groups of samples are averaged first.

    Raises
    ------
    ValueError
        The rate is out of range.
    """

    def __init__(self, rate_hz: float) -> None:
        if not LOWEST_HZ <= rate_hz <= HIGHEST_HZ:
            raise ValueError(f"an ECG of 100 to 1000 Hz is wanted, got {rate_hz:g} Hz")
        self._group = max(1, int(rate_hz / _WORK_RATE_HZ))
        self._rate_hz = rate_hz / self._group
        self._offset_s = (self._group - 1) / 2 / rate_hz
        self._rest = np.empty(0)
        self._held = np.nan
        self._bands = {
            "slow": _Band(self._rate_hz, _SLOW),
            "main": _Band(self._rate_hz, _MAIN),
            "fast": _Band(self._rate_hz, _FAST),
            "wave": _Band(self._rate_hz, _WAVE),
        }
        self._series = {name: np.empty(0) for name in self._bands}
        self._valid = np.empty(0, bool)
        self._origin = 0
        self._next = 0
        self._block_maxima: list[float] = []
        near = max(1, int(_NEAR_S * self._rate_hz))
        self._near = np.arange(-near, near + 1)

    def push(self, ecg: NDArray[np.float64]) -> Candidates:
        """Take the next samples, any scale, NaN where there are none; return what is now certain.

        A candidate becomes certain 0.57 s after it, later only during the first 2 s.
        """
        joined = np.concatenate([self._rest, ecg])
        whole = len(joined) // self._group * self._group
        self._rest = joined[whole:]
        if whole:
            self._filter(joined[:whole].reshape(-1, self._group).mean(axis=1))
        return self._certain()

    def _filter(self, samples: NDArray[np.float64]) -> None:
        valid = np.isfinite(samples)
        if np.isnan(self._held) and valid.any():
            self._held = float(samples[valid][0])
        index = np.where(valid, np.arange(len(samples)), -1)
        index = np.maximum.accumulate(index)
        filled = np.where(index >= 0, samples[index], self._held if np.isfinite(self._held) else 0.0)
        if np.isfinite(filled[-1]):
            self._held = float(filled[-1]) if valid.any() else self._held
        for name, band in self._bands.items():
            fresh = band.push(filled)
            values = fresh.real if name == "wave" else np.abs(fresh)
            self._series[name] = np.concatenate([self._series[name], values])
        self._valid = np.concatenate([self._valid, valid])

    def _certain(self) -> Candidates:
        rate_hz = self._rate_hz
        separation = max(1, round(_SEPARATION_S * rate_hz))
        margin = round(_INVALID_MARGIN_S * rate_hz)
        main = self._series["main"]
        reach = round(AHEAD_S * rate_hz) + separation
        end = self._origin + len(main) - reach
        if end <= max(self._next, round(WARM_UP_S * rate_hz)):
            return _none()
        if not self._valid.all():
            usable = minimum_filter1d(self._valid.astype(np.uint8), 2 * margin + 1, mode="nearest")
            main = np.where(usable[: len(main)], main, 0.0)
        highest = maximum_filter1d(main, 2 * separation + 1, mode="nearest")
        peaks = np.flatnonzero((main == highest) & (main > _FLOOR))
        peaks = peaks[np.concatenate([[True], np.diff(peaks) > separation])] if len(peaks) else peaks
        found = self._describe(peaks, main, end)
        self._forget(end)
        return found

    def _describe(self, peaks: NDArray[np.intp], main: NDArray[np.float64], end: int) -> Candidates:
        rate_hz, origin = self._rate_hz, self._origin
        warm = round(WARM_UP_S * rate_hz)
        past = _trailing_max(main, warm)
        total = np.concatenate([[0.0], np.cumsum(main)])
        starting = peaks + origin < warm
        since = np.maximum(peaks - warm + 1, 0)
        mean = (total[peaks + 1] - total[since]) / np.maximum(peaks + 1 - since, 1)
        high = past[peaks]
        if starting.any():
            mean = np.where(starting, main[:warm].mean(), mean)
            high = np.where(starting, main[:warm].max(), high)
        energy = np.log(np.maximum(main[peaks], _FLOOR))
        kept = main[peaks] > _PRUNE * past[peaks]
        peaks, energy, mean, high = peaks[kept], energy[kept], mean[kept], high[kept]
        at = peaks + origin
        chosen = np.flatnonzero((at >= self._next) & (at < end))
        at_s = at / rate_hz
        level = self._level(main, at_s[chosen], end)
        if not len(chosen):
            return _none()
        soon = _strongest(at_s, energy, chosen, after_s=0.0, until_s=0.2)
        later = _strongest(at_s, energy, chosen, after_s=0.2, until_s=AHEAD_S)
        before = _strongest(at_s, energy, chosen, after_s=-0.2, until_s=0.0)
        earlier = _strongest(at_s, energy, chosen, after_s=-0.45, until_s=-0.2)
        p, e = peaks[chosen], energy[chosen]
        around = np.clip(p[:, None] + self._near, 0, len(main) - 1)
        slow = np.log(np.maximum(self._series["slow"][around].max(axis=1), _FLOOR))
        fast = np.log(np.maximum(self._series["fast"][around].max(axis=1), _FLOOR))
        slow_c, fast_c = slow - e, fast - e
        mean_c, high_c = np.log(np.maximum(mean[chosen], _FLOOR)), np.log(np.maximum(high[chosen], _FLOOR))
        context = np.column_stack(
            [
                e - soon,
                e - later,
                e - before,
                e - earlier,
                e - high_c,
                e - level,
                mean_c - e,
                mean_c - high_c,
            ]
        )
        wave = self._series["wave"]
        grid = p[:, None] + SHAPE_S * rate_hz
        shape = np.interp(grid.ravel(), np.arange(len(wave)), wave).reshape(grid.shape)
        shape /= np.linalg.norm(shape, axis=1, keepdims=True) + _FLOOR
        return Candidates(
            at_s=(p + origin + _parabola(main, p)) / rate_hz + self._offset_s,
            energy=e,
            slow=slow_c,
            fast=fast_c,
            soon=soon,
            later=later,
            level=level,
            context=np.clip(context, -LIMIT, LIMIT),
            shape=shape,
        )

    def _level(self, main: NDArray[np.float64], at_s: NDArray[np.float64], end: int) -> NDArray[np.float64]:
        """Log of the median of the maxima of the last 8 whole seconds (of the first 2 at the start)."""
        blocks = self._block_maxima
        while (stop := round((len(blocks) + 1) * self._rate_hz)) <= end:
            start = round(len(blocks) * self._rate_hz)
            blocks.append(float(main[start - self._origin : stop - self._origin].max()))
        seconds = at_s.astype(int).tolist()
        usual = {second: median(self._recent_maxima(second)) for second in set(seconds)}
        return np.log(np.maximum([usual[second] for second in seconds], _FLOOR))

    def _recent_maxima(self, second: int) -> list[float]:
        upto = max(second, round(WARM_UP_S))
        return self._block_maxima[max(0, upto - _LEVEL_BLOCKS) : upto]

    def _forget(self, end: int) -> None:
        """Drop what no later candidate can refer to."""
        self._next = end
        drop = end - round(_HISTORY_S * self._rate_hz) - self._origin
        if drop > 0:
            self._series = {name: values[drop:] for name, values in self._series.items()}
            self._valid = self._valid[drop:]
            self._origin += drop


def _none() -> Candidates:
    empty = np.empty(0)
    return Candidates(
        at_s=empty,
        energy=empty,
        slow=empty,
        fast=empty,
        soon=empty,
        later=empty,
        level=empty,
        context=np.empty((0, CONTEXT)),
        shape=np.empty((0, len(SHAPE_S))),
    )


def _trailing_max(values: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """Maximum over the last `width` values, each included."""
    return np.asarray(maximum_filter1d(values, width, origin=(width - 1) // 2, mode="constant"))


def _strongest(
    at_s: NDArray[np.float64],
    energy: NDArray[np.float64],
    chosen: NDArray[np.intp],
    *,
    after_s: float,
    until_s: float,
) -> NDArray[np.float64]:
    """The highest energy among other candidates between two delays; far below all where none is."""
    centre_s = at_s[chosen]
    start = np.searchsorted(at_s, centre_s + after_s, side="right" if after_s >= 0 else "left")
    stop = np.searchsorted(at_s, centre_s + until_s, side="right" if until_s > 0 else "left")
    highest = np.full(len(chosen), -20.0)
    for step in range(int((stop - start).max(initial=0))):
        index = start + step
        inside = index < stop
        highest[inside] = np.maximum(highest[inside], energy[index[inside]])
    return highest


def _parabola(values: NDArray[np.float64], peaks: NDArray[np.intp]) -> NDArray[np.float64]:
    """Offset of the vertex of the parabola through a maximum and its neighbours, in [-0.5, 0.5]."""
    inner = np.clip(peaks, 1, len(values) - 2)
    left, centre, right = values[inner - 1], values[inner], values[inner + 1]
    bend = np.minimum(left - 2 * centre + right, -_TINY)
    return np.asarray(np.clip(0.5 * (left - right) / bend, -0.5, 0.5))
