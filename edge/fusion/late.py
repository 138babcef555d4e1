"""Late fusion: a product of experts that may each know other classes, and may each mislead.

After Hinton (2002), "Training products of experts by minimizing contrastive divergence", Neural
Computation 14:1771-1800, section 1, in the form of a logarithmic opinion pool with weights (Genest
and Zidek 1986, "Combining probability distributions", Stat. Sci. 1:114-135).

Deviations: every expert multiplies *odds against the uniform*, so that one who says nothing new
changes nothing; an expert who does not know a class leaves the odds of that class untouched; and
the product is taken over the experts that speak of the room, averaged over the belief who does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.emotion import CIRCUMPLEX, EMOTIONS
from edge.fusion.evidence import TINY
from edge.fusion.reliability import SUBSETS, Reliability
from edge.signals import Modality

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edge.fusion.evidence import Opinion

_AROUSAL: Final = np.array([CIRCUMPLEX[emotion][1] for emotion in EMOTIONS])
_ORDER: Final = tuple(Modality)


@dataclass(frozen=True, slots=True, eq=False)
class Fused:
    """What the experts say together.

    Attributes
    ----------
    probabilities
        Shape (8,), sums to 1; uniform when no expert speaks of classes, zero without any expert.
    weights
        Share of each expert that speaks of classes: exponent times credence; sums to 1.
    credence
        Probability of each expert, now, that it speaks of the room.
    agreement
        Shape (8,): Z_S of each row of `SUBSETS`, for `Credence.update`.
    """

    probabilities: NDArray[np.float64]
    weights: dict[Modality, float]
    credence: dict[Modality, float]
    agreement: NDArray[np.float64]


def odds(opinion: Opinion, reliability: Reliability) -> tuple[NDArray[np.float64], float]:
    """Odds that an expert gives each class, against what it would say if it knew nothing.

    Expert m with classes K_m, opinion p_m, weight w_m and exponent a = classes_m * w_m^exponent_m::

        r(c) = |K_m| * p_m(c)^a / sum_{k in K_m} p_m(k)^a     for c in K_m, else 1

    An expert without classes but with bodily arousal A (physiology) knows all eight, and has the
    likelihood of A about the arousal of each class on the circumplex in the place of p_m::

        p_m(c) = exp(-(A - arousal_c)^2 / (2 arousal_sd^2))

    Returns
    -------
    r, of shape (8,) and mean 1, and a; r is 1 and a is 0 when the expert says nothing of classes.
    """
    trust = reliability.of(opinion.modality)
    exponent = trust.classes * opinion.weight**trust.exponent
    known = opinion.mask
    if known.any():
        log_p = np.log(np.maximum(opinion.probabilities, TINY))
    elif opinion.arousal is not None:
        known = np.ones(len(EMOTIONS), dtype=np.bool_)
        log_p = -((opinion.arousal - _AROUSAL) ** 2) / (2 * reliability.arousal_sd**2)
    else:
        return np.ones(len(EMOTIONS)), 0.0
    powers = np.exp(exponent * log_p)
    return np.where(known, powers / powers[known].mean(), 1.0), exponent


def fuse(opinions: Sequence[Opinion], reliability: Reliability, belief: NDArray[np.float64]) -> Fused:
    """One opinion from those of the modalities.

    With the uniform prior u, the odds r_m of `odds` and the belief b(S) that exactly the modalities
    S speak of the room::

        p(c) ~ u * sum_S b(S) prod_{m in S} r_m(c)

    Where the belief is that each misleads with probability e_m on its own, this is the product of
    contaminated experts, prod_m ((1 - e_m) r_m(c) + e_m): no expert has a veto.

    Parameters
    ----------
    opinions
        At most one a modality, in any order.
    belief
        Shape (8,), see `Credence.belief`.
    """
    each_odds = np.ones((len(_ORDER), len(EMOTIONS)))
    exponents: dict[Modality, float] = {}
    for opinion in opinions:
        row = _ORDER.index(opinion.modality)
        each_odds[row], exponents[opinion.modality] = odds(opinion, reliability)
    products = np.where(SUBSETS[:, :, None], each_odds, 1.0).prod(axis=1)
    agreement = products.mean(axis=1)
    given_the_evidence = belief * agreement
    given_the_evidence /= given_the_evidence.sum()
    to_the_point = given_the_evidence @ SUBSETS
    credence = {o.modality: float(to_the_point[_ORDER.index(o.modality)]) for o in opinions}
    probabilities = belief @ products
    weights = {modality: a * credence[modality] for modality, a in exponents.items() if a > 0}
    return Fused(
        probabilities=probabilities / probabilities.sum() if opinions else np.zeros(len(EMOTIONS)),
        weights=_shares(weights or {opinion.modality: opinion.weight for opinion in opinions}),
        credence=credence,
        agreement=agreement,
    )


def _shares(weights: dict[Modality, float]) -> dict[Modality, float]:
    total = sum(weights.values())
    return {modality: weight / total for modality, weight in weights.items()}
