"""What the nets beside the functionals see of an utterance: its spectrogram and its course."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from edge.speech.frontend import DESCRIPTORS, MELS, Frames, column
from edge.speech.functionals import FUNCTIONALS
from edge.speech.pitch import VOICED_STRENGTH

if TYPE_CHECKING:
    from numpy.typing import NDArray

SPECTRUM_STEPS: Final = 128
"""Steps of 20 ms the spectrogram has: 2.56 s."""
COURSE_STEPS: Final = 40
"""Steps of 100 ms the course has: 4 s."""

_SPECTRUM_FRAMES: Final = 2
_COURSE_FRAMES: Final = 10
_VOICED_ONLY: Final = [column(name) for name in ("h1_h2_db", "h1_a3_db", "harmonicity_db", "f0_semitones")]
_FOLLOWED: Final = DESCRIPTORS[:-1]
COURSE_WIDTH: Final = len(_FOLLOWED) + 5
_SLOPE_FRAMES: Final = 5
_SPECTRUM_CENTRE: Final = 3.0
_SPECTRUM_RANGE: Final = 8.0
_COURSE_RANGE: Final = 4.0


def _place(name: str, kind: str) -> int:
    """Where the functionals tell the mean or spread of a descriptor."""
    names = (f"{name}_{kind}", f"{name}_voiced_{kind}", f"{name.partition('_')[0]}_{kind}")
    return FUNCTIONALS.index(next(each for each in names if each in FUNCTIONALS))


_MEANS: Final = [_place(name, "mean") for name in _FOLLOWED]
_SPREADS: Final = [_place(name, "std") for name in _FOLLOWED]
_BANDS: Final = [_place(f"mel_{band}", "mean") for band in range(MELS)]
_LEVEL: Final = [_place("level_db", "mean")]


def spectrum(frames: Frames, *, steps: int = SPECTRUM_STEPS) -> NDArray[np.float32]:
    """Log-mel in steps of 20 ms, shape (steps, MELS): the end of the utterance, repeated if it is short."""
    return _ending(_grouped(frames.log_mel, _SPECTRUM_FRAMES).mean(axis=1), steps)


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
    profile = typical[..., _BANDS] + typical[..., _LEVEL] * (np.log(10) / 10) - _SPECTRUM_CENTRE
    relative: NDArray[np.floating] = (spectra - profile[..., None, :]) / _SPECTRUM_RANGE
    view: NDArray[np.float32] = np.clip(relative, -1, 1).astype(np.float32)
    return view


def course(frames: Frames) -> NDArray[np.float32]:
    """Descriptors in steps of 100 ms, shape (COURSE_STEPS, COURSE_WIDTH).

    Means of all descriptors but the strength (of voiced frames where only these count, nan without any),
    its mean, share of voiced frames, range and rise of the level in dB, and bend of the pitch within the
    step. The end of the utterance, repeated if it is short.
    """
    steps = _grouped(frames.descriptors, _COURSE_FRAMES)
    voiced = (steps[:, :, column("strength")] > VOICED_STRENGTH).astype(np.float32)
    voiced_frames = voiced.sum(axis=1)
    means = steps.mean(axis=1)
    sums = (steps[:, :, _VOICED_ONLY] * voiced[:, :, None]).sum(axis=1)
    with np.errstate(invalid="ignore"):
        means[:, _VOICED_ONLY] = sums / np.where(voiced_frames, voiced_frames, np.nan)[:, None]
    level = steps[:, :, column("level_db")]
    pitch = steps[:, :, column("f0_semitones")]
    centred = (pitch - pitch.mean(axis=1, keepdims=True)) * voiced
    slope = (centred @ np.linspace(-1, 1, _COURSE_FRAMES, dtype=np.float32)) / np.maximum(voiced_frames, 1)
    values = [
        means,
        voiced_frames / _COURSE_FRAMES,
        level.max(axis=1) - level.min(axis=1),
        level[:, -1] - level[:, 0],
        np.where(voiced_frames >= _SLOPE_FRAMES, slope, 0),
    ]
    return _ending(np.column_stack(values), COURSE_STEPS)


def relative_course(courses: NDArray[np.floating], typical: NDArray[np.floating]) -> NDArray[np.float32]:
    """Put courses in relation to a voice.

    Parameters
    ----------
    courses
        Shape (..., COURSE_STEPS, COURSE_WIDTH), as `course` gives them.
    typical
        Shape (..., len(FUNCTIONALS)): functionals that are typical of the voice.

    Returns
    -------
    The same shape as `courses`, in [-1, 1]: descriptors in quarters of a typical spread around the typical
    mean; what is unknown is 0.
    """
    followed = len(_FOLLOWED)
    spread = np.maximum(typical[..., None, _SPREADS], 1e-3)
    relative = (courses[..., :followed] - typical[..., None, _MEANS]) / spread / _COURSE_RANGE
    scaled = courses[..., followed:] / np.array([1, 1, 20, 20, 2], np.float32)
    both = np.concatenate([np.nan_to_num(relative, nan=0.0), scaled], axis=-1)
    view: NDArray[np.float32] = np.clip(both, -1, 1).astype(np.float32)
    return view


def _grouped(values: NDArray[np.float32], length: int) -> NDArray[np.float32]:
    """Whole groups of frames up to the last one, shape (groups, length, width)."""
    count = len(values) // length
    return values[len(values) - count * length :].reshape(count, length, values.shape[1])


def _ending(rows: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    repeated = np.tile(rows, (-(-count // len(rows)), 1))
    return repeated[len(repeated) - count :].astype(np.float32, copy=False)
