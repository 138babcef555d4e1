"""Valence and arousal of the room: from the fused classes, and from what readings measure beyond classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edge.emotion import valence_arousal
from edge.fusion.evidence import weighted_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edge.fusion.evidence import Opinion


@dataclass(frozen=True, slots=True)
class Dimensions:
    """Valence and arousal in [-1, 1], None where nobody measures them."""

    valence: float | None
    arousal: float | None


def dimensions(opinions: Sequence[tuple[Opinion, float]], fused: NDArray[np.float64]) -> Dimensions:
    """Valence and arousal of the room.

    Of the opinions m with classes, with weights w_m, classes p_m, values v_m, and E_p[v] the
    expected coordinate of `edge.emotion.CIRCUMPLEX` under p::

        v = E_fused[v] + sum_m w_m (v_m - E_{p_m}[v]) / sum_m w_m

    which is what the fused classes imply, plus the weighted mean of what the readings measure
    beyond their own classes. Opinions without classes (bodily arousal) count, as their weighted mean,
    only where there is no other: beside a face or a voice they lower the concordance.

    A plain weighted mean of the v_m, the usual choice, was measured and is worse: it keeps the
    errors of the worse reader that the product of experts has voted down.

    Parameters
    ----------
    opinions
        With their weights, as far as they are believed.
    fused
        Shape (8,), the fused classes.
    """
    valence, arousal = valence_arousal(fused)
    return Dimensions(
        _one([(o, o.valence, 0, weight) for o, weight in opinions], valence),
        _one([(o, o.arousal, 1, weight) for o, weight in opinions], arousal),
    )


def _one(said: Sequence[tuple[Opinion, float | None, int, float]], implied: float) -> float | None:
    """One dimension of (opinion, value, axis, weight)."""
    beyond = [
        (None if value is None else value - valence_arousal(opinion.probabilities)[axis], weight)
        for opinion, value, axis, weight in said
        if opinion.mask.any()
    ]
    if not beyond:
        return weighted_mean((value, weight) for _, value, _, weight in said)
    return float(np.clip(implied + (weighted_mean(beyond) or 0.0), -1.0, 1.0))
