"""Exact integer noise for differential privacy; no floating point anywhere."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from fractions import Fraction

RandomBelow = Callable[[int], int]
"""Uniform integer in [0, n) for n > 0; `secrets.randbelow` outside tests."""


def discrete_laplace(scale: Fraction, *, below: RandomBelow = secrets.randbelow) -> int:
    """Draw from the discrete Laplace distribution, P(x) proportional to exp(-|x| / scale).

    Canonne, Kamath and Steinke (2020), "The Discrete Gaussian for Differential Privacy", NeurIPS,
    Algorithm 2. Exact: it uses only uniform integers and rational comparisons, so it has none of the
    gaps of floating-point Laplace noise (Mironov 2012). No deviation.

    Parameters
    ----------
    scale
        Positive; the standard deviation is about 1.41 times this.
    below
        Source of uniform integers.

    Raises
    ------
    ValueError
        The scale is not positive.
    """
    if scale <= 0:
        raise ValueError(f"the scale must be positive, got {scale}")
    numerator, denominator = scale.numerator, scale.denominator
    while True:
        remainder = below(numerator)
        if not _bernoulli_exp_minus(Fraction(remainder, numerator), below):
            continue
        wholes = 0
        while _bernoulli_exp_minus(Fraction(1), below):
            wholes += 1
        magnitude = (remainder + numerator * wholes) // denominator
        is_negative = below(2) == 1
        if is_negative and magnitude == 0:
            continue  # zero would have two signs, and twice its probability
        return -magnitude if is_negative else magnitude


def _bernoulli_exp_minus(gamma: Fraction, below: RandomBelow) -> bool:
    """Return True with probability exp(-gamma), gamma in [0, 1] (ibid., Algorithm 1)."""
    k = 1
    while below(gamma.denominator * k) < gamma.numerator:
        k += 1
    return k % 2 == 1
