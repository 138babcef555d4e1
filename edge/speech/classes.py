"""From the logits of the nets to probabilities over the shared emotion set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from edge.emotion import CIRCUMPLEX, EMOTIONS, Emotion, softmax

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.inference import ModelEntry

EXTRA: Final[dict[str, tuple[Emotion, tuple[float, float]]]] = {
    "calm": (Emotion.NEUTRAL, (0.68, -0.46)),
    "boredom": (Emotion.NEUTRAL, (-0.65, -0.62)),
}
"""Classes that some corpora have beside the shared ones: where they count, and (valence, arousal).

Russell and Mehrabian (1977) rate them as "relaxed" and "bored".
"""

HALF_KNOWN_UTTERANCES: Final = 2.0
"""After so many utterances of a voice both opinions of a net weigh the same."""
NOISY_AT_LEAST: Final = 0.5
"""Weight of the nets that learned from spoilt sound where the sound is clean."""


def familiarity(utterances: float | NDArray[np.number]) -> Any:
    """How well a voice is known after so many utterances, in [0, 1)."""
    return utterances / (utterances + HALF_KNOWN_UTTERANCES)


@dataclass(frozen=True, slots=True, eq=False)
class Opinion:
    """What the nets say of an utterance, before it is calibrated.

    Attributes
    ----------
    logits
        Shape (..., experts, labels): an expert learned from one corpus which sounds its people call what.
    gate
        Shape (..., experts): logits of whose recordings the voice sounds like.
    """

    logits: NDArray[np.float64]
    gate: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shares:
    """What the logits of the companions weigh beside those of the net on functionals; 0: there is none.

    Attributes
    ----------
    spectrum
        For a familiar voice; a stranger gets none of it, as it helps in one corpus and hurts in another.
    contours
        For every voice.
    """

    spectrum: float = 0.0
    contours: float = 0.0


def weighed(
    functionals: NDArray[np.floating],
    *,
    spectrum: NDArray[np.floating] | None,
    contours: NDArray[np.floating] | None,
    utterances: float | NDArray[np.number],
    experts: int,
    shares: Shares,
) -> Opinion:
    """Join what the nets say, by how well the voice is known and how clean it sounds.

    Parameters
    ----------
    functionals
        Shape (..., 4 * n + experts + 1), n = experts * labels: logits of the net on functionals that learned
        from clean sound, by the training statistics, then by those of the source; the same of the one that
        learned from spoilt sound; the gate; the logit of the sound being spoilt.
    spectrum
        Shape (..., 2 * n): logits of the net on spectrograms that learned from clean sound, then of the
        other. None where there is none.
    contours
        Shape (..., n): logits of the net on contours. None where there is none.
    utterances
        How many utterances the statistics of the source rest on; a number, or shape (..., 1).
    experts
        How many there are.
    shares
        What the logits of the others weigh beside those of `functionals`.

    Returns
    -------
    The opinion, in double precision.
    """
    told = np.asarray(functionals, dtype=np.float64)
    by_functionals, gate, spoilt = np.split(told, [-experts - 1, -1], axis=-1)
    clean, noisy = (_familiar(half, utterances=utterances) for half in np.split(by_functionals, 2, axis=-1))
    if spectrum is not None:
        clean_spectrum, noisy_spectrum = np.split(np.asarray(spectrum, dtype=np.float64), 2, axis=-1)
        weight = shares.spectrum * familiarity(utterances)
        clean, noisy = clean + weight * clean_spectrum, noisy + weight * noisy_spectrum
    noise = NOISY_AT_LEAST + (1 - NOISY_AT_LEAST) / (1 + np.exp(-spoilt))
    logits = (1 - noise) * clean + noise * noisy
    if contours is not None:
        logits = logits + shares.contours * np.asarray(contours, dtype=np.float64)
    return Opinion(logits.reshape(*logits.shape[:-1], experts, -1), gate)


def _familiar(logits: NDArray[np.float64], *, utterances: float | NDArray[np.number]) -> NDArray[np.float64]:
    stranger, familiar = np.split(logits, 2, axis=-1)
    known = familiarity(utterances)
    opinion: NDArray[np.float64] = (1 - known) * stranger + known * familiar
    return opinion


def mixture(
    opinion: Opinion, known: NDArray[np.bool_], *, temperatures: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Mix the experts (Jacobs et al. 1991, "Adaptive mixtures of local experts").

    Each spreads its belief over the labels it knows, `known` of shape (experts, labels), and is believed as
    far as the gate says. `temperatures` has one for each. Returns probabilities, shape (..., labels).
    """
    shares = softmax(np.where(known, opinion.logits / temperatures[:, None], -np.inf))
    mixed: NDArray[np.float64] = (softmax(opinion.gate)[..., None] * shares).sum(axis=-2)
    return mixed


class SpeechClasses:
    """Turn opinions into probabilities over the `labels` of a manifest entry.

    Its parameter `experts` tells, expert by expert, which of the labels it knows (1) and which not (0);
    `temperature` holds that of each expert for a stranger, then of each for a familiar voice.

    Attributes
    ----------
    experts
        Shape (experts, labels): which labels each knows.
    mask
        Shape (8,): which of `EMOTIONS` can be told.
    """

    def __init__(self, entry: ModelEntry) -> None:
        self.labels = entry.labels
        self.experts = np.reshape(entry.parameters["experts"], (-1, len(self.labels))) > 0
        self._temperatures = np.reshape(entry.parameters["temperature"], (2, -1)).astype(np.float64)
        targets = [EXTRA[label][0] if label in EXTRA else Emotion(label) for label in self.labels]
        self._share = np.zeros((len(self.labels), len(EMOTIONS)))
        self._share[np.arange(len(targets)), [target.position for target in targets]] = 1
        self.mask: NDArray[np.bool_] = self._share.sum(axis=0) > 0
        self._coordinates = np.array(
            [EXTRA[label][1] if label in EXTRA else CIRCUMPLEX[Emotion(label)] for label in self.labels]
        )

    def probabilities(self, opinion: Opinion, *, utterances: float = 0.0) -> NDArray[np.float64]:
        """Calibrated probabilities over `labels`, for a voice of which so many utterances are known."""
        known = familiarity(utterances)
        stranger, familiar = self._temperatures
        return mixture(opinion, self.experts, temperatures=(1 - known) * stranger + known * familiar)

    def shared(self, probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probabilities over `EMOTIONS`, shape (8,)."""
        folded: NDArray[np.float64] = probabilities @ self._share
        return folded

    def valence_arousal(self, probabilities: NDArray[np.float64]) -> tuple[float, float]:
        """Take the expectation of valence and arousal, each in [-1, 1]."""
        valence, arousal = probabilities @ self._coordinates
        return float(valence), float(arousal)
