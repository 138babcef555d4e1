"""The speech nets trained on some speakers, quantized, and what they say of the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import tensorflow as tf

from edge.inference import Model
from edge.speech.classes import weighed
from edge.speech.contours import relative_contours
from edge.speech.views import SPECTRUM_STEPS, relative_spectrum
from training.folds import folds_of
from training.quantize import to_int8
from training.speech_companion import typical
from training.speech_contours import train_contours
from training.speech_features import CLEAN, SOURCES, Heard, digest, extract
from training.speech_net import ALL, TAKES, Corpus, adapted, fit
from training.speech_spectrum import train_spectrum

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from edge.speech.classes import Opinion, Shares

# Thirty seconds of speech hold about twelve utterances.
ADAPT: Final = {"none": 0, "30": 12, "180": 72, "all": ALL}
NOISES: Final = ("20 dB", "10 dB", "5 dB", "0 dB")

EXAMPLES: Final = 40
"""Clips of each take that set the ranges of a companion's activations."""

_SOURCES: Final = (
    *SOURCES,
    "edge/speech/adaptation.py",
    "edge/speech/contours.py",
    "edge/speech/views.py",
    "tools/training/quantize.py",
    "tools/training/speech_companion.py",
    "tools/training/speech_contours.py",
    "tools/training/speech_fold.py",
    "tools/training/speech_net.py",
    "tools/training/speech_spectrum.py",
)


@dataclass(frozen=True, slots=True)
class Trained:
    """The nets as flatbuffers, the companions only where they have a share, and the statistics beneath."""

    functionals: bytes
    spectrum: bytes | None
    contours: bytes | None
    normalisation: tuple[NDArray[np.float64], NDArray[np.float64]]


def train_on(heard: Heard, rows: NDArray[np.intp], *, rng: np.random.Generator, shares: Shares) -> Trained:
    """Train the nets on some clips and quantize them."""
    corpus = Corpus(heard.functionals, heard.clips)
    net, normalisation, inputs = fit(corpus, heard.spoilt, rows, rng=rng)
    functionals_net = to_int8(net, inputs[rng.choice(len(inputs), min(500, len(inputs)), replace=False)])
    spectrum_net = contours_net = None
    if shares.spectrum:
        spectrum = train_spectrum(corpus, heard, normalisation, rows=rows, rng=rng)
        spectrum_net = to_int8(
            spectrum,
            np.concatenate(
                [
                    relative_spectrum(spectra[:, -SPECTRUM_STEPS:].astype(np.float32), source)
                    for spectra, source in _examples(heard, heard.spectra, normalisation, rows=rows, rng=rng)
                ]
            ),
        )
    if shares.contours:
        contours = train_contours(corpus, heard, normalisation, rows=rows, rng=rng)
        contours_net = to_int8(
            contours,
            np.concatenate(
                [
                    relative_contours(steps.astype(np.float32), source)
                    for steps, source in _examples(heard, heard.contours, normalisation, rows=rows, rng=rng)
                ]
            ),
        )
    return Trained(functionals_net, spectrum_net, contours_net, normalisation)


def _examples(
    heard: Heard,
    held: NDArray[np.float16],
    normalisation: tuple[NDArray[np.float64], NDArray[np.float64]],
    *,
    rows: NDArray[np.intp],
    rng: np.random.Generator,
) -> Iterator[tuple[NDArray[np.float16], NDArray[np.float32]]]:
    """Of each take, as a stranger's and as a familiar voice: some of what is `held`, and what is typical."""
    speakers = np.array([heard.clips[row].speaker for row in rows])
    for take, values in zip(held, heard.functionals, strict=True):
        for known in (0, ALL):
            some = rng.choice(len(rows), min(EXAMPLES, len(rows)), replace=False)
            source = typical(values[rows], speakers, normalisation, heard=known, rng=rng)
            yield take[rows[some]], source[some]


def logits_of(content: bytes, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Run a quantized net as the device does."""
    model = Model("speech_emotion", content)
    return np.concatenate([model(row[None])[0] for row in inputs])


@dataclass(frozen=True, slots=True)
class Told:
    """Logits of the nets on some clips, and how many utterances of the voice had been heard (clips,)."""

    functionals: NDArray[np.float32]
    spectrum: NDArray[np.float32] | None
    contours: NDArray[np.float32] | None
    utterances: NDArray[np.intp]

    def opinion(self, *, experts: int, shares: Shares) -> Opinion:
        """Join what the nets say, as the device does."""
        return weighed(
            self.functionals,
            spectrum=self.spectrum,
            contours=self.contours,
            utterances=self.utterances[:, None],
            experts=experts,
            shares=shares,
        )


def listen(nets: Trained, heard: Heard, rows: NDArray[np.intp], *, known: int) -> Told:
    """Logits on clips, when `known` random utterances of each one's speaker have been heard before."""
    rng = np.random.default_rng(0)
    values = heard.functionals[0][rows]
    speakers = np.array([heard.clips[row].speaker for row in rows])
    inputs = adapted(values, speakers, nets.normalisation, heard=known, rng=rng)
    source = typical(values, speakers, nets.normalisation, heard=known, rng=rng)
    spectrum = contours = None
    if nets.spectrum is not None:
        spectra = heard.spectra[0][rows, -SPECTRUM_STEPS:].astype(np.float32)
        spectrum = logits_of(nets.spectrum, relative_spectrum(spectra, source))
    if nets.contours is not None:
        steps = heard.contours[0][rows].astype(np.float32)
        contours = logits_of(nets.contours, relative_contours(steps, source))
    counts = dict(zip(*np.unique(speakers, return_counts=True), strict=True))
    return Told(
        logits_of(nets.functionals, inputs),
        spectrum,
        contours,
        np.array([min(known, counts[speaker]) for speaker in speakers]),
    )


def fold_told(
    data: Path, corpora: tuple[str, ...], cache: Path, left_out: int, shares: Shares
) -> dict[str, Told]:
    """Train without the speakers of a fold and listen to them, clean and in noise, in each state.

    What it gave is kept in `cache`, so that a run that was stopped goes on where it was.
    """
    trained = (shares.spectrum > 0, shares.contours > 0)
    file = cache / f"fold-{digest(_SOURCES, corpora, trained)}-{left_out}.npz"
    names = [f"{sound}, {state}" for sound in (CLEAN, *NOISES) for state in ADAPT]
    parts = Told.__slots__
    if not file.exists():
        heard = extract(data, corpora, takes=TAKES, cache=cache)
        sounds = [heard, *(extract(data, corpora, takes=(noise,), cache=cache) for noise in NOISES)]
        fold = folds_of(heard.clips)
        tf.keras.utils.set_random_seed(left_out)
        nets = train_on(
            heard,
            np.flatnonzero(fold != left_out),
            rng=np.random.default_rng(left_out),
            shares=shares,
        )
        rows = np.flatnonzero(fold == left_out)
        told = [listen(nets, sound, rows, known=known) for sound in sounds for known in ADAPT.values()]
        arrays = {
            f"{name}, {part}": getattr(one, part)
            for name, one in zip(names, told, strict=True)
            for part in parts
            if getattr(one, part) is not None
        }
        np.savez(file.with_suffix(".part.npz"), **arrays)
        file.with_suffix(".part.npz").rename(file)
    held = np.load(file)
    return {name: Told(*(held.get(f"{name}, {part}") for part in parts)) for name in names}


def use_one_core() -> None:
    """Let TensorFlow keep to one core, as another process works on the other; before its first use."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
