"""Hysteresis and dwell time: what was published holds until something is clearly different."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from edge.emotion import EMOTIONS, Emotion
from edge.release import Level

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_BANDS: Final = (Level.LOW, Level.MEDIUM, Level.HIGH)
_STEPS_PER_UNIT: Final = 4
_PACES_PER_BREATH: Final = 2


class SteadyState:
    """The dominant emotion, slow to change.

    Parameters
    ----------
    hysteresis
        Lead in share, in [0, 1], that a challenger needs over the emotion published last.
    dwell_windows
        Windows that a published emotion stays at least.
    """

    def __init__(self, *, hysteresis: float, dwell_windows: int) -> None:
        self._hysteresis = hysteresis
        self._dwell_windows = dwell_windows
        self._held: Emotion | None = None
        self._since = 0

    def take(self, shares: NDArray[np.float64], *, window: int) -> Emotion:
        """Choose the emotion to publish for `window` from `shares`, shape (8,), not all zero."""
        leader = EMOTIONS[int(shares.argmax())]
        if self._held is None or self._gives_way(leader, shares, window=window):
            self._held, self._since = leader, window
        return self._held

    def _gives_way(self, leader: Emotion, shares: NDArray[np.float64], *, window: int) -> bool:
        if self._held is None or leader is self._held or window - self._since < self._dwell_windows:
            return False
        return bool(shares[EMOTIONS.index(leader)] - shares[EMOTIONS.index(self._held)] >= self._hysteresis)

    def forget(self) -> None:
        """Start anew: after a withheld window nothing is held."""
        self._held = None


class SteadyLevel:
    """A value in [0, 1] as one of three equal bands; it leaves a band only by more than `margin`."""

    def __init__(self, *, margin: float) -> None:
        self._margin = margin
        self._held: int | None = None

    def take(self, value: float | None) -> Level:
        """Choose the band of `value`; `unknown` for None, which also forgets the band held."""
        if value is None:
            self._held = None
            return Level.UNKNOWN
        band = min(int(value * len(_BANDS)), len(_BANDS) - 1)
        if self._held is not None and band != self._held:
            low = self._held / len(_BANDS) - self._margin
            high = (self._held + 1) / len(_BANDS) + self._margin
            if low <= value <= high:
                band = self._held
        self._held = band
        return _BANDS[band]


def coarse(value: float | None) -> float | None:
    """Round to steps of 0.25, the grain in which valence and arousal leave."""
    if value is None or not math.isfinite(value):
        return None
    return round(value * _STEPS_PER_UNIT) / _STEPS_PER_UNIT + 0.0


def coarse_pace(breaths_per_minute: float | None) -> float | None:
    """Round to steps of half a breath a minute."""
    if breaths_per_minute is None or not math.isfinite(breaths_per_minute):
        return None
    return round(breaths_per_minute * _PACES_PER_BREATH) / _PACES_PER_BREATH


def level_of(value: float) -> Level:
    """Band of a value in [0, 1]."""
    return _BANDS[min(int(value * len(_BANDS)), len(_BANDS) - 1)]
