#!/usr/bin/env python3
"""Train the speech nets on the given corpora: on functionals, spectrograms and contours.

tools/train_speech.py --data DIR                    train `speech_emotion` on all and record it
tools/train_speech.py --data DIR --open             `speech_emotion_open`, on EmoDB alone
tools/train_speech.py --data DIR --cross-validate   leave speakers out, seven folds, and report
tools/train_speech.py --data DIR --unseen-language  leave a corpus out, one after the other, and report
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import tensorflow as tf

from corpora.speech import EMOTION_CORPORA
from edge.speech.classes import Opinion, Shares, familiarity, mixture
from edge.speech.contours import CONTOUR_STEPS, CONTOURS
from edge.speech.frontend import MELS
from edge.speech.functionals import FUNCTIONALS
from edge.speech.nets import CONTOURS_SUFFIX, SPECTRUM_SUFFIX
from edge.speech.views import SPECTRUM_STEPS, VIEWS
from measure.scores import calibration_error, classification
from training.folds import FOLDS, folds_of
from training.manifest import MODELS, record
from training.speech_features import CLEAN, Heard, extract
from training.speech_fold import (
    ADAPT,
    NOISES,
    Trained,
    fold_told,
    listen,
    train_on,
    use_one_core,
)
from training.speech_net import TAKES, Corpus

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(slots=True)
class Verdicts:
    """Opinions on every clip by nets that have not heard its speaker, in each state of adaptation."""

    corpus: Corpus
    held: dict[str, Opinion]

    @classmethod
    def none_yet(cls, corpus: Corpus) -> Verdicts:
        """Room for them."""
        shape = (len(corpus.clips), len(corpus.experts))
        return cls(
            corpus, {name: Opinion(np.zeros((*shape, len(corpus.labels))), np.zeros(shape)) for name in ADAPT}
        )

    def put(self, state: str, rows: NDArray[np.intp], opinion: Opinion) -> None:
        """Keep those on some clips."""
        self.held[state].logits[rows] = opinion.logits
        self.held[state].gate[rows] = opinion.gate

    def probabilities(self, state: str, temperatures: NDArray[np.float64]) -> NDArray[np.float64]:
        """Over the labels that the clip's corpus has, shape (clips, labels)."""
        mixed = mixture(self.held[state], self.corpus.known, temperatures=temperatures)
        mixed = mixed * self.corpus.known[self.corpus.expert]
        return mixed / mixed.sum(axis=1, keepdims=True)

    def best_temperatures(self, state: str) -> NDArray[np.float64]:
        """Temperature of each expert that keeps the calibration error on its own corpus least."""
        found = np.ones(len(self.corpus.experts))
        for expert in range(len(found)):
            rows = self.corpus.expert == expert

            def loss(temperature: float, expert: int = expert, rows: NDArray[np.bool_] = rows) -> float:
                tried = found.copy()
                tried[expert] = temperature
                shares = self.probabilities(state, tried)[rows]
                return calibration_error(
                    shares.max(axis=1), shares.argmax(axis=1) == self.corpus.targets[rows]
                )

            found[expert] = min(np.arange(0.4, 2.51, 0.05), key=loss)
        return found


def cross_validate(
    data: Path, clips: Corpus, corpora: tuple[str, ...], *, cache: Path, shares: Shares, workers: int
) -> dict[str, Verdicts]:
    """Verdicts on the clean clips and on those in noise, by int8 nets that have not heard their speakers."""
    fold = folds_of(clips.clips)
    experts = len(clips.experts)
    verdicts = {name: Verdicts.none_yet(clips) for name in (CLEAN, *NOISES)}
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=use_one_core) as pool:
        jobs = {
            pool.submit(fold_told, data, corpora, cache, left_out, shares): left_out
            for left_out in range(FOLDS)
        }
        try:
            for count, job in enumerate(as_completed(jobs), 1):
                rows = np.flatnonzero(fold == jobs[job])
                for name, told in job.result().items():
                    sound, _, state = name.partition(", ")
                    verdicts[sound].put(state, rows, told.opinion(experts=experts, shares=shares))
                print(f"{count} of {FOLDS} folds", flush=True)
        finally:
            # Where one fold fails, the others need not be waited for.
            pool.shutdown(cancel_futures=True)
    return verdicts


def report(verdicts: dict[str, Verdicts]) -> dict[str, Any]:
    """Figures of each corpus, clean and in noise, and state of adaptation; temperatures of the clean ones."""
    stranger, familiar = (verdicts[CLEAN].best_temperatures(state) for state in ("none", "all"))
    figures: dict[str, Any] = {
        "folds": FOLDS,
        "temperature": [round(float(one), 2) for one in (*stranger, *familiar)],
    }
    for sound, told in verdicts.items():
        corpus = told.corpus
        figures[sound] = {name: {} for name in corpus.experts}
        for state, known in ADAPT.items():
            share = familiarity(min(known, 1000))
            shares = told.probabilities(state, (1 - share) * stranger + share * familiar)
            for index, name in enumerate(corpus.experts):
                rows = corpus.expert == index
                figures[sound][name][state] = scores(shares[rows], corpus.targets[rows], corpus, index)
    return figures


def scores(
    shares: NDArray[np.float64], targets: NDArray[np.intp], corpus: Corpus, expert: int
) -> dict[str, Any]:
    """Figures over the labels of one corpus."""
    known = np.flatnonzero(corpus.known[expert])
    labels = [corpus.labels[index] for index in known]
    shares, targets = shares[:, known], np.searchsorted(known, targets)
    confusion = np.zeros((len(labels), len(labels)), int)
    np.add.at(confusion, (targets, shares.argmax(axis=1)), 1)
    return {
        **classification(shares, targets, labels),
        "confusion": confusion.tolist(),
        "reliability": reliability(shares.max(axis=1), shares.argmax(axis=1) == targets),
    }


def unseen_language(heard: Heard, *, shares: Shares) -> dict[str, Any]:
    """Figures on each corpus by nets that learned from the others, over the labels both have."""
    names = np.array([clip.corpus for clip in heard.clips])
    figures: dict[str, Any] = {}
    for left_out in np.unique(names):
        print(f"without {left_out}", flush=True)
        tf.keras.utils.set_random_seed(0)
        others = heard.only(np.flatnonzero(names != left_out))
        corpus = Corpus(others.functionals, others.clips)
        nets = train_on(others, np.arange(len(others.clips)), rng=np.random.default_rng(0), shares=shares)
        rows = np.array(
            [
                index
                for index, clip in enumerate(heard.clips)
                if clip.corpus == left_out and clip.emotion in corpus.labels
            ]
        )
        targets = np.array([corpus.labels.index(heard.clips[row].emotion) for row in rows])
        has = np.isin(np.arange(len(corpus.labels)), targets)
        for state, known in ADAPT.items():
            told = listen(nets, heard, rows, known=known)
            opinion = told.opinion(experts=len(corpus.experts), shares=shares)
            verdicts = mixture(opinion, corpus.known, temperatures=np.ones(len(corpus.experts)))
            verdicts = verdicts[:, has] / verdicts[:, has].sum(axis=1, keepdims=True)
            labels = [label for label, is_there in zip(corpus.labels, has, strict=True) if is_there]
            figures.setdefault(str(left_out), {})[state] = classification(
                verdicts, np.searchsorted(np.flatnonzero(has), targets), labels
            )
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
    parser.add_argument("--unseen-language", action="store_true", help="leave each corpus out and report")
    parser.add_argument(
        "--shares",
        type=float,
        nargs=2,
        default=(0.1, 0.1),
        metavar=("SPECTRUM", "CONTOURS"),
        help="weights of the companions' logits; 0: it is not trained",
    )
    parser.add_argument(
        "--temperature",
        type=float,
        nargs="+",
        help="of each expert for a stranger, then for a familiar voice, from an earlier cross-validation",
    )
    parser.add_argument("--workers", type=int, default=2, help="folds of a cross-validation at a time")
    parser.add_argument("--json", type=Path, help="where the figures go")
    parser.add_argument("--verdicts", type=Path, help="where those of a cross-validation go (.npz)")
    arguments = parser.parse_args()

    shares = Shares(*arguments.shares)
    corpora = ("emodb",) if arguments.open else EMOTION_CORPORA
    name = "speech_emotion_open" if arguments.open else "speech_emotion"
    heard = extract(arguments.data, corpora, takes=TAKES, cache=arguments.cache)
    corpus = Corpus(heard.functionals, heard.clips)
    if not (arguments.cross_validate or arguments.unseen_language):
        tf.keras.utils.set_random_seed(1)
        nets = train_on(heard, np.arange(len(heard.clips)), rng=np.random.default_rng(1), shares=shares)
        write_nets(
            name,
            nets,
            corpus,
            temperature=arguments.temperature or [1.0] * 2 * len(corpus.experts),
            shares=shares,
        )
        return
    if arguments.cross_validate:
        extract(arguments.data, corpora, takes=NOISES, cache=arguments.cache)
        verdicts = cross_validate(
            arguments.data,
            corpus,
            corpora,
            cache=arguments.cache,
            shares=shares,
            workers=arguments.workers,
        )
        figures = report(verdicts)
        if arguments.verdicts:
            temperatures = np.reshape(figures["temperature"], (2, -1))
            told = {
                state: verdicts[CLEAN].probabilities(state, own)
                for state, own in zip(("none", "all"), temperatures, strict=True)
            }
            np.savez(arguments.verdicts, labels=verdicts[CLEAN].corpus.labels, **told)
    else:
        figures = unseen_language(heard, shares=shares)
    print(json.dumps(figures, indent=1))
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n")


def write_nets(name: str, nets: Trained, corpus: Corpus, *, temperature: list[float], shares: Shares) -> None:
    """Put the nets into the manifest."""
    labels, known = list(corpus.labels), corpus.known
    mean, spread = ([float(f"{value:.6g}") for value in values] for values in nets.normalisation)
    own = {
        "inputs": [
            {
                "name": "functionals",
                "shape": [1, 3 * len(FUNCTIONALS)],
                "dtype": "int8",
                "meaning": "functionals by training statistics, by the source's own, and the source's mean by"
                " training statistics; 4 deviations are 1",
            }
        ],
        "outputs": [
            {
                "name": "logits",
                "shape": [1, 4 * known.size + len(known) + 1],
                "dtype": "int8",
                "meaning": "logits over experts and labels, for clean sound by training statistics and by the"
                " source's own, the same for spoilt sound; the gate over experts; the logit of spoilt sound",
            }
        ],
        "parameters": {
            "experts": [int(one) for one in known.ravel()],
            "temperature": temperature,
            "spectrum_share": shares.spectrum,
            "contours_share": shares.contours,
            "mean": mean,
            "spread": spread,
        },
    }
    spectrum = {
        "task": "speech_spectrum",
        "inputs": [
            {
                "name": "spectrum",
                "shape": [1, SPECTRUM_STEPS, MELS, VIEWS],
                "dtype": "int8",
                "meaning": "log-mel of 2.88 s relative to what is typical of the source, and to its own mean",
            }
        ],
        "outputs": [
            {
                "name": "logits",
                "shape": [1, 2 * known.size],
                "dtype": "int8",
                "meaning": "logits over experts and labels, for clean sound, then for spoilt sound",
            }
        ],
        "parameters": {},
    }
    contours = {
        "task": "speech_contours",
        "inputs": [
            {
                "name": "contours",
                "shape": [1, CONTOUR_STEPS, len(CONTOURS)],
                "dtype": "int8",
                "meaning": "descriptors in steps of 100 ms, the last four seconds, relative to what is"
                " typical of the source",
            }
        ],
        "outputs": [
            {
                "name": "logits",
                "shape": [1, known.size],
                "dtype": "int8",
                "meaning": "logits over experts and labels",
            }
        ],
        "parameters": {},
    }
    for entry_name, content, parts in (
        (name + SPECTRUM_SUFFIX, nets.spectrum, spectrum),
        (name + CONTOURS_SUFFIX, nets.contours, contours),
        (name, nets.functionals, own),
    ):
        if content is None:
            continue
        (MODELS / f"{entry_name}.tflite").write_bytes(content)
        record(
            entry_name, {**manifest_entry(name), **parts, "file": f"{entry_name}.tflite", "labels": labels}
        )
        print(f"{entry_name}: {len(content)} bytes")


def manifest_entry(name: str) -> dict[str, object]:
    """What the manifest says of all nets of a licence class."""
    is_open = name.endswith("_open")
    emodb = (
        "Berlin EmoDB (Burkhardt et al. 2005, as published by audEERING, CC0), noises of ESC-10 (Piczak 2015)"
    )
    rest = "RAVDESS (Livingstone and Russo 2018), nEMO (Christop 2024), "
    return {
        "task": "speech_emotion",
        "version": "4",
        "licence": "Apache-2.0" if is_open else "CC-BY-NC-SA-4.0",
        "commercial_use": "open" if is_open else "forbidden",
        "attribution": emodb if is_open else rest + emodb,
        "origin": "tools/train_speech.py",
        "card": f"cards/{name}.md",
    }


if __name__ == "__main__":
    main()
