"""How far each modality is trusted: by its weight, and by how it fits the others over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.signals import Modality

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Trust:
    """How one modality's weight w becomes a weight in the fusion.

    Attributes
    ----------
    classes, exponent
        The exponent of the modality's opinion on classes is `classes * w ** exponent`.
    misleading
        Share of the time in which it speaks, perhaps confidently, of something else than the mood
        of the room: a face on a poster, a voice from a television, the pulse of a climber of stairs.
    """

    classes: float = 1.0
    exponent: float = 1.0
    misleading: float = 0.05


@dataclass(frozen=True, slots=True)
class Reliability:
    """Trust in each modality, and what is common to all.

    Attributes
    ----------
    calm_logit
        Log-odds of stress at which a body speaks neither for calm classes nor for aroused ones.
    renewal_s, body_renewal_s
        Time in which evidence renews itself: what is heard within it counts once. A body, heard in
        windows of a minute, renews itself more slowly than a face or a voice.
    recovery_s
        Time in which a modality that misled is trusted again, without evidence either way.
    """

    face: Trust = Trust()
    speech: Trust = Trust()
    physiology: Trust = Trust()
    calm_logit: float = -0.8
    renewal_s: float = 5.0
    body_renewal_s: float = 30.0
    recovery_s: float = 120.0

    def of(self, modality: Modality) -> Trust:
        """Trust in one modality."""
        return {
            Modality.FACE: self.face,
            Modality.SPEECH: self.speech,
            Modality.PHYSIOLOGY: self.physiology,
        }[modality]


LEARNED: Final = Reliability(
    face=Trust(classes=1.08, exponent=0.51, misleading=0.05),
    speech=Trust(classes=2.04, exponent=0.57, misleading=0.4),
    physiology=Trust(),
    calm_logit=-0.6,
    renewal_s=5.0,
    body_renewal_s=15.0,
    recovery_s=3000.0,
)
"""For the shipped readers: `classes`, `exponent` and `calm_logit` by `tools/train_fusion.py fit`.

The readers say less than they know, that of unknown voices most so. The shares of misleading and the
times are no measurements: they were chosen on validation so that where voice and face contradict each
other for long, and no body decides, the one that is more often right is believed.
"""

SUBSETS: Final = np.array(
    [[bool(number >> bit & 1) for bit in range(len(Modality))] for number in range(2 ** len(Modality))]
)
"""Shape (8, 3): every subset of the modalities that may be speaking of the room, rows as flags."""

_WITHOUT_BODY: Final = np.arange(len(SUBSETS)) & ~(1 << tuple(Modality).index(Modality.PHYSIOLOGY))
"""Shape (8,): the row of `SUBSETS` with the same modalities but the body."""


class Credence:
    """Belief, at a moment, about which modalities speak of the room at all.

    A hidden Markov filter over the 2^3 subsets S of modalities that are to the point. Each modality
    goes astray and comes back on its own, so that without evidence its probability of misleading
    tends to `Trust.misleading` with time constant `recovery_s`. The evidence at a tick is how well
    the members of S agree, Z_S = sum_c u prod_{m in S} r_m(c) with the odds r_m of `late.odds`,
    the Bayes factor of "these speak of one state" against "they speak of unrelated things". As
    successive ticks rest on much the same readings, a tick of length dt counts Z_S^(dt / renewal_s);
    what the body adds to the others, Z_S / Z_(S without the body), counts to dt / body_renewal_s.

    Two modalities that contradict each other are doubted alike; a third, even a weak one, decides
    in time.

    Attributes
    ----------
    belief
        Shape (8,), the probability of each row of `SUBSETS`.
    """

    def __init__(self, reliability: Reliability) -> None:
        self._reliability = reliability
        misleading = np.array([reliability.of(modality).misleading for modality in Modality])
        self._at_rest = np.prod(np.where(SUBSETS, 1 - misleading, misleading), axis=1)
        self._misleading = misleading
        self._at_s: float | None = None
        self.belief: NDArray[np.float64] = self._at_rest.copy()

    def update(self, at_s: float, agreement: NDArray[np.float64]) -> None:
        """Move on to `at_s`, where the members of each subset agree by `agreement` (8,) > 0."""
        elapsed_s = 0.0 if self._at_s is None else max(0.0, at_s - self._at_s)
        self._at_s = at_s if self._at_s is None else max(at_s, self._at_s)
        self.belief = self._relaxed(elapsed_s)
        counted = min(1.0, elapsed_s / self._reliability.renewal_s)
        counted_of_body = min(1.0, elapsed_s / self._reliability.body_renewal_s)
        without_body = agreement[_WITHOUT_BODY]
        evidence = counted * np.log(without_body) + counted_of_body * np.log(agreement / without_body)
        self.belief *= np.exp(evidence - evidence.max())
        self.belief /= self.belief.sum()

    def _relaxed(self, elapsed_s: float) -> NDArray[np.float64]:
        renewed = -np.expm1(-elapsed_s / self._reliability.recovery_s)
        belief = self.belief.reshape(2, 2, 2)
        for bit, misleading in enumerate(self._misleading):
            axis = 2 - bit
            rest_shape = [1, 1, 1]
            rest_shape[axis] = 2
            rest = np.array([misleading, 1 - misleading]).reshape(rest_shape)
            belief = (1 - renewed) * belief + renewed * belief.sum(axis=axis, keepdims=True) * rest
        return belief.reshape(-1)
