#!/usr/bin/env python
"""Trains the net that judges candidates for heart beats; writes models/beats.tflite.

tools/train_beats.py --data DIR [--leave-out]

The features of a candidate depend on which beats were accepted before it, so the net is trained
on what it meets when it runs itself (Ross, Gordon and Bagnell (2011), "A reduction of imitation
learning and structured prediction to no-regret online learning"): three rounds, the first led by
the labels, each on everything seen so far. --leave-out trains on five sixths of the records and
measures on the others, six times, instead of writing a model.
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import tensorflow as tf

from corpora.physiology import EcgRecord, read_ecgs
from edge.physiology.beats import FEATURES, BeatMemory, RPeakDetector
from edge.physiology.candidates import LIMIT, CandidateFinder, Candidates
from measure.matching import match_beats
from training.manifest import MODELS, record
from training.quantize import to_int8

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROUNDS: Final = 3
FOLDS: Final = 6
SEED: Final = 7
NEAR_S: Final = 0.075
TOLERANCE_S: Final = 0.15

ENTRY: Final = {
    "file": "beats.tflite",
    "task": "beats",
    "version": "1.0.0",
    "licence": "Apache-2.0",
    "commercial_use": "open",
    "attribution": "Trained on the MIT-BIH Arrhythmia Database (Moody and Mark 2001), PhysioNet, ODC-BY 1.0",
    "origin": "tools/train_beats.py",
    "card": "cards/beats.md",
    "inputs": [
        {
            "name": "features",
            "shape": [1, FEATURES],
            "dtype": "int8",
            "meaning": "a candidate against its neighbours and the last eight beats",
        }
    ],
    "outputs": [
        {
            "name": "odds",
            "shape": [1, 1],
            "dtype": "int8",
            "meaning": "logarithm of the odds that it is a beat",
        }
    ],
}


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Example:
    """One record: its candidates, and which of them are beats."""

    record: EcgRecord
    candidates: Candidates
    labels: NDArray[np.bool_]


class NumpyJudge:
    """The net in float, without a runtime: it is asked ten thousand times a record."""

    def __init__(self, net: Any) -> None:
        self._layers = [layer.get_weights() for layer in net.layers if layer.get_weights()]

    def __call__(self, features: NDArray[np.float32]) -> float:
        """Judge one candidate."""
        (w1, b1), (w2, b2), (w3, b3) = self._layers
        hidden = np.maximum(features @ w1 + b1, 0)
        return float((np.maximum(hidden @ w2 + b2, 0) @ w3 + b3)[0])


def prepare(recording: EcgRecord) -> Example:
    """Find the candidates of a record and label them."""
    finder = CandidateFinder(recording.rate_hz)
    candidates = finder.push(np.concatenate([recording.ecg_mv, np.full(round(recording.rate_hz), np.nan)]))
    return Example(recording, candidates, label(candidates, recording.beats_s))


def label(candidates: Candidates, beats_s: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Mark the strongest candidate within 75 ms of each beat, else the nearest within 150 ms."""
    labels = np.zeros(len(candidates.at_s), bool)
    for beat_s in beats_s:
        start, stop = np.searchsorted(candidates.at_s, [beat_s - NEAR_S, beat_s + NEAR_S])
        if stop > start:
            labels[start + np.argmax(candidates.energy[start:stop])] = True
            continue
        nearest = int(np.argmin(np.abs(candidates.at_s - beat_s)))
        if abs(candidates.at_s[nearest] - beat_s) <= TOLERANCE_S:
            labels[nearest] = True
    return labels


def visit(example: Example, judge: NumpyJudge | None) -> NDArray[np.float32]:
    """Features of all candidates of a record, with the beats chosen by `judge`, or by the labels."""
    memory = BeatMemory()
    seen = np.empty((len(example.labels), FEATURES), np.float32)
    for index in range(len(example.labels)):
        seen[index] = memory.features(example.candidates, index)
        chosen = example.labels[index] if judge is None else memory.accepts(example.candidates, index, judge)
        if chosen:
            memory.remember(example.candidates, index)
    return seen


def make_net() -> Any:
    """22 -> 32 -> 12 -> 1."""
    layers = tf.keras.layers
    return tf.keras.Sequential(
        [
            layers.Input(FEATURES),
            layers.GaussianNoise(0.1),
            layers.Dropout(0.05),
            layers.Dense(32, activation="relu"),
            layers.Dense(12, activation="relu"),
            layers.Dense(1),
        ]
    )


def train(examples: list[Example]) -> tuple[Any, NDArray[np.float32]]:
    """Train on records; returns the net and features to quantize by."""
    tf.keras.utils.set_random_seed(SEED)
    labels = np.concatenate([example.labels for example in examples]).astype(np.float32)
    seen: list[NDArray[np.float32]] = []
    judge = None
    net = make_net()
    for turn in range(ROUNDS):
        seen.append(np.concatenate([visit(example, judge) for example in examples]))
        features, targets = np.concatenate(seen), np.tile(labels, turn + 1)
        epochs = 12 if turn == ROUNDS - 1 else 5
        steps = epochs * (len(features) // 1024)
        net = make_net()
        net.compile(
            tf.keras.optimizers.Adam(tf.keras.optimizers.schedules.CosineDecay(3e-3, steps)),
            tf.keras.losses.BinaryCrossentropy(from_logits=True),
        )
        net.fit(features, targets, batch_size=1024, epochs=epochs, verbose=0)
        judge = NumpyJudge(net)
    return net, seen[-1]


def errors(examples: list[Example], net: Any) -> tuple[int, int, int]:
    """Detected, false and missed beats of records, found as the daemon finds them."""
    hits = false = missed = 0
    for example in examples:
        detector = RPeakDetector(example.record.rate_hz, NumpyJudge(net))
        padding = np.full(round(example.record.rate_hz), np.nan)
        found = detector.push(np.concatenate([example.record.ecg_mv, padding]))
        matched = match_beats(example.record.beats_s, found)
        hits, false, missed = hits + matched.hits, false + matched.false, missed + matched.missed
        print(f"  {example.record.name}: F1 {matched.f1:.4f}, {matched.false} false, {matched.missed} missed")
    return hits, false, missed


def main() -> None:
    """Train and write the model, or cross-validate."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--leave-out", action="store_true")
    args = parser.parse_args()
    examples = [prepare(recording) for recording in read_ecgs(args.data)]
    if args.leave_out:
        folds = np.random.default_rng(0).permutation(len(examples)) % FOLDS
        total = np.zeros(3, int)
        for fold in range(FOLDS):
            net, _ = train([example for example, own in zip(examples, folds, strict=True) if own != fold])
            total += errors(
                [example for example, own in zip(examples, folds, strict=True) if own == fold], net
            )
            print(f"F1 {2 * total[0] / (2 * total[0] + total[1] + total[2]):.4f} so far", flush=True)
        return
    net, features = train(examples)
    corners = np.vstack([np.full(FEATURES, LIMIT, np.float32), np.full(FEATURES, -LIMIT, np.float32)])
    some = np.random.default_rng(SEED).choice(features, 2000, replace=False)
    (MODELS / ENTRY["file"]).write_bytes(to_int8(net, np.concatenate([some, corners])))
    record("beats", ENTRY)


if __name__ == "__main__":
    main()
