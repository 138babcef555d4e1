"""The nets that judge an utterance together: one on its functionals, one on its spectrogram."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from edge.speech.classes import SpeechClasses, weighed
from edge.speech.views import relative_spectrum, spectrum

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.inference import ModelStore, Runtime
    from edge.speech.adaptation import RunningNormalisation
    from edge.speech.frontend import Frames

SPECTRUM_SUFFIX: Final = "_spectrum"


class VoiceNets:
    """A net on functionals and its companion on spectrograms.

    The parameter `spectrum_share` of the manifest entry `model` tells how much the logits of the companion,
    `model` + "_spectrum", weigh beside its own once the voice is familiar. Without the parameter there is no
    companion.

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
        self._share = float(np.max(self.entry.parameters.get("spectrum_share", 0.0)))
        self._spectrum = (
            store.load(model + SPECTRUM_SUFFIX, runtime=runtime, threads=threads) if self._share else None
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
        seen = None
        if self._spectrum is not None and utterances:
            view = relative_spectrum(spectrum(frames), normalisation.typical)
            seen = self._spectrum(view[None])[0][0]
        opinion = weighed(
            told,
            seen,
            utterances=utterances,
            experts=len(self.classes.experts),
            share=self._share,
        )
        return self.classes.probabilities(opinion, utterances=utterances)
