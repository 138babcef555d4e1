"""A made-up public place, the real gate in it, and an attacker who knows nearly everything."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

import numpy as np

from edge.emotion import EMOTIONS, Emotion
from edge.gate.crowd import NoisyCounts, add_noise
from edge.gate.gate import Gate
from edge.gate.options import PrivacyOptions
from edge.gate.votes import Counts
from edge.signals import Affect, Modality, RoomState

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from edge.gate.decision import Verdict

PRIOR: Final = (0.45, 0.25, 0.08, 0.08, 0.05, 0.03, 0.03, 0.03)
"""How often each emotion is shown; known to the attacker. The best guess without the device is the first."""

BEST_GUESS: Final = max(PRIOR)
WINDOW_S: Final = 300
TARGET: Final = 1_000_000


class NoLedger:
    """Never refuses and remembers nothing."""

    def once(self, *, draw: Callable[[], bytes], **_: object) -> bytes:
        return draw()


@dataclass
class Venue:
    """One public gate; what the attacker gets to see of it is kept in `draws`, what was true in `counts`.

    The attacker sees the noisy counts themselves, before the threshold, rounding and banding. Whatever
    leaves is computed from them, so no attack on what leaves can do better.
    """

    randomness: random.Random
    is_noisy: bool = True
    windows_per_session: int = 1
    ledger: Any = field(default_factory=NoLedger)
    draws: list[NoisyCounts] = field(default_factory=list)
    counts: list[Counts] = field(default_factory=list)

    def add_noise(self, exact: Counts, *, epsilon: float) -> NoisyCounts:
        """Stand in for the gate's own, with seeded noise or none, and let the attacker look."""
        counts = (
            add_noise(exact, epsilon=epsilon, below=self.randomness.randrange)
            if self.is_noisy
            else NoisyCounts(exact.votes, exact.people, 1.0, exact.facing, exact.reactions)
        )
        self.draws.append(counts)
        self.counts.append(exact)
        return counts

    def gate(self, **keys: object) -> Gate:
        options = PrivacyOptions.model_validate({"profile": "public", "daily_epsilon": 1e9, **keys})
        return self._gate(options, {"windows_per_session": self.windows_per_session})

    def gate_with(self, **refused: object) -> Gate:
        """Make a gate with settings that no configuration can have."""
        return self._gate(PrivacyOptions.model_validate({"profile": "public"}), refused)

    def _gate(self, options: PrivacyOptions, unchecked: dict[str, object]) -> Gate:
        return Gate(options.model_copy(update=unchecked), zone="hall", ledger=self.ledger)

    def fill(self, gate: Gate, people: dict[int, int], *, window: int) -> Verdict:
        """Let `people` (token -> index of the emotion) be there for one window, and close it."""
        return self.show(gate, {0: [face(who, emotion) for who, emotion in people.items()]}, window=window)

    def show(self, gate: Gate, faces: dict[int, list[Affect]], *, window: int) -> Verdict:
        """Let faces be seen so many seconds into the window, and close it."""
        for into_s, seen in faces.items():
            state = RoomState(0.0, np.zeros(len(EMOTIONS)), None, None, 0.0, None, tuple(seen), {})
            gate.observe(state, window * WINDOW_S + into_s)
        with patch("edge.gate.gate.add_noise", self.add_noise):
            (verdict,) = gate.close_due((window + 1) * WINDOW_S)
        return verdict


@cache
def face(who: int, emotion: int, facing: float | None = None) -> Affect:
    probabilities = np.zeros(len(EMOTIONS))
    probabilities[emotion] = 1.0
    mask = np.ones(len(EMOTIONS), dtype=bool)
    return Affect(Modality.FACE, who, 0.0, 0.0, probabilities, mask, None, None, 1.0, facing=facing)


def mood(randomness: random.Random) -> int:
    """Draw what somebody shows, as an index of `EMOTIONS`."""
    return randomness.choices(range(len(EMOTIONS)), PRIOR)[0]


def strangers(number: int, emotion: Emotion, *, first: int = 0) -> dict[int, int]:
    """People whose vote the attacker knows, as they are his accomplices."""
    return dict.fromkeys(range(first, first + number), EMOTIONS.index(emotion))


def histogram(people: dict[int, int]) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.bincount(list(people.values()), minlength=len(EMOTIONS))


def guess_mood(draws: list[NoisyCounts], others: list[dict[int, int]], *, epsilon: float = 1.0) -> int:
    """Guess the target's emotion with the highest posterior, knowing the votes of all others."""
    posterior = np.log(np.array(PRIOR))
    for counts, known in zip(draws, others, strict=True):
        left = np.array(counts.votes) - histogram(known)
        if counts.people == len(known) and not left.any():
            continue  # exact counts, and the target is not in them
        unexplained = np.abs(left[None, :] - np.eye(len(EMOTIONS))).sum(axis=1)
        posterior = posterior - unexplained * epsilon / 2
    return int(posterior.argmax())


def poisson(mean: float, most: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Probabilities of 0 to `most` events."""
    return np.array([math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(most + 1)])
