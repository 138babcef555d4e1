"""The nets that judge an utterance together: on functionals, on its spectrogram, on its course."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from edge.speech.classes import blended, familiarity
from edge.speech.views import course, relative_course, relative_spectrum, spectrum

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.inference import ModelStore, Runtime
    from edge.speech.adaptation import RunningNormalisation
    from edge.speech.frontend import Frames

SPECTRUM_SUFFIX: Final = "_spectrum"
COURSE_SUFFIX: Final = "_course"


class VoiceNets:
    """A net on functionals and its companions; each has a share in the opinion.

    The parameters `spectrum_share` and `course_share` of the manifest entry `model` tell how much the
    logits of its companions, `model` + "_spectrum" and `model` + "_course", weigh beside its own once the
    voice is familiar; strangers they judge worse, and have no say. A companion without a share is not loaded.

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
        shares = {
            suffix: float(np.max(self.entry.parameters.get(f"{suffix[1:]}_share", 0.0)))
            for suffix in (SPECTRUM_SUFFIX, COURSE_SUFFIX)
        }
        self._companions = {
            suffix: (store.load(model + suffix, runtime=runtime, threads=threads), share)
            for suffix, share in shares.items()
            if share
        }
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
        typical, known = normalisation.typical, familiarity(normalisation.utterances)
        if not known:
            return opinion
        for suffix, (net, share) in self._companions.items():
            seen = (
                relative_spectrum(spectrum(frames), typical)[..., None]
                if suffix == SPECTRUM_SUFFIX
                else relative_course(course(frames), typical)
            )
            (logits,) = net(seen[None])
            opinion = opinion + share * known * logits[0, : len(opinion)].astype(np.float64)
        return opinion
