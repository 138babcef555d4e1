"""Intermediate fusion: one token a modality, and a small net in which they attend to each other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.emotion import EMOTIONS
from edge.fusion.evidence import TINY
from edge.fusion.strategy import in_numbers, with_unlearned
from edge.signals import Modality

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.fusion.late import Fused
    from edge.fusion.strategy import Heard
    from edge.inference.model import Model

NET: Final = "fusion_intermediate"

NUMBERS: Final = len(EMOTIONS) + 6
"""Of a token: the odds of each class, valence, arousal, stress, weight, credence, and that it is there."""

_ORDER: Final = tuple(Modality)


class Intermediate:
    """Attention over one token a modality.

    Tokens x_m of the modalities m that speak, d = 24 numbers each inside::

        h_m = relu(E_m x_m)
        a_mn = softmax_n(q_m . k_n / sqrt(d)),   g_m = h_m + sum_n a_mn v_n
        w = softmax_m(u . g_m),                  p = softmax(C sum_m w_m g_m)

    after Vaswani et al. (2017), "Attention is all you need", section 3.2.1, one head, and the attention
    pooling of Ilse et al. (2018), "Attention-based deep multiple instance learning", equation 8 without
    its gate. w are the weights of the modalities in `RoomState`.

    Deviation from fusion of penultimate features: the readers' nets give none without a second
    output, so that a token holds what a reader says, calibrated and settled, and how far the others
    bear it out; see `tokens`. Trained with modalities dropped and disturbed (`tools/train_fusion.py`).

    Parameters
    ----------
    model
        Takes (1, 3, 3 * `NUMBERS`), gives logits (1, 8) and weights (1, 3).
    """

    def __init__(self, model: Model) -> None:
        self._model = model

    def fuse(self, heard: Heard) -> Fused:
        """What the net says, where there is any token with classes; else what the experts say."""
        if not any(opinion.mask.any() for opinion in heard.opinions):
            return heard.experts
        outputs = self._model(own_places(tokens(heard))[np.newaxis])
        logits, weights = sorted((output[0] for output in outputs), key=len, reverse=True)
        there = [_ORDER.index(opinion.modality) for opinion in heard.opinions]
        shares = np.maximum(weights[there].astype(np.float64), TINY)
        shares /= shares.sum()
        return replace(
            heard.experts,
            probabilities=with_unlearned(logits, heard.experts.probabilities),
            weights={_ORDER[row]: float(share) for row, share in zip(there, shares, strict=True)},
        )

    def forget(self, modality: Modality) -> None:
        """Nothing is kept."""


def tokens(heard: Heard) -> NDArray[np.float32]:
    """One token a modality, shape (3, `NUMBERS`), zero where a modality is silent.

    Half the logarithm of r_m(c) for each class (see `late.odds`), valence, arousal, 2 stress - 1 (0
    where not measured), weight, credence, 1.
    """
    made = np.zeros((len(_ORDER), NUMBERS), dtype=np.float32)
    for opinion in heard.opinions:
        row = _ORDER.index(opinion.modality)
        log_odds = np.log(np.maximum(heard.experts.odds[row], TINY))
        made[row] = (*in_numbers(opinion, log_odds), heard.experts.credence[opinion.modality], 1.0)
    return made


def own_places(made: NDArray[np.float32]) -> NDArray[np.float32]:
    """Tokens (..., 3, n) in places of their own, (..., 3, 3 n), so that one matrix holds every E_m."""
    *batch, count, numbers = made.shape
    placed = np.zeros((*batch, count, count, numbers), dtype=np.float32)
    for row in range(count):
        placed[..., row, row, :] = made[..., row, :]
    return placed.reshape(*batch, count, count * numbers)
