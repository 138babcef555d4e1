"""Pairing found beats with labelled ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

TOLERANCE_S: Final = 0.15


@dataclass(frozen=True, slots=True)
class Matched:
    """Beats that were found, found falsely, and missed."""

    hits: int
    false: int
    missed: int

    @property
    def f1(self) -> float:
        """Harmonic mean of sensitivity and positive predictive value; 0 without any hit."""
        return 2 * self.hits / (2 * self.hits + self.false + self.missed) if self.hits else 0.0


def match_beats(labelled_s: NDArray[np.float64], found_s: NDArray[np.float64]) -> Matched:
    """Pair each labelled beat with the nearest found one within 150 ms; each is used once."""
    hits = len(pairs(np.sort(labelled_s), np.sort(found_s)))
    return Matched(hits, len(found_s) - hits, len(labelled_s) - hits)


def pairs(labelled: NDArray[np.float64], found: NDArray[np.float64]) -> NDArray[np.int64]:
    """(index of a labelled beat, index of the found one), shape (n, 2); both ascending, in seconds."""
    paired = []
    first = second = 0
    while first < len(labelled) and second < len(found):
        distance_s = found[second] - labelled[first]
        if abs(distance_s) <= TOLERANCE_S:
            nearer = second + 1 < len(found) and abs(found[second + 1] - labelled[first]) < abs(distance_s)
            if not nearer:
                paired.append((first, second))
                first += 1
            second += 1
        elif distance_s > 0:
            first += 1
        else:
            second += 1
    return np.array(paired, dtype=np.int64).reshape(-1, 2)
