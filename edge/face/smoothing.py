"""Steadying a face's probabilities without losing quick smiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_STEADY_HZ: Final = 0.5
"""Cutoff while nothing changes: readings are averaged over about a third of a second and more."""

_QUICKENING: Final = 0.6
"""Hz of cutoff added per unit of total variation a second."""

_SPEED_HZ: Final = 2.0
"""Cutoff of the speed itself, so that one odd reading does not count as a change."""


class OneEuroFilter:
    """One-euro filter of a probability vector.

    Casiez, Roussel and Vogel (2012), "1 Euro filter: a simple speed-based low-pass filter for noisy
    input in interactive systems". Deviation: all classes share one cutoff, driven by the total
    variation between readings, so that the result still sums to 1.
    """

    def __init__(self) -> None:
        self._held: NDArray[np.float64] | None = None
        self._raw: NDArray[np.float64] | None = None
        self._at_s = 0.0
        self._speed = 0.0

    def __call__(self, probabilities: NDArray[np.float64], at_s: float) -> NDArray[np.float64]:
        """Take the reading of second `at_s`, later than the last one; returns the steadied one."""
        if self._held is None or self._raw is None:
            self._held = probabilities
        else:
            passed_s = max(at_s - self._at_s, 1e-3)
            speed = 0.5 * float(np.abs(probabilities - self._raw).sum()) / passed_s
            self._speed += _share(_SPEED_HZ, passed_s) * (speed - self._speed)
            share = _share(_STEADY_HZ + _QUICKENING * self._speed, passed_s)
            self._held = self._held + share * (probabilities - self._held)
        self._raw, self._at_s = probabilities, at_s
        return self._held


def _share(cutoff_hz: float, passed_s: float) -> float:
    """Weight of the newest value in a first-order low-pass."""
    return 1.0 / (1.0 + 1.0 / (2.0 * np.pi * cutoff_hz * passed_s))
