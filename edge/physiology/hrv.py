"""Heart rate variability, each measure only over as much signal as it honestly needs.

References
----------
- Task Force of the ESC and NASPE (1996), "Heart rate variability: standards of measurement,
  physiological interpretation, and clinical use", Circulation 93:1043-1065: definitions; LF needs
  about 2 min, HF 1 min, both stationary.
- Shaffer and Ginsberg (2017), "An overview of heart rate variability metrics and norms", Front.
  Public Health 5:258, section on ultra-short recordings: heart rate from 10 s, RMSSD from 30 s, SDNN
  and pNN50 from 60 s.

Deviations
----------
- Bands from one Hann-windowed periodogram of the linearly detrended tachogram, resampled by a cubic
  spline at 4 Hz.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.physiology.spline import interpolate

if TYPE_CHECKING:
    from numpy.typing import NDArray

HEART_RATE_FROM_S: Final = 10.0
RMSSD_FROM_S: Final = 30.0
SDNN_FROM_S: Final = 60.0
HF_FROM_S: Final = 60.0
LF_FROM_S: Final = 120.0
LF_BAND_HZ: Final = (0.04, 0.15)
HF_BAND_HZ: Final = (0.15, 0.40)

_RESAMPLE_HZ: Final = 4.0
_LEAST_INTERVALS: Final = 3
_PNN_MS: Final = 50.0
_SLACK_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Hrv:
    """Measures over one window; None where the window is too short for an honest one.

    `heart_rate_bpm`, `rmssd_ms`, `sdnn_ms`, `pnn50` in [0, 1], `lf_ms2`, `hf_ms2`, `lf_hf`.
    """

    heart_rate_bpm: float | None = None
    rmssd_ms: float | None = None
    sdnn_ms: float | None = None
    pnn50: float | None = None
    lf_ms2: float | None = None
    hf_ms2: float | None = None
    lf_hf: float | None = None


def measure(rr_ms: NDArray[np.float64]) -> Hrv:
    """Measure consecutive, corrected RR intervals, shape (n,), milliseconds; their sum is the window."""
    window_s = float(rr_ms.sum()) / 1000 + _SLACK_S
    if len(rr_ms) < _LEAST_INTERVALS or window_s < HEART_RATE_FROM_S:
        return Hrv()
    differences = np.diff(rr_ms)
    long_enough = window_s >= SDNN_FROM_S
    low = _power_ms2(rr_ms, LF_BAND_HZ) if window_s >= LF_FROM_S else None
    high = _power_ms2(rr_ms, HF_BAND_HZ) if window_s >= HF_FROM_S else None
    return Hrv(
        heart_rate_bpm=60_000 / float(rr_ms.mean()),
        rmssd_ms=float(np.sqrt(np.mean(differences**2))) if window_s >= RMSSD_FROM_S else None,
        sdnn_ms=float(rr_ms.std(ddof=1)) if long_enough else None,
        pnn50=float(np.mean(np.abs(differences) > _PNN_MS)) if long_enough else None,
        lf_ms2=low,
        hf_ms2=high,
        lf_hf=low / high if low is not None and high else None,
    )


def spectrum(rr_ms: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Frequencies in Hz and power spectral density in ms^2/Hz of consecutive, corrected RR intervals."""
    at_s = np.cumsum(rr_ms) / 1000
    grid_s = np.arange(at_s[0], at_s[-1], 1 / _RESAMPLE_HZ)
    return _periodogram(interpolate(at_s, rr_ms, grid_s))


def _periodogram(tachogram: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    count = len(tachogram)
    steps = np.arange(count)
    detrended = tachogram - np.polynomial.Polynomial.fit(steps, tachogram, 1)(steps)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * steps / count)
    power = np.abs(np.fft.rfft(detrended * window)) ** 2 / (_RESAMPLE_HZ * (window**2).sum())
    # Negative frequencies are counted with the positive ones; zero and half the rate have no twin.
    power[1 : (count + 1) // 2] *= 2
    return np.fft.rfftfreq(count, 1 / _RESAMPLE_HZ).astype(np.float64), power


def _power_ms2(rr_ms: NDArray[np.float64], band_hz: tuple[float, float]) -> float:
    frequencies, power = spectrum(rr_ms)
    inside = (frequencies >= band_hz[0]) & (frequencies < band_hz[1])
    return float(power[inside].sum() * (frequencies[1] - frequencies[0]))
