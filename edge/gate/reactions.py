"""How one face of a crowd reacts within a window, and how many must react together for a moment."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.emotion import EMOTIONS, MOMENT_CLASSES, MomentKind

if TYPE_CHECKING:
    from edge.signals import Affect

PART_S: Final = 15.0
"""A moment is told as the part of the window it fell into; parts of this length, longer in long windows."""

MOST_PARTS: Final = 120

LEAST_RISE: Final = 0.3
"""Whose shares rise by less than this does not react. The bound on false moments holds whatever it is."""

FALSE_MOMENTS: Final = 0.05
"""Chance of a moment in a window in which nobody reacts because of anybody or anything else."""

_KINDS: Final = tuple(MomentKind)
_OF_CLASS: Final = np.array(
    [[emotion in MOMENT_CLASSES.get(kind, ()) for kind in _KINDS] for emotion in EMOTIONS], dtype=np.float64
)
_LOST: Final = _KINDS.index(MomentKind.ATTENTION_LOST)


def parts_of(window_s: float) -> int:
    """Number of parts that a window is looked at in."""
    return min(int(window_s / PART_S), MOST_PARTS)


class Course:
    """What one face showed in each part of a window; sums only, no reading is kept.

    Parameters
    ----------
    parts
        Number of parts of the window.
    """

    def __init__(self, *, parts: int) -> None:
        self._sums = np.zeros((parts, len(_KINDS)))
        self._weights = np.zeros(parts)

    def add(self, affect: Affect, *, part: int) -> None:
        """Take in one reading of the face."""
        shown = affect.probabilities @ _OF_CLASS
        shown[_LOST] = 0.0 if affect.facing is None else 1.0 - affect.facing
        self._sums[part] += shown * affect.quality
        self._weights[part] += affect.quality

    def reaction(self) -> int | None:
        """Tell the greatest change of this face against what it showed before, as a cell, or None.

        Of kind k in part j it is the mean share in part j less the mean over all parts before j. Of equal
        changes the first counts. It depends on the readings of this face alone, so that one session moves
        one cell.

        Returns
        -------
        Index into `len(MomentKind)` rows of parts 1, 2, ... of the window (nothing comes before part 0);
        None where no share rises by `LEAST_RISE`.
        """
        weights, weights_before = self._weights[1:, None], self._weights.cumsum()[:-1, None]
        is_known = (weights > 0) & (weights_before > 0)
        means = np.divide(self._sums[1:], weights, where=is_known, out=np.zeros_like(self._sums[1:]))
        before = np.divide(
            self._sums.cumsum(axis=0)[:-1], weights_before, where=is_known, out=np.zeros_like(means)
        )
        rises = means - before
        part, kind = divmod(int(rises.argmax()), len(_KINDS))
        return kind * len(rises) + part if rises[part, kind] >= LEAST_RISE else None


def cell_of_moment(reactions: tuple[int, ...], *, people: int, scale: float) -> tuple[MomentKind, int] | None:
    """Find the moment in noisy counts of reactions: the highest cell, when it is beyond chance.

    Parameters
    ----------
    reactions
        As `Course.reaction` numbers the cells, with discrete Laplace noise of `scale`.
    people
        The noisy number of people.

    Returns
    -------
    The kind and the number of the part of the window; None without a moment.
    """
    later_parts = len(reactions) // len(_KINDS)
    highest = max(range(len(reactions)), key=reactions.__getitem__)
    if reactions[highest] < threshold(people=people, later_parts=later_parts, scale=scale):
        return None
    kind, part = divmod(highest, later_parts)
    return _KINDS[kind], part + 1


def threshold(*, people: int, later_parts: int, scale: float) -> float:
    """Least noisy count of a cell that is a moment; nothing here was tuned.

    It bounds the chance that any of m cells reaches it by `FALSE_MOMENTS` = a, even when each of n people
    reacts once, all in the same way, each at a time of their own. A cell then holds a binomial count
    X ~ B(n, p), p = 1 / `later_parts`, and noise L. With P(L >= s) <= e^(-s/b) / (1 + e^(-1/b)) for all
    integers s (the tail of the discrete Laplace distribution of scale b), and so

        P(X + L >= t) <= e^(-t/b) E[e^(X/b)] / (1 + e^(-1/b)),  E[e^(X/b)] = (1 + p (e^(1/b) - 1))^n,

    the sum over all cells is at most a for

        t = b (ln(m / (a (1 + e^(-1/b)))) + n ln(1 + p (e^(1/b) - 1))).

    The bound of the second factor is Chernoff's. It uses noisy counts only and costs no budget.
    """
    cells = later_parts * len(_KINDS)
    noise = math.log(cells / (FALSE_MOMENTS * (1 + math.exp(-1 / scale))))
    chance = max(people, 0) * math.log1p(math.expm1(1 / scale) / later_parts)
    return scale * (noise + chance)
