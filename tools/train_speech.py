#!/usr/bin/env python3
"""Train the speech nets on the given corpora: one on functionals, and its companion on spectrograms.

tools/train_speech.py --data DIR                    train `speech_emotion` on all and record it
tools/train_speech.py --data DIR --open             `speech_emotion_open`, on EmoDB alone
tools/train_speech.py --data DIR --cross-validate   leave speakers out, seven folds, and report
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import tensorflow as tf

from corpora.speech import EMOTION_CORPORA
from edge.inference import Model
from edge.speech.classes import blended, familiarity
from edge.speech.frontend import MELS
from edge.speech.functionals import FUNCTIONALS
from edge.speech.nets import SPECTRUM_SUFFIX
from edge.speech.views import SPECTRUM_STEPS, relative_spectrum
from measure.scores import calibration_error, classification
from training.folds import FOLDS, folds_of
from training.manifest import MODELS, record
from training.quantize import to_int8
from training.speech_features import Heard, extract
from training.speech_net import ALL, Corpus, adapted, fit
from training.speech_spectrum import train_companion, typical

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Thirty seconds of speech hold about twelve utterances.
ADAPT: Final = {"none": 0, "30": 12, "180": 72, "all": ALL}
NOISY_TAKES: Final = 5


@dataclass(frozen=True, slots=True)
class Trained:
    """Both nets as flatbuffers, and the statistics they rest on."""

    functionals: bytes
    spectrum: bytes
    normalisation: tuple[NDArray[np.float64], NDArray[np.float64]]


def train_on(
    plain: Heard, noisy: Heard, rows: NDArray[np.intp], *, epochs: int, rng: np.random.Generator
) -> Trained:
    """Train both nets on some clips and quantize them."""
    net, normalisation, inputs = fit(Corpus(plain.functionals, plain.clips), rows, epochs=epochs, rng=rng)
    corpus = Corpus(noisy.functionals, noisy.clips)
    companion = train_companion(corpus, noisy.spectra, normalisation, rows=rows, rng=rng)
    speakers = corpus.names("speaker")[rows]
    examples = np.concatenate(
        [
            relative_spectrum(
                spectra[rows, -SPECTRUM_STEPS:],
                typical(values[rows], speakers, normalisation, heard=heard, rng=rng),
            )[..., None][rng.choice(len(rows), min(100, len(rows)), replace=False)]
            for spectra, values in zip(noisy.spectra, noisy.functionals, strict=True)
            for heard in (0, ALL)
        ]
    )
    return Trained(
        to_int8(net, inputs[rng.choice(len(inputs), min(500, len(inputs)), replace=False)]),
        to_int8(companion, examples),
        normalisation,
    )


def logits_of(content: bytes, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Run a quantized net as the device does."""
    model = Model("speech_emotion", content)
    return np.concatenate([model(row[None])[0] for row in inputs])


def cross_validate(
    plain: Heard, noisy: Heard, *, epochs: int, share: float
) -> dict[str, NDArray[np.float32]]:
    """Logits of every clip by int8 nets that have not heard its speaker, in each state of adaptation."""
    fold = folds_of(plain.clips)
    corpus = Corpus(plain.functionals, plain.clips)
    speakers = corpus.names("speaker")
    logits = {name: np.zeros((len(fold), len(corpus.labels)), np.float32) for name in ADAPT}
    for left_out in range(FOLDS):
        rng = np.random.default_rng(left_out)
        tf.keras.utils.set_random_seed(left_out)
        nets = train_on(plain, noisy, np.flatnonzero(fold != left_out), epochs=epochs, rng=rng)
        for speaker in np.unique(speakers[fold == left_out]):
            rows = np.flatnonzero(speakers == speaker)
            values, spectra = plain.functionals[0][rows], plain.spectra[0][rows, -SPECTRUM_STEPS:]
            for name, heard in ADAPT.items():
                test = adapted(values, speakers[rows], nets.normalisation, heard=heard, rng=rng)
                own = blended(logits_of(nets.functionals, test), utterances=min(heard, len(rows)))
                known = typical(values, speakers[rows], nets.normalisation, heard=heard, rng=rng)
                seen = logits_of(nets.spectrum, relative_spectrum(spectra, known)[..., None])
                weight = share * familiarity(min(heard, len(rows)))
                logits[name][rows] = own + weight * seen[:, : len(corpus.labels)]
        print(f"fold {left_out}", flush=True)
    return logits


def masked_probabilities(
    logits: NDArray[np.float32], corpus: Corpus, temperature: float
) -> NDArray[np.float64]:
    """Softmax over the classes of each clip's corpus."""
    scaled = np.where(corpus.mask, logits.astype(np.float64) / temperature, -np.inf)
    weights = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def best_temperature(logits: NDArray[np.float32], corpus: Corpus) -> float:
    """Temperature that keeps the largest calibration error of a corpus least, in one state of adaptation."""
    names = corpus.names("corpus")

    def loss(temperature: float) -> float:
        shares = masked_probabilities(logits, corpus, temperature)
        hits = shares.argmax(axis=1) == corpus.targets
        confidence = shares.max(axis=1)
        return max(calibration_error(confidence[names == name], hits[names == name]) for name in set(names))

    return float(min(np.arange(0.3, 3.01, 0.02), key=loss))


def report(logits: dict[str, NDArray[np.float32]], corpus: Corpus) -> dict[str, Any]:
    """Figures of each corpus and state of adaptation."""
    stranger, familiar = (best_temperature(logits[state], corpus) for state in ("none", "all"))
    names = corpus.names("corpus")
    figures: dict[str, Any] = {"folds": FOLDS, "temperature": [round(stranger, 2), round(familiar, 2)]}
    for name in np.unique(names):
        rows = names == name
        known = corpus.mask[rows][0]
        targets = np.searchsorted(np.flatnonzero(known), corpus.targets[rows])
        labels = [label for label, is_known in zip(corpus.labels, known, strict=True) if is_known]
        figures[str(name)] = {}
        for state, held in logits.items():
            share = familiarity(min(ADAPT[state], 1000))
            temperature = (1 - share) * stranger + share * familiar
            shares = masked_probabilities(held, corpus, temperature)[rows][:, known]
            confusion = np.zeros((len(labels), len(labels)), int)
            np.add.at(confusion, (targets, shares.argmax(axis=1)), 1)
            figures[str(name)][state] = {
                **classification(shares, targets, labels),
                "confusion": confusion.tolist(),
                "reliability": reliability(shares.max(axis=1), shares.argmax(axis=1) == targets),
            }
    return figures


def reliability(confidence: NDArray[np.floating], hits: NDArray[np.bool_]) -> list[tuple[float, float, int]]:
    """Mean confidence, accuracy and number of clips in tenths of confidence."""
    tenths = np.minimum((confidence * 10).astype(int), 9)
    return [
        (
            float(confidence[tenths == tenth].mean()),
            float(hits[tenths == tenth].mean()),
            int((tenths == tenth).sum()),
        )
        for tenth in np.unique(tenths)
    ]


def main() -> None:
    """Cross-validate, or train on everything and record the model."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="directory with manifest.csv")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "edge-affect-speech")
    parser.add_argument("--open", action="store_true", help="only corpora that allow commercial use")
    parser.add_argument("--cross-validate", action="store_true", help="leave speakers out and report")
    parser.add_argument(
        "--takes", type=int, default=4, help="imagined recording sessions, the real one included"
    )
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--share", type=float, default=0.3, help="weight of the companion's logits")
    parser.add_argument(
        "--temperature",
        type=float,
        nargs=2,
        default=(1.0, 1.0),
        help="of a stranger and of a familiar voice, from an earlier cross-validation",
    )
    parser.add_argument("--json", type=Path, help="where the figures go")
    parser.add_argument("--logits", type=Path, help="where the logits of a cross-validation go (.npz)")
    arguments = parser.parse_args()

    corpora = ("emodb",) if arguments.open else EMOTION_CORPORA
    name = "speech_emotion_open" if arguments.open else "speech_emotion"
    plain = extract(arguments.data, corpora, takes=arguments.takes, cache=arguments.cache)
    noisy = extract(arguments.data, corpora, takes=NOISY_TAKES, cache=arguments.cache, noisy=True)
    corpus = Corpus(plain.functionals, plain.clips)
    if arguments.cross_validate:
        logits = cross_validate(plain, noisy, epochs=arguments.epochs, share=arguments.share)
        if arguments.logits:
            np.savez(arguments.logits, labels=corpus.labels, **logits)
        figures = report(logits, corpus)
        print(json.dumps(figures, indent=1))
        if arguments.json:
            arguments.json.write_text(json.dumps(figures, indent=1) + "\n")
        return
    tf.keras.utils.set_random_seed(1)
    rng = np.random.default_rng(1)
    nets = train_on(plain, noisy, np.arange(len(plain.clips)), epochs=arguments.epochs, rng=rng)
    write_nets(name, nets, list(corpus.labels), temperature=arguments.temperature, share=arguments.share)


def write_nets(
    name: str, nets: Trained, labels: list[str], *, temperature: tuple[float, float], share: float
) -> None:
    """Put both nets into the manifest."""
    mean, spread = ([float(f"{value:.6g}") for value in values] for values in nets.normalisation)
    own = {
        "inputs": [
            {
                "name": "functionals",
                "shape": [1, 2 * len(FUNCTIONALS)],
                "dtype": "int8",
                "meaning": "functionals by training statistics, then by the source's own; 4 deviations are 1",
            }
        ],
        "outputs": [
            {
                "name": "logits",
                "shape": [1, 2 * len(labels)],
                "dtype": "int8",
                "meaning": "logits over the labels: by training statistics, then by the source's own",
            }
        ],
        "parameters": {
            "temperature": list(temperature),
            "spectrum_share": share,
            "mean": mean,
            "spread": spread,
        },
    }
    companion = {
        "task": "speech_spectrum",
        "inputs": [
            {
                "name": "spectrum",
                "shape": [1, SPECTRUM_STEPS, MELS, 1],
                "dtype": "int8",
                "meaning": "log-mel of 2.56 s relative to what is typical of the source",
            }
        ],
        "outputs": [
            {
                "name": "logits",
                "shape": [1, len(labels) + 2],
                "dtype": "int8",
                "meaning": "logits over the labels, then valence and arousal",
            }
        ],
        "parameters": {},
    }
    for entry_name, content, parts in (
        (name + SPECTRUM_SUFFIX, nets.spectrum, companion),
        (name, nets.functionals, own),
    ):
        (MODELS / f"{entry_name}.tflite").write_bytes(content)
        record(
            entry_name, {**manifest_entry(name), **parts, "file": f"{entry_name}.tflite", "labels": labels}
        )
        print(f"{entry_name}: {len(content)} bytes")


def manifest_entry(name: str) -> dict[str, object]:
    """What the manifest says of both nets of a licence class."""
    is_open = name.endswith("_open")
    emodb = (
        "Berlin EmoDB (Burkhardt et al. 2005, as published by audEERING, CC0), noises of ESC-10 (Piczak 2015)"
    )
    rest = "RAVDESS (Livingstone and Russo 2018), nEMO (Christop 2024), "
    return {
        "task": "speech_emotion",
        "version": "2",
        "licence": "Apache-2.0" if is_open else "CC-BY-NC-SA-4.0",
        "commercial_use": "open" if is_open else "forbidden",
        "attribution": emodb if is_open else rest + emodb,
        "origin": "tools/train_speech.py",
        "card": f"cards/{name}.md",
    }


if __name__ == "__main__":
    main()
