"""The strategies of the fusion behind one interface: what was heard in, one opinion of the room out.

==============  =====================================================================================
`late`          p(c) ~ sum_S b(S) prod_{m in S} r_m(c): the product of those experts that are believed
                to speak of the room (`edge.fusion.late`, `edge.fusion.reliability`)
`intermediate`  p = net of one token a modality, which attend to each other (`edge.fusion.intermediate`)
`early`         p = net of what the readers said in the last seconds, laid side by side on one grid of
                time (`edge.fusion.early`)
`ensemble`      p(c) ~ prod_i p_i(c)^v_i over these three, v on the simplex
==============  =====================================================================================

Valence, arousal, quality, stress, engagement and moments are the same under each.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from edge.emotion import EMOTIONS, Emotion
from edge.fusion.evidence import TINY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edge.fusion.evidence import Opinion, Weighted
    from edge.fusion.late import Fused
    from edge.signals import Modality

UNLEARNED: Final = EMOTIONS.index(Emotion.CONTEMPT)
"""No corpus of voices has contempt, so that no net could learn of it from sessions."""

MOST_LOG_ODDS: Final = 4.0
"""Odds beyond e^4 are certainty."""


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """All that is known at a moment.

    Attributes
    ----------
    fresh, opinions
        As `Evidence.at` and `pool_each` give them.
    experts
        What the opinions say together, as `late.fuse` says.
    """

    at_s: float
    fresh: Sequence[Weighted]
    opinions: Sequence[Opinion]
    experts: Fused


class Strategy(Protocol):
    """Asked once a tick, in the order of time."""

    def fuse(self, heard: Heard) -> Fused:
        """Make one opinion of what was heard."""
        ...

    def forget(self, modality: Modality) -> None:
        """Drop what a modality said."""
        ...


class Late:
    """The experts' product as it stands."""

    def fuse(self, heard: Heard) -> Fused:
        """See `late.fuse`."""
        return heard.experts

    def forget(self, modality: Modality) -> None:
        """Nothing is kept."""


class Ensemble:
    """Several strategies as one: their logarithmic pool.

    Parameters
    ----------
    members
        Each with its weight; the weights sum to 1.
    """

    def __init__(self, members: Sequence[tuple[Strategy, float]]) -> None:
        self._members = members

    def fuse(self, heard: Heard) -> Fused:
        """Classes p(c) ~ prod_i p_i(c)^v_i; weights of the modalities sum_i v_i w_i."""
        said = [(member.fuse(heard), share) for member, share in self._members]
        if not heard.experts.probabilities.any():
            return heard.experts
        pooled = np.exp(sum(v * np.log(np.maximum(one.probabilities, TINY)) for one, v in said))
        weights = {m: sum(v * one.weights[m] for one, v in said) for m in heard.experts.weights}
        return replace(heard.experts, probabilities=pooled / pooled.sum(), weights=weights)

    def forget(self, modality: Modality) -> None:
        """Have every member forget."""
        for member, _ in self._members:
            member.forget(modality)


def in_numbers(opinion: Opinion, log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """An opinion as nets are given it, shape (12,).

    Half of `log_odds`, (8,) and cut off at `MOST_LOG_ODDS`, valence, arousal, 2 stress - 1 (0 where not
    measured), weight.
    """
    stress = 0.0 if opinion.stress is None else 2 * opinion.stress - 1
    rest = (opinion.valence or 0.0, opinion.arousal or 0.0, stress, opinion.weight)
    return np.array([*np.clip(log_odds, -MOST_LOG_ODDS, MOST_LOG_ODDS) / 2, *rest])


def with_unlearned(logits: NDArray[np.floating], experts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities (8,) of a net's `logits`, but the class it could not learn as the experts have it."""
    raised: NDArray[np.float64] = np.exp(logits.astype(np.float64) - logits.max())
    raised[UNLEARNED] = 0.0
    probabilities: NDArray[np.float64] = raised / raised.sum() * (1.0 - experts[UNLEARNED])
    probabilities[UNLEARNED] = experts[UNLEARNED]
    return probabilities
