"""What the net beside the functionals sees of an utterance: its spectrogram."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from edge.speech.frontend import MELS
from edge.speech.functionals import FUNCTIONALS
from edge.speech.utterance import last_steps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.speech.frontend import Frames

SPECTRUM_STEPS: Final = 144
"""Steps of 20 ms the spectrogram has: 2.88 s."""
VIEWS: Final = 2

_FRAMES_A_STEP: Final = 2
_FLATTEST: Final = 0.5
_SOURCE_RANGE: Final = 2.5
_BAND_BELOW_TOTAL: Final = 5.5
_OWN_RANGE: Final = 2.5
_BANDS: Final = [FUNCTIONALS.index(f"mel_{band}_mean") for band in range(MELS)]
_BAND_SPREADS: Final = [FUNCTIONALS.index(f"mel_{band}_std") for band in range(MELS)]
_LEVEL: Final = [FUNCTIONALS.index("level_db_mean")]


def spectrum(frames: Frames, *, steps: int = SPECTRUM_STEPS) -> NDArray[np.float32]:
    """Log-mel in steps of 20 ms, shape (steps, MELS): the end of the utterance, repeated if it is short."""
    whole = len(frames) // _FRAMES_A_STEP * _FRAMES_A_STEP
    rows = frames.masked_log_mel[len(frames) - whole :].reshape(-1, _FRAMES_A_STEP, MELS).mean(axis=1)
    return last_steps(rows, steps=steps)


def relative_spectrum(spectra: NDArray[np.floating], typical: NDArray[np.floating]) -> NDArray[np.float32]:
    """Put spectrograms in relation to the voice and to themselves.

    Parameters
    ----------
    spectra
        Shape (..., steps, MELS), as `spectrum` gives them.
    typical
        Shape (..., len(FUNCTIONALS)): functionals that are typical of the voice.

    Returns
    -------
    Shape (..., steps, MELS, VIEWS), in [-1, 1]: first the distance from what is typical of the voice in a
    band, where the utterance's level counts, in 2.5 of its typical deviations there; then the distance from
    the mean of the band in the utterance itself, which neither microphone nor level can move, in 2.5 mean
    deviations.
    """
    profile = typical[..., _BANDS] + typical[..., _LEVEL] * (np.log(10) / 10)
    spread = np.maximum(typical[..., _BAND_SPREADS], _FLATTEST)
    distance = spectra - profile[..., None, :] + _BAND_BELOW_TOTAL
    by_source = distance / spread[..., None, :] / _SOURCE_RANGE
    mean = spectra.mean(axis=-2, keepdims=True)
    deviation = spectra.std(axis=-2, keepdims=True).mean(axis=-1, keepdims=True)
    by_itself = (spectra - mean) / np.maximum(deviation, _FLATTEST) / _OWN_RANGE
    view: NDArray[np.float32] = np.clip(np.stack([by_source, by_itself], axis=-1), -1, 1).astype(np.float32)
    return view
