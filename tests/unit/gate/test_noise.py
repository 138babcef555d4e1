from __future__ import annotations

import math
import random
from collections import Counter
from fractions import Fraction

import opendp.prelude as dp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from edge.gate.noise import discrete_laplace

DRAWS = 30_000


def draws(scale: Fraction, number: int = DRAWS) -> list[int]:
    below = random.Random(20).randrange
    return [discrete_laplace(scale, below=below) for _ in range(number)]


def probability(x: int, scale: float) -> float:
    return math.tanh(1 / (2 * scale)) * math.exp(-abs(x) / scale)


@pytest.mark.parametrize("scale", [Fraction(1, 3), Fraction(1), Fraction(2), Fraction(7, 2), Fraction(20)])
def test_the_distribution_is_exact(scale: Fraction) -> None:
    edge = max(1, math.ceil(4 * scale))
    counts = Counter(max(-edge, min(edge, draw)) for draw in draws(scale))
    expected = [probability(x, float(scale)) for x in range(-edge, edge + 1)]
    tail = (1 - sum(expected)) / 2
    expected[0] += tail
    expected[-1] += tail
    observed = [counts[x] for x in range(-edge, edge + 1)]
    assert stats.chisquare(observed, [DRAWS * share for share in expected]).pvalue > 0.001


@pytest.mark.parametrize("epsilon", [1.0, 0.5, 0.1])
def test_opendp_draws_from_the_same_distribution(epsilon: float) -> None:
    dp.enable_features("contrib")
    space = dp.vector_domain(dp.atom_domain(T=int)), dp.l1_distance(T=int)
    oracle = dp.m.make_laplace(*space, scale=2 / epsilon)
    theirs = Counter(oracle([0] * DRAWS))
    ours = Counter(draws(2 / Fraction(repr(epsilon))))
    edge = math.ceil(6 / epsilon)
    table = [
        [sum(n for x, n in seen.items() if low <= x < high) for low, high in _bins(edge)]
        for seen in (ours, theirs)
    ]
    assert stats.chi2_contingency(table).pvalue > 0.001


def _bins(edge: int) -> list[tuple[float, float]]:
    return [(-math.inf, -edge), *((x, x + 1) for x in range(-edge, edge)), (edge, math.inf)]


@given(st.fractions(min_value=Fraction(1, 50), max_value=50, max_denominator=100), st.integers())
def test_noise_is_an_integer_for_every_scale(scale: Fraction, seed: int) -> None:
    assert isinstance(discrete_laplace(scale, below=random.Random(seed).randrange), int)


@pytest.mark.parametrize("scale", [Fraction(0), Fraction(-1)])
def test_a_scale_that_is_not_positive_is_refused(scale: Fraction) -> None:
    with pytest.raises(ValueError, match="positive"):
        discrete_laplace(scale)
