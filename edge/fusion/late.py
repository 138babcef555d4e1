"""Late fusion: a product of experts that may each know other classes.

After Hinton (2002), "Training products of experts by minimizing contrastive divergence", Neural
Computation 14:1771-1800, section 1, in the form of a logarithmic opinion pool with weights (Genest
and Zidek 1986, "Combining probability distributions", Stat. Sci. 1:114-135).

Deviations: every expert multiplies *odds against its own prior*, so that one who says nothing new
changes nothing; and an expert who does not know a class leaves the odds of that class untouched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from edge.emotion import CIRCUMPLEX, EMOTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edge.fusion.evidence import Opinion
    from edge.fusion.reliability import Reliability
    from edge.signals import Modality

FLOOR: Final = 0.01
"""No expert may call a class it knows less probable than this: none has a veto."""

_AROUSAL: Final = np.array([CIRCUMPLEX[emotion][1] for emotion in EMOTIONS])


def fuse(
    opinions: Sequence[Opinion], reliability: Reliability
) -> tuple[NDArray[np.float64], dict[Modality, float]]:
    """Fused class probabilities, and the share of each modality in them.

    With the uniform prior u over the eight classes, expert m with classes K_m, opinion p_m and
    exponent a_m = trust_m * w_m ** exponent_m::

        p(c) ~ u * prod_m r_m(c)
        r_m(c) = |K_m| * p_m(c)^a_m / sum_{k in K_m} p_m(k)^a_m     for c in K_m
        r_m(c) = 1                                                  for c not in K_m

    so that one expert alone never moves the odds between the classes it knows and those it does
    not. An expert without classes but with bodily arousal A (physiology) has the likelihood of A
    under the arousal of each class on the circumplex in the place of p_m, over all eight classes::

        p_m(c) = exp(-(A - arousal_c)^2 / (2 arousal_sd^2))

    Parameters
    ----------
    opinions
        At most one a modality, in any order; none gives all zeros.

    Returns
    -------
    probabilities
        Shape (8,), sums to 1; uniform when no expert speaks of classes, zero without any expert.
    shares
        a_m as shares of their sum over those that speak of classes; empty without any expert.
    """
    if not opinions:
        return np.zeros(len(EMOTIONS)), {}
    log_odds = np.zeros(len(EMOTIONS))
    exponents: dict[Modality, float] = {}
    for opinion in opinions:
        trust = reliability.trust[opinion.modality]
        exponent = trust.classes * opinion.weight**trust.exponent
        if opinion.mask.any():
            known = opinion.mask
            log_p = np.log(np.maximum(opinion.probabilities[known], FLOOR))
        elif opinion.arousal is not None:
            known = np.ones(len(EMOTIONS), dtype=np.bool_)
            log_p = -((opinion.arousal - _AROUSAL) ** 2) / (2 * reliability.arousal_sd**2)
        else:
            continue
        exponents[opinion.modality] = exponent
        log_odds[known] += exponent * log_p - np.log(np.mean(np.exp(exponent * log_p)))
    odds = np.exp(log_odds - log_odds.max())
    return odds / odds.sum(), _shares(exponents or {o.modality: o.weight for o in opinions})


def _shares(weights: dict[Modality, float]) -> dict[Modality, float]:
    total = sum(weights.values())
    return {modality: weight / total for modality, weight in weights.items()}
