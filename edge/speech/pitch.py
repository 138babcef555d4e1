"""Pitch and voicing of short frames by autocorrelation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import fft

from edge.signals import AUDIO_RATE_HZ

if TYPE_CHECKING:
    from numpy.typing import NDArray

PITCH_FRAME: Final = 1024
"""Samples a frame: 64 ms, more than three periods of the lowest pitch."""
LOWEST_HZ: Final = 55.0
HIGHEST_HZ: Final = 600.0
VOICED_STRENGTH: Final = 0.5
"""A frame is voiced when its normalised autocorrelation reaches this."""

_FIRST_BIN: Final = 4
_LAST_BIN: Final = 128
_FIRST_LAG: Final = int(AUDIO_RATE_HZ / HIGHEST_HZ)
_LAST_LAG: Final = int(AUDIO_RATE_HZ / LOWEST_HZ) + 1
_OCTAVE_COST: Final = 0.02


class PitchTracker:
    """F0 and voicing strength of frames of `PITCH_FRAME` samples.

    Autocorrelation of the Hann-windowed frame divided by that of the window (Boersma 1993, "Accurate
    short-term analysis of the fundamental frequency", sections 2 and 3.3), with an octave cost.
    Deviations: the spectrum is cut to 60 Hz to 2 kHz; no zero padding (the window's
    own overlap is negligible at these lags); the best candidate of each frame is taken, without a path
    search, so that every frame stands for itself.
    """

    def __init__(self) -> None:
        self._window = np.hanning(PITCH_FRAME + 1)[:-1].astype(np.float32)
        self._band = np.zeros(PITCH_FRAME // 2 + 1, dtype=np.float32)
        self._band[_FIRST_BIN:_LAST_BIN] = 1
        power = np.abs(np.fft.rfft(self._window.astype(np.float64))) ** 2
        power[_LAST_BIN:] = 0
        window_correlation = np.fft.irfft(power, PITCH_FRAME)[: _LAST_LAG + 2]
        self._window_gain = (window_correlation[0] / window_correlation).astype(np.float32)
        lags = np.arange(_FIRST_LAG, _LAST_LAG + 1)
        self._cost = (_OCTAVE_COST * np.log2(LOWEST_HZ * lags / AUDIO_RATE_HZ)).astype(np.float32)

    def __call__(
        self, frames: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """Track pitch.

        Parameters
        ----------
        frames
            Shape (n, PITCH_FRAME), zero-mean float32.

        Returns
        -------
        f0_hz
            Shape (n,), in [LOWEST_HZ, HIGHEST_HZ]; meaningless where the strength is low.
        strength
            Shape (n,), normalised autocorrelation at the pitch period, in [0, 1].
        power
            Shape (n, PITCH_FRAME // 2 + 1), the power spectrum it rests on.
        """
        spectrum = fft.rfft(frames * self._window, axis=1)
        power = spectrum.real**2 + spectrum.imag**2
        correlation = fft.irfft(power * self._band, PITCH_FRAME, axis=1)[:, : _LAST_LAG + 2]
        correlation *= self._window_gain / np.maximum(correlation[:, :1], np.float32(1e-12))
        middle = correlation[:, _FIRST_LAG : _LAST_LAG + 1]
        before = correlation[:, _FIRST_LAG - 1 : _LAST_LAG]
        after = correlation[:, _FIRST_LAG + 1 : _LAST_LAG + 2]
        is_peak = (middle > before) & (middle >= after)
        best = np.argmax(np.where(is_peak, middle - self._cost, np.float32(-9)), axis=1)
        rows = np.arange(len(frames))
        left, centre, right = before[rows, best], middle[rows, best], after[rows, best]
        bend = left - 2 * centre + right
        shift = np.where(bend < 0, 0.5 * (left - right) / np.minimum(bend, np.float32(-1e-9)), 0)
        lag = best + _FIRST_LAG + np.clip(shift, -0.5, 0.5)
        strength = np.where(is_peak[rows, best], centre - 0.25 * (left - right) * shift, 0)
        f0_hz = np.clip(AUDIO_RATE_HZ / lag, LOWEST_HZ, HIGHEST_HZ)
        return f0_hz.astype(np.float32), np.clip(strength, 0, 1).astype(np.float32), power
