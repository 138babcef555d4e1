"""From the net's own classes to the shared emotion set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from edge.emotion import CIRCUMPLEX, EMOTIONS, Emotion

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
"""After so many utterances of a voice both opinions of the net weigh the same."""


def familiarity(utterances: float) -> float:
    """How well a voice is known after so many utterances, in [0, 1)."""
    return utterances / (utterances + HALF_KNOWN_UTTERANCES)


def blended(logits: NDArray[np.floating], *, utterances: float) -> NDArray[np.float64]:
    """Weigh the net's two opinions by how well the voice is known.

    Parameters
    ----------
    logits
        Shape (..., 2 * classes): by the training statistics, then by those of the source.
    utterances
        How many utterances the statistics of the source rest on.

    Returns
    -------
    Shape (..., classes).
    """
    stranger, familiar = np.split(np.asarray(logits, dtype=np.float64), 2, axis=-1)
    known = familiarity(utterances)
    opinion: NDArray[np.float64] = (1 - known) * stranger + known * familiar
    return opinion


class SpeechClasses:
    """Turn logits into probabilities over the `labels` of a manifest entry.

    Its parameter `temperature` is one number, or two: of a stranger and of a familiar voice.
    """

    def __init__(self, entry: ModelEntry) -> None:
        self.labels = entry.labels
        temperatures = np.atleast_1d(np.asarray(entry.parameters["temperature"], dtype=np.float64))
        self._temperature = (float(temperatures[0]), float(temperatures[-1]))
        targets = [EXTRA[label][0] if label in EXTRA else Emotion(label) for label in self.labels]
        self._share = np.zeros((len(self.labels), len(EMOTIONS)))
        self._share[np.arange(len(targets)), [target.position for target in targets]] = 1
        self.mask: NDArray[np.bool_] = self._share.sum(axis=0) > 0
        self._coordinates = np.array(
            [EXTRA[label][1] if label in EXTRA else CIRCUMPLEX[Emotion(label)] for label in self.labels]
        )

    def probabilities(self, logits: NDArray[np.floating], *, utterances: float = 0.0) -> NDArray[np.float64]:
        """Calibrated probabilities over `labels`, for a voice of which so many utterances are known."""
        known = familiarity(utterances)
        temperature = (1 - known) * self._temperature[0] + known * self._temperature[1]
        scaled = np.asarray(logits, dtype=np.float64) / temperature
        weights = np.exp(scaled - scaled.max())
        shares: NDArray[np.float64] = weights / weights.sum()
        return shares

    def shared(self, probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probabilities over `EMOTIONS`, shape (8,)."""
        folded: NDArray[np.float64] = probabilities @ self._share
        return folded

    def valence_arousal(self, probabilities: NDArray[np.float64]) -> tuple[float, float]:
        """Take the expectation of valence and arousal, each in [-1, 1]."""
        valence, arousal = probabilities @ self._coordinates
        return float(valence), float(arousal)
