"""The nets that judge an utterance together: one on its functionals, one on its spectrogram."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from edge.speech.classes import blended, familiarity
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
    `model` + "_spectrum", weigh beside its own once the voice is familiar; strangers it judges worse, and has
    no say. Without the parameter there is no companion.

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
        Logits over the labels of the entry.
        """
        (own,) = self._functionals(normalisation(values)[None])
        opinion = blended(own[0], utterances=normalisation.utterances)
        weight = self._share * familiarity(normalisation.utterances)
        if self._spectrum is None or not weight:
            return opinion
        seen = relative_spectrum(spectrum(frames), normalisation.typical)
        (told,) = self._spectrum(seen[None, :, :, None])
        return opinion + weight * told[0, : len(opinion)].astype(np.float64)
