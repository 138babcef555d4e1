"""Late fusion: a product of experts that may each know other classes, and may each mislead.

After Hinton (2002), "Training products of experts by minimizing contrastive divergence", Neural
Computation 14:1771-1800, section 1, in the form of a logarithmic opinion pool with weights (Genest
and Zidek 1986, "Combining probability distributions", Stat. Sci. 1:114-135).

Deviations: every expert multiplies *odds against the uniform*, so that one who says nothing new
changes nothing; an expert who does not know a class leaves the odds of that class untouched; and
the product is taken over the experts that speak of the room, averaged over the belief who does.
"""

from __future__ import annotations

import math
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
MOST_CALM: Final = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class Fused:
    """What the experts say together.

    Attributes
    ----------
    probabilities
        Shape (8,), sums to 1; uniform when no expert speaks of classes, zero without any expert.
    weights
        Share of each expert in the classes: exponent times credence; sums to 1.
    credence
        Probability of each expert, now, that it speaks of the room.
    odds
        Shape (3, 8), order of `Modality`: r_m of each expert, 1 where it says nothing; see `odds`.
    agreement
        Shape (8,): Z_S of each row of `SUBSETS`, for `Credence.update`.
    """

    probabilities: NDArray[np.float64]
    weights: dict[Modality, float]
    credence: dict[Modality, float]
    odds: NDArray[np.float64]
    agreement: NDArray[np.float64]


def odds(opinion: Opinion, reliability: Reliability) -> tuple[NDArray[np.float64], float]:
    """Odds that an expert gives each class, against what it would say if it knew nothing.

    Expert m with classes K_m, opinion p_m, weight w_m and exponent a = classes_m * w_m^exponent_m::

        r(c) = |K_m| * p_m(c)^a / sum_{k in K_m} p_m(k)^a     for c in K_m, else 1

    An expert without classes but with a probability of stress s (physiology) knows all eight: a body
    tells how aroused somebody is, so that the odds of stress raise the classes by their arousal on
    the circumplex, and p_m has in its place::

        p_m(c) = exp((logit s - calm_logit) arousal_c)

    Returns
    -------
    r, of shape (8,) and mean 1, and a; r is 1 and a is 0 when the expert says nothing of classes.
    """
    trust = reliability.of(opinion.modality)
    exponent = trust.classes * opinion.weight**trust.exponent
    known = opinion.mask
    if known.any():
        log_p = np.log(np.maximum(opinion.probabilities, TINY))
    elif opinion.stress is not None:
        known = np.ones(len(EMOTIONS), dtype=np.bool_)
        log_p = (logit(opinion.stress) - reliability.calm_logit) * _AROUSAL
    else:
        return np.ones(len(EMOTIONS)), 0.0
    powers = np.exp(exponent * log_p)
    return np.where(known, powers / powers[known].mean(), 1.0), exponent


def logit(probability: float) -> float:
    """Logarithm of the odds; beyond one in fifty, which no body is good for, no more."""
    clipped = min(max(probability, MOST_CALM), 1.0 - MOST_CALM)
    return math.log(clipped / (1.0 - clipped))


def fuse(opinions: Sequence[Opinion], reliability: Reliability, belief: NDArray[np.float64]) -> Fused:
    """One opinion from those of the modalities.

    With the uniform prior u, the odds r_m of `odds` and the belief b(S) that exactly the modalities
    S speak of the room::

        p(c) ~ u * sum_S b(S) prod_{m in S} r_m(c)

    Beside an expert with classes the body's r_m counts as 1 here, and in the agreement of S alone: it
    decides who is believed, not what is felt. (Its odds of a class are hardly better than even, and
    moved more states wrong than right.)

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
    agreement = _products(each_odds).mean(axis=1)
    given_the_evidence = belief * agreement
    given_the_evidence /= given_the_evidence.sum()
    to_the_point = given_the_evidence @ SUBSETS
    credence = {o.modality: float(to_the_point[_ORDER.index(o.modality)]) for o in opinions}
    of_classes = each_odds.copy()
    if any(opinion.mask.any() for opinion in opinions) and Modality.PHYSIOLOGY in exponents:
        of_classes[_ORDER.index(Modality.PHYSIOLOGY)] = 1.0
        exponents[Modality.PHYSIOLOGY] = 0.0
    probabilities = belief @ _products(of_classes)
    weights = {modality: a * credence[modality] for modality, a in exponents.items()}
    return Fused(
        probabilities=probabilities / probabilities.sum() if opinions else np.zeros(len(EMOTIONS)),
        weights=_shares(weights if any(weights.values()) else {o.modality: o.weight for o in opinions}),
        credence=credence,
        odds=each_odds,
        agreement=agreement,
    )


def _products(each_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Product of the odds (3, 8) over each row of `SUBSETS`, (8, 8)."""
    products: NDArray[np.float64] = np.where(SUBSETS[:, :, None], each_odds, 1.0).prod(axis=1)
    return products


def _shares(weights: dict[Modality, float]) -> dict[Modality, float]:
    total = sum(weights.values())
    return {modality: weight / total for modality, weight in weights.items()}
