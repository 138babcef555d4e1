"""The nets that judge an utterance together: on its functionals, its spectrogram and its contours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from edge.speech.classes import Shares, SpeechClasses, weighed
from edge.speech.contours import contours, relative_contours
from edge.speech.views import relative_spectrum, spectrum

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.inference import ModelEntry, ModelStore, Runtime
    from edge.speech.adaptation import RunningNormalisation
    from edge.speech.frontend import Frames

SPECTRUM_SUFFIX: Final = "_spectrum"
CONTOURS_SUFFIX: Final = "_contours"


def shares_of(entry: ModelEntry) -> Shares:
    """What the companions of a net on functionals weigh, by its manifest entry."""
    return Shares(
        *(float(np.max(entry.parameters.get(f"{name}_share", 0.0))) for name in ("spectrum", "contours"))
    )


class VoiceNets:
    """A net on functionals and its companions.

    The parameters `spectrum_share` and `contours_share` of the manifest entry `model` tell how much the
    logits of `model` + "_spectrum" and of `model` + "_contours" weigh beside its own (`Shares`). A companion
    without a share is none.

    Parameters
    ----------
    model
        Name of the net on functionals.
    store, runtime, threads
        As of `SpeechReader`.

    Raises
    ------
    ModelError
        A net is missing, altered or cannot run.
    """

    def __init__(self, model: str, *, store: ModelStore, runtime: Runtime | None, threads: int) -> None:
        self.entry = store.entry(model)
        self.classes = SpeechClasses(self.entry)
        self._functionals = store.load(model, runtime=runtime, threads=threads)
        self._shares = shares_of(self.entry)
        self._spectrum, self._contours = (
            store.load(model + suffix, runtime=runtime, threads=threads) if share else None
            for suffix, share in (
                (SPECTRUM_SUFFIX, self._shares.spectrum),
                (CONTOURS_SUFFIX, self._shares.contours),
            )
        )
        self.runtime = self._functionals.runtime

    def __call__(
        self, frames: Frames, values: NDArray[np.float32], normalisation: RunningNormalisation
    ) -> NDArray[np.float64]:
        """Judge an utterance.

        Parameters
        ----------
        frames
            The utterance.
        values
            Its functionals.
        normalisation
            What is known of the voice.

        Returns
        -------
        Calibrated probabilities over the labels of the entry.
        """
        utterances = normalisation.utterances
        told = self._functionals(normalisation(values)[None])[0][0]
        typical = normalisation.typical
        seen = heard = None
        if self._spectrum is not None and utterances:
            seen = self._spectrum(relative_spectrum(spectrum(frames), typical)[None])[0][0]
        if self._contours is not None:
            heard = self._contours(relative_contours(contours(frames), typical)[None])[0][0]
        opinion = weighed(
            told,
            spectrum=seen,
            contours=heard,
            utterances=utterances,
            experts=len(self.classes.experts),
            shares=self._shares,
        )
        return self.classes.probabilities(opinion, utterances=utterances)
