"""What the recurrent net hears of an utterance: how its sound moves, in steps of 100 ms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from edge.speech.frontend import DESCRIPTORS, column
from edge.speech.functionals import FUNCTIONALS
from edge.speech.pitch import VOICED_STRENGTH
from edge.speech.utterance import last_steps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.speech.frontend import Frames

CONTOUR_STEPS: Final = 40
"""Steps of 100 ms: the last four seconds."""

_FRAMES_A_STEP: Final = 10
_ENOUGH_VOICED: Final = 5
_RANGE: Final = 4.0
_PLACED: Final = DESCRIPTORS[: column("strength")]
_VOICED: Final = slice(column("h1_h2_db"), column("strength"))
_SCALES: Final = np.array([1.0, 1.0, 20.0, 20.0, 2.0], dtype=np.float32)
CONTOURS: Final = (*DESCRIPTORS, "voiced_share", "level_range_db", "level_rise_db", "f0_rise_semitones")
"""Columns of `contours`."""


def _typical(kind: str) -> list[int]:
    names = {name: f"{name}_{kind}" for name in _PLACED} | {"f0_semitones": f"f0_{kind}"}
    found = [
        name if name in FUNCTIONALS else name.replace(f"_{kind}", f"_voiced_{kind}")
        for name in names.values()
    ]
    return [FUNCTIONALS.index(name) for name in found]


_MEANS: Final = _typical("mean")
_SPREADS: Final = _typical("std")


def contours(frames: Frames) -> NDArray[np.float32]:
    """Descriptors of the end of an utterance in steps of 100 ms, repeated if it is short.

    Returns
    -------
    Shape (CONTOUR_STEPS, len(CONTOURS)): means over each step, those of the voice over its voiced frames
    (not a number where there is none); the voiced share; from the softest to the loudest frame and from the
    first to the last, in dB; half the rise of pitch where the step is voiced for the most part.
    """
    whole = len(frames) // _FRAMES_A_STEP * _FRAMES_A_STEP
    rows = frames.descriptors[len(frames) - whole :].reshape(-1, _FRAMES_A_STEP, len(DESCRIPTORS))
    level, f0, strength = (rows[..., column(name)] for name in ("level_db", "f0_semitones", "strength"))
    voiced = (strength > VOICED_STRENGTH).astype(np.float32)
    count = voiced.sum(axis=1)
    means = rows.mean(axis=1)
    over_voiced = (rows[..., _VOICED] * voiced[..., None]).sum(axis=1) / np.maximum(count, 1)[:, None]
    means[:, _VOICED] = np.where(count[:, None] > 0, over_voiced, np.nan)
    ramp = np.linspace(-1, 1, _FRAMES_A_STEP, dtype=np.float32)
    rise = ((f0 - f0.mean(axis=1, keepdims=True)) * voiced * ramp).sum(axis=1) / np.maximum(count, 1)
    steps = np.column_stack(
        [
            means,
            count / _FRAMES_A_STEP,
            np.ptp(level, axis=1),
            level[:, -1] - level[:, 0],
            np.where(count >= _ENOUGH_VOICED, rise, 0),
        ]
    )
    return last_steps(steps, steps=CONTOUR_STEPS)


def relative_contours(steps: NDArray[np.floating], typical: NDArray[np.floating]) -> NDArray[np.float32]:
    """Put contours in relation to the voice.

    Parameters
    ----------
    steps
        Shape (..., CONTOUR_STEPS, len(CONTOURS)), as `contours` gives them.
    typical
        Shape (..., len(FUNCTIONALS)): functionals that are typical of the voice.

    Returns
    -------
    The same shape, in [-1, 1]: descriptors as the distance from what is typical of the voice, four typical
    deviations are 1 and none is 0; the rest scaled.
    """
    known = len(_PLACED)
    mean, spread = typical[..., None, _MEANS], np.maximum(typical[..., None, _SPREADS], 1e-3)
    placed = np.nan_to_num((steps[..., :known] - mean) / spread / _RANGE, nan=0.0)
    view: NDArray[np.float32] = np.clip(
        np.concatenate([placed, steps[..., known:] / _SCALES], axis=-1), -1, 1
    ).astype(np.float32)
    return view
