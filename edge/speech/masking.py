"""What noise could hide is taken out of the spectrum: steady noise subtracted, faint parts masked."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import ndimage

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SMOOTH_FRAMES: Final = 7
_MEMORY_BLOCKS: Final = 8
_OVERSUBTRACTION: Final = np.float32(2.0)
_LEAST_GAIN: Final = np.float32(10**-1.5)
_LOUD_FRAME: Final = -3
_PEAK_KEPT: Final = 0.93
_MASKED_BELOW: Final = 1e-4
_SILENCE: Final = 1e-12
"""Power of a band in digital silence; a block that holds some, as of a muted microphone, tells no noise."""


class NoiseMask:
    """Suppresses steady noise in a stream of mel spectra, and masks what is faint beside the loud frames.

    Twice the least power that a band has had in the last 1.6 s of sound (minimum statistics: Martin 2001,
    "Noise power spectral density estimation") is subtracted, down to -15 dB (Berouti et al. 1979,
    "Enhancement of speech corrupted by acoustic noise"). Then noise that is the same in all bands is added,
    together 40 dB below the loud frames, which fade by 1.6 dB a second: what lies beneath says the same in a
    silent room as in one that is nearly so. Deviation from Martin: the factor of two stands in for the
    compensation of the minimum's bias.
    """

    def __init__(self) -> None:
        self._least: deque[NDArray[np.float32]] = deque(maxlen=_MEMORY_BLOCKS)
        self._peak = 0.0

    def __call__(self, power: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take the next block of 200 ms.

        Parameters
        ----------
        power
            Shape (frames, bands), not negative.

        Returns
        -------
        The same shape, positive.
        """
        smooth = ndimage.uniform_filter1d(power, _SMOOTH_FRAMES, axis=0, mode="nearest")
        least = smooth.min(axis=0)
        if least.max() > _SILENCE:
            self._least.append(least)
        noise = _OVERSUBTRACTION * np.min(self._least, axis=0) if self._least else np.float32(0)
        left = power * np.maximum(1 - noise / np.maximum(smooth, _SILENCE), _LEAST_GAIN)
        self._peak = max(self._peak * _PEAK_KEPT, float(np.sort(left.sum(axis=1))[_LOUD_FRAME]))
        masked: NDArray[np.float32] = left + np.float32(
            self._peak * _MASKED_BELOW / power.shape[1] + _SILENCE
        )
        return masked
