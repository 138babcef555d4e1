#!/usr/bin/env python3
"""Train the speech nets on functionals of the given corpora.

tools/train_speech.py --data DIR                    train `speech_emotion` on all and record it
tools/train_speech.py --data DIR --open             `speech_emotion_open`, on EmoDB alone
tools/train_speech.py --data DIR --cross-validate   leave speakers out, seven folds, and report
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import tensorflow as tf

from corpora.speech import EMOTION_CORPORA
from edge.inference import Model
from edge.speech.classes import blended
from edge.speech.functionals import FUNCTIONALS
from measure.scores import classification
from training.manifest import MODELS, record
from training.quantize import to_int8
from training.speech_features import extract
from training.speech_net import ALL, Corpus, adapted, fit

if TYPE_CHECKING:
    from numpy.typing import NDArray

FOLDS: Final = 7
# Thirty seconds of speech hold about twelve utterances.
ADAPT: Final = {"none": 0, "30": 12, "all": ALL}


def logits_of(content: bytes, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Run the quantized net as the device does."""
    model = Model("speech_emotion", content)
    return np.concatenate([model(row[None])[0] for row in inputs])


def cross_validate(corpus: Corpus, *, epochs: int) -> dict[str, NDArray[np.float32]]:
    """Logits of every clip by the int8 net that has not heard its speaker, in each state of adaptation."""
    fold = corpus.folds(FOLDS)
    speakers = corpus.names("speaker")
    logits = {name: np.zeros((len(fold), len(corpus.labels)), np.float32) for name in ADAPT}
    for left_out in range(FOLDS):
        rng = np.random.default_rng(left_out)
        tf.keras.utils.set_random_seed(left_out)
        net, normalisation, inputs = fit(corpus, np.flatnonzero(fold != left_out), epochs=epochs, rng=rng)
        content = to_int8(net, inputs[rng.choice(len(inputs), 300, replace=False)])
        for speaker in np.unique(speakers[fold == left_out]):
            rows = np.flatnonzero(speakers == speaker)
            for name, heard in ADAPT.items():
                test = adapted(corpus.values[0][rows], speakers[rows], normalisation, heard=heard, rng=rng)
                logits[name][rows] = blended(logits_of(content, test), utterances=min(heard, len(rows)))
        print(f"fold {left_out}", flush=True)
    return logits


def masked_probabilities(
    logits: NDArray[np.float32], corpus: Corpus, temperature: float
) -> NDArray[np.float64]:
    """Softmax over the classes of each clip's corpus."""
    scaled = np.where(corpus.mask, logits.astype(np.float64) / temperature, -np.inf)
    weights = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def best_temperature(logits: dict[str, NDArray[np.float32]], corpus: Corpus) -> float:
    """Temperature of least cross entropy over left-out speakers, all states of adaptation together."""
    rows = np.arange(len(corpus.targets))

    def loss(temperature: float) -> float:
        return sum(
            -float(
                np.average(
                    np.log(masked_probabilities(held, corpus, temperature)[rows, corpus.targets] + 1e-9),
                    weights=corpus.weights,
                )
            )
            for held in logits.values()
        )

    return float(min(np.arange(0.3, 3.01, 0.02), key=loss))


def report(logits: dict[str, NDArray[np.float32]], corpus: Corpus) -> dict[str, Any]:
    """Figures of each corpus and state of adaptation."""
    temperature = best_temperature(logits, corpus)
    names = corpus.names("corpus")
    figures: dict[str, Any] = {"folds": FOLDS, "temperature": round(temperature, 2)}
    for name in np.unique(names):
        rows = names == name
        known = corpus.mask[rows][0]
        targets = np.searchsorted(np.flatnonzero(known), corpus.targets[rows])
        labels = [label for label, is_known in zip(corpus.labels, known, strict=True) if is_known]
        figures[str(name)] = {}
        for state, held in logits.items():
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
    parser.add_argument("--temperature", type=float, help="from an earlier cross-validation")
    parser.add_argument("--json", type=Path, help="where the figures go")
    arguments = parser.parse_args()

    corpora = ("emodb",) if arguments.open else EMOTION_CORPORA
    name = "speech_emotion_open" if arguments.open else "speech_emotion"
    clips, values = extract(arguments.data, EMOTION_CORPORA, takes=arguments.takes, cache=arguments.cache)
    chosen = [index for index, clip in enumerate(clips) if clip.corpus in corpora]
    clips = [clips[index] for index in chosen]
    corpus = Corpus(values[:, chosen], clips)
    if arguments.cross_validate:
        figures = report(cross_validate(corpus, epochs=arguments.epochs), corpus)
        print(json.dumps(figures, indent=1))
        if arguments.json:
            arguments.json.write_text(json.dumps(figures, indent=1) + "\n")
        return
    tf.keras.utils.set_random_seed(1)
    rng = np.random.default_rng(1)
    net, normalisation, inputs = fit(corpus, np.arange(len(clips)), epochs=arguments.epochs, rng=rng)
    content = to_int8(net, inputs[rng.choice(len(inputs), 500, replace=False)])
    (MODELS / f"{name}.tflite").write_bytes(content)
    record(
        name,
        manifest_entry(name, list(corpus.labels), normalisation, temperature=arguments.temperature or 1.0),
    )
    print(f"{name}: {len(content)} bytes")


def manifest_entry(
    name: str,
    labels: list[str],
    normalisation: tuple[NDArray[np.float64], NDArray[np.float64]],
    *,
    temperature: float,
) -> dict[str, object]:
    """Describe the model for the manifest."""
    is_open = name.endswith("_open")
    emodb = (
        "Berlin EmoDB (Burkhardt et al. 2005, as published by audEERING, CC0), noises of ESC-10 (Piczak 2015)"
    )
    rest = "RAVDESS (Livingstone and Russo 2018), nEMO (Christop 2024), "
    mean, spread = ([float(f"{value:.6g}") for value in values] for values in normalisation)
    return {
        "file": f"{name}.tflite",
        "task": "speech_emotion",
        "version": "1",
        "licence": "Apache-2.0" if is_open else "CC-BY-NC-SA-4.0",
        "commercial_use": "open" if is_open else "forbidden",
        "attribution": emodb if is_open else rest + emodb,
        "origin": "tools/train_speech.py",
        "card": f"cards/{name}.md",
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
        "labels": labels,
        "parameters": {"temperature": temperature, "mean": mean, "spread": spread},
    }


if __name__ == "__main__":
    main()
