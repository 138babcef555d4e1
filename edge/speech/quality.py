"""How much a reading of an utterance is worth."""

from __future__ import annotations

from typing import Final

import numpy as np

from edge.speech.frontend import FRAME_RATE_HZ, Frames, column
from edge.speech.pitch import VOICED_STRENGTH

_CLEAN_DB: Final = 30.0
_DROWNED_DB: Final = 6.0
_FULL_LENGTH_S: Final = 2.0
_FULL_VOICED: Final = 0.3


def reading_quality(frames: Frames, *, clipped_share: float) -> float:
    """Quality in [0, 1] from level range, voiced share, length and overdriven samples.

    The range between the loud (90th percentile) and the faint frames (5th) of running speech stands for
    the signal-to-noise ratio: noise fills the gaps between syllables. Each factor rises linearly to 1.

    Parameters
    ----------
    frames
        The utterance, pauses included.
    clipped_share
        Share of samples at full scale, in [0, 1]; a hundredth halves the quality.
    """
    level_db = 10 * np.log10(np.exp(frames.log_mel).sum(axis=1))
    faint_db, loud_db = np.percentile(level_db, (5, 90))
    range_factor = _ramp(float(loud_db - faint_db), low=_DROWNED_DB, high=_CLEAN_DB)
    voiced = float((frames.descriptors[:, column("strength")] > VOICED_STRENGTH).mean())
    length_s = len(frames) / FRAME_RATE_HZ
    factors = (
        range_factor,
        _ramp(voiced, low=0.0, high=_FULL_VOICED),
        _ramp(length_s, low=0.0, high=_FULL_LENGTH_S),
        1 / (1 + 100 * clipped_share),
    )
    return float(np.sqrt(np.prod(factors)))


def _ramp(value: float, *, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))
