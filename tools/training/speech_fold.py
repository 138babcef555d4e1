"""Both speech nets trained on some speakers, quantized, and what they say of the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import tensorflow as tf

from edge.inference import Model
from edge.speech.views import SPECTRUM_STEPS, relative_spectrum
from training.folds import folds_of
from training.quantize import to_int8
from training.speech_features import CLEAN, SOURCES, Heard, digest, extract
from training.speech_net import ALL, Corpus, adapted, fit
from training.speech_spectrum import train_companion, typical

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

# Thirty seconds of speech hold about twelve utterances.
ADAPT: Final = {"none": 0, "30": 12, "180": 72, "all": ALL}
SESSIONS: Final = (CLEAN, "session 1", "session 2", "session 3", "session 4")
NOISES: Final = ("20 dB", "10 dB", "5 dB", "0 dB")

_SOURCES: Final = (
    *SOURCES,
    "edge/speech/adaptation.py",
    "edge/speech/views.py",
    "tools/training/quantize.py",
    "tools/training/speech_fold.py",
    "tools/training/speech_net.py",
    "tools/training/speech_spectrum.py",
)


@dataclass(frozen=True, slots=True)
class Trained:
    """Both nets as flatbuffers, or the first alone, and the statistics they rest on."""

    functionals: bytes
    spectrum: bytes | None
    normalisation: tuple[NDArray[np.float64], NDArray[np.float64]]


def train_on(
    heard: Heard, rows: NDArray[np.intp], *, rng: np.random.Generator, with_spectrum: bool
) -> Trained:
    """Train both nets on some clips, or the one on functionals alone, and quantize them."""
    corpus = Corpus(heard.functionals, heard.clips)
    net, normalisation, inputs = fit(corpus, heard.spoilt, rows, rng=rng)
    functionals_net = to_int8(net, inputs[rng.choice(len(inputs), min(500, len(inputs)), replace=False)])
    if not with_spectrum:
        return Trained(functionals_net, None, normalisation)
    companion = train_companion(corpus, heard, normalisation, rows=rows, rng=rng)
    speakers = corpus.names("speaker")[rows]
    examples = np.concatenate(
        [
            relative_spectrum(
                spectra[rows, -SPECTRUM_STEPS:],
                typical(values[rows], speakers, normalisation, heard=known, rng=rng),
            )[rng.choice(len(rows), min(100, len(rows)), replace=False)]
            for spectra, values in zip(heard.spectra, heard.functionals, strict=True)
            for known in (0, ALL)
        ]
    )
    return Trained(functionals_net, to_int8(companion, examples), normalisation)


def logits_of(content: bytes, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Run a quantized net as the device does."""
    model = Model("speech_emotion", content)
    return np.concatenate([model(row[None])[0] for row in inputs])


@dataclass(frozen=True, slots=True)
class Told:
    """Logits of the nets on some clips, and how many utterances of the voice had been heard (clips,)."""

    functionals: NDArray[np.float32]
    spectrum: NDArray[np.float32] | None
    utterances: NDArray[np.intp]


def listen(nets: Trained, heard: Heard, rows: NDArray[np.intp], *, known: int) -> Told:
    """Logits on clips, when `known` random utterances of each one's speaker have been heard before."""
    rng = np.random.default_rng(0)
    values = heard.functionals[0][rows]
    speakers = np.array([heard.clips[row].speaker for row in rows])
    inputs = adapted(values, speakers, nets.normalisation, heard=known, rng=rng)
    seen = None
    if nets.spectrum is not None:
        source = typical(values, speakers, nets.normalisation, heard=known, rng=rng)
        views = relative_spectrum(heard.spectra[0][rows, -SPECTRUM_STEPS:].astype(np.float32), source)
        seen = logits_of(nets.spectrum, views)
    counts = dict(zip(*np.unique(speakers, return_counts=True), strict=True))
    return Told(
        logits_of(nets.functionals, inputs),
        seen,
        np.array([min(known, counts[speaker]) for speaker in speakers]),
    )


def fold_told(
    data: Path, corpora: tuple[str, ...], cache: Path, left_out: int, with_spectrum: bool
) -> dict[str, Told]:
    """Train without the speakers of a fold and listen to them, clean and in noise, in each state.

    What it gave is kept in `cache`, so that a run that was stopped goes on where it was.
    """
    file = cache / f"fold-{digest(_SOURCES, corpora, with_spectrum)}-{left_out}.npz"
    names = [f"{sound}, {state}" for sound in (CLEAN, *NOISES) for state in ADAPT]
    parts = Told.__slots__
    if not file.exists():
        heard = extract(data, corpora, takes=SESSIONS, cache=cache)
        sounds = [heard, *(extract(data, corpora, takes=(noise,), cache=cache) for noise in NOISES)]
        fold = folds_of(heard.clips)
        tf.keras.utils.set_random_seed(left_out)
        nets = train_on(
            heard,
            np.flatnonzero(fold != left_out),
            rng=np.random.default_rng(left_out),
            with_spectrum=with_spectrum,
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
