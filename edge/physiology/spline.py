"""A cubic spline through unevenly spaced points."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FEWEST: Final = 4


def interpolate(
    x: NDArray[np.float64], y: NDArray[np.float64], at: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Evaluate the cubic spline with continuous second derivatives and not-a-knot ends.

    The same as SciPy's `CubicSpline(x, y)(at)`, whose import alone takes 45 MB.

    Parameters
    ----------
    x, y
        The points, shape (n,); `x` rises strictly. Through three or fewer goes one polynomial.
    at
        Where to evaluate, within the range of `x`.

    Returns
    -------
    The values, the shape of `at`.

    References
    ----------
    de Boor (1978), "A Practical Guide to Splines", chapter IV.
    """
    if len(x) < _FEWEST:
        return np.asarray(np.polynomial.Polynomial.fit(x, y, len(x) - 1)(at), np.float64)
    step = np.diff(x)
    slope = np.diff(y) / step
    bend = _second_derivatives(step, slope)
    left = np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(step) - 1)
    h, t = step[left], at - x[left]
    first = slope[left] - h * (2 * bend[left] + bend[left + 1]) / 6
    third = (bend[left + 1] - bend[left]) / h
    return np.asarray(y[left] + t * (first + t * (bend[left] / 2 + t * third / 6)), np.float64)


def _second_derivatives(step: NDArray[np.float64], slope: NDArray[np.float64]) -> NDArray[np.float64]:
    """Solve the three-banded system for the inner points; not-a-knot gives the outer two."""
    h = step.tolist()
    right = (6 * np.diff(slope)).tolist()
    middle = [2 * (before + after) for before, after in pairwise(h)]
    below, above = h[1:-1], h[1:-1]
    # The third derivative does not jump at the second and at the last but one point.
    middle[0] += h[0] * (1 + h[0] / h[1])
    middle[-1] += h[-1] * (1 + h[-1] / h[-2])
    above[0] -= h[0] * h[0] / h[1]
    below[-1] -= h[-1] * h[-1] / h[-2]
    for index in range(1, len(middle)):
        share = below[index - 1] / middle[index - 1]
        middle[index] -= share * above[index - 1]
        right[index] -= share * right[index - 1]
    inner = [right[-1] / middle[-1]]
    for index in range(len(middle) - 2, -1, -1):
        inner.append((right[index] - above[index] * inner[-1]) / middle[index])
    inner.reverse()
    begin = inner[0] + (inner[0] - inner[1]) * h[0] / h[1]
    end = inner[-1] + (inner[-1] - inner[-2]) * h[-1] / h[-2]
    return np.array([begin, *inner, end])
