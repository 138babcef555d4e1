"""Early fusion: what the readers said in the last seconds, side by side on one grid of time, into one net."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.emotion import EMOTIONS
from edge.fusion.evidence import TINY, pool_each
from edge.fusion.strategy import in_numbers, with_unlearned
from edge.signals import Modality

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edge.fusion.evidence import Weighted
    from edge.fusion.late import Fused
    from edge.fusion.strategy import Heard
    from edge.inference.model import Model

NET: Final = "fusion_early"

STEPS: Final = 8
STEP_S: Final = 1.0
"""The grid: now, and each of the seven seconds before."""

NUMBERS: Final = len(EMOTIONS) + 4
"""Of a modality at one step: log-probability of each class, valence, arousal, stress, weight."""

_ORDER: Final = tuple(Modality)
_SLACK_S: Final = 1e-6


class Early:
    """One net without attention over a grid of readings.

    Over x = (x_1(t), x_2(t), x_3(t), x_1(t - 1 s), ...)::

        p = softmax(B relu(A x))

    x_m(t) is what modality m had said last at t, as it said it: not settled over time, no trust
    learned for it, no memory of who misled.

    Deviation from fusion of low-level features: pixels, waveforms and their descriptors stay within
    the readers; what is synchronised here are the readers' readings, the lowest level that reaches
    fusion. All that this net knows of time is within eight seconds.

    Parameters
    ----------
    model
        Takes (1, `STEPS` * 3 * `NUMBERS`), gives logits (1, 8).
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self._grid = Grid()

    def fuse(self, heard: Heard) -> Fused:
        """What the net says, where anybody speaks of classes; else what the experts say."""
        seen = self._grid.after(heard.at_s, heard.fresh)
        if not any(opinion.mask.any() for opinion in heard.opinions):
            return heard.experts
        (logits,) = self._model(seen[np.newaxis])
        return replace(heard.experts, probabilities=with_unlearned(logits[0], heard.experts.probabilities))

    def forget(self, modality: Modality) -> None:
        """Blank what a modality said."""
        self._grid.forget(modality)


class Grid:
    """The last seconds of what every modality said, in memory only."""

    def __init__(self) -> None:
        self._at_s: deque[float] = deque()
        self._said: deque[NDArray[np.float32]] = deque()

    def after(self, at_s: float, fresh: Sequence[Weighted]) -> NDArray[np.float32]:
        """The grid at `at_s`, newest first, flat; zero where there is nothing."""
        self._at_s.append(at_s)
        self._said.append(_side_by_side(fresh))
        while self._at_s[0] < at_s - STEPS * STEP_S:
            self._at_s.popleft()
            self._said.popleft()
        asked_s = at_s - STEP_S * np.arange(STEPS)
        rows = np.searchsorted(np.array(self._at_s), asked_s + _SLACK_S) - 1
        nothing = np.zeros_like(self._said[0])
        return np.concatenate([self._said[row] if row >= 0 else nothing for row in rows])

    def forget(self, modality: Modality) -> None:
        """Blank what a modality said."""
        at = _ORDER.index(modality) * NUMBERS
        for said in self._said:
            said[at : at + NUMBERS] = 0.0


def _side_by_side(fresh: Sequence[Weighted]) -> NDArray[np.float32]:
    """What every modality said last, shape (3 * `NUMBERS`,)."""
    made = np.zeros((len(_ORDER), NUMBERS), dtype=np.float32)
    for opinion in pool_each([replace(item, settled=item.reading) for item in fresh]):
        row = _ORDER.index(opinion.modality)
        against_mean = np.zeros(len(EMOTIONS))
        if opinion.mask.any():
            log_p = np.log(np.maximum(opinion.probabilities, TINY))
            against_mean = np.where(opinion.mask, log_p - log_p[opinion.mask].mean(), 0.0)
        made[row] = in_numbers(opinion, against_mean)
    return made.reshape(-1)
