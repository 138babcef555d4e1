"""What the net beside the functionals sees of an utterance: its spectrogram."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from edge.speech.frontend import MELS
from edge.speech.functionals import FUNCTIONALS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.speech.frontend import Frames

SPECTRUM_STEPS: Final = 128
"""Steps of 20 ms the spectrogram has: 2.56 s."""

_FRAMES_A_STEP: Final = 2
_CENTRE: Final = 3.0
_RANGE: Final = 8.0
_BANDS: Final = [FUNCTIONALS.index(f"mel_{band}_mean") for band in range(MELS)]
_LEVEL: Final = [FUNCTIONALS.index("level_db_mean")]


def spectrum(frames: Frames, *, steps: int = SPECTRUM_STEPS) -> NDArray[np.float32]:
    """Log-mel in steps of 20 ms, shape (steps, MELS): the end of the utterance, repeated if it is short."""
    whole = len(frames) // _FRAMES_A_STEP * _FRAMES_A_STEP
    rows = frames.log_mel[len(frames) - whole :].reshape(-1, _FRAMES_A_STEP, MELS).mean(axis=1)
    repeated = np.tile(rows, (-(-steps // len(rows)), 1))
    return repeated[len(repeated) - steps :].astype(np.float32, copy=False)


def relative_spectrum(spectra: NDArray[np.floating], typical: NDArray[np.floating]) -> NDArray[np.float32]:
    """Put spectrograms in relation to a voice.

    Parameters
    ----------
    spectra
        Shape (..., steps, MELS), as `spectrum` gives them.
    typical
        Shape (..., len(FUNCTIONALS)): functionals that are typical of the voice.

    Returns
    -------
    The same shape as `spectra`, in [-1, 1]: (value - level - offset + 3) / 8 in nepers of power, where
    `level` is the voice's mean total level and `offset` how far the band usually lies above the others.
    """
    profile = typical[..., _BANDS] + typical[..., _LEVEL] * (np.log(10) / 10) - _CENTRE
    relative: NDArray[np.floating] = (spectra - profile[..., None, :]) / _RANGE
    view: NDArray[np.float32] = np.clip(relative, -1, 1).astype(np.float32)
    return view
