#!/usr/bin/env python
"""Trains the stress net on Stress-Predict and Non-EEG; writes models/stress.tflite.

tools/train_stress.py --data DIR [--cross-validate]

Everything is measured against each person's own rest. In a third of the examples the heart or the
skin is hidden, so that the net does with one signal what it can; in some it sees what is left
without a baseline. The probability is calibrated on people who were left out (Platt scaling).
--cross-validate leaves out one person at a time and prints the figures instead of writing a model.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import tensorflow as tf
from scipy.optimize import minimize

from corpora.physiology import read_stress_dataset
from edge.physiology.features import FEATURES, HEART
from edge.physiology.stress import LIMIT
from measure.heart_and_skin import Session, windows
from measure.binary import stress_scores
from training.manifest import MODELS, record
from training.quantize import to_int8

if TYPE_CHECKING:
    from numpy.typing import NDArray

DATASETS: Final = ("stress_predict", "noneeg")
SEED: Final = 11
EPOCHS: Final = 40
HIDDEN: Final = 12

ENTRY: Final = {
    "file": "stress.tflite",
    "task": "stress",
    "version": "1.0.0",
    "licence": "Apache-2.0",
    "commercial_use": "open",
    "attribution": (
        "Trained on Stress-Predict (Iqbal et al. 2022, MIT) and Non-EEG (Birjandtalab et al. 2016, PhysioNet, ODC-BY 1.0)"
    ),
    "origin": "tools/train_stress.py",
    "card": "cards/stress.md",
    "inputs": [
        {
            "name": "features",
            "shape": [1, len(FEATURES)],
            "dtype": "int8",
            "meaning": "change from the wearer's rest in standard deviations: " + ", ".join(FEATURES),
        }
    ],
    "outputs": [
        {"name": "odds", "shape": [1, 1], "dtype": "int8", "meaning": "logarithm of the odds of stress"}
    ],
}


def scales(sessions: list[Session]) -> dict[str, tuple[float, ...]]:
    """Rest of people at large, and how far a minute strays from a person's own rest."""
    rests = np.array([session.baseline.rest for session in sessions if session.baseline])
    changes = np.concatenate(
        [
            [one.values - session.baseline.rest for one in session.windows]
            for session in sessions
            if session.baseline
        ]
    )
    spread = np.nanpercentile(changes, 84, axis=0) - np.nanpercentile(changes, 16, axis=0)
    return {
        "rest_mean": tuple(np.nanmean(rests, axis=0).round(5).tolist()),
        "rest_sd": tuple(np.nanstd(rests, axis=0).round(5).tolist()),
        "change_sd": tuple((spread / 2).round(5).tolist()),
    }


def inputs(session: Session, parameters: dict[str, Any], *, alone: bool = False) -> NDArray[np.float32]:
    """Scaled windows of a session; `alone`: as if the baseline were unknown."""
    values = np.array([one.values for one in session.windows])
    people = (values - parameters["rest_mean"]) / np.hypot(parameters["rest_sd"], parameters["change_sd"])
    scaled = people
    if session.baseline and not alone:
        own = (values - session.baseline.rest) / parameters["change_sd"]
        scaled = np.where(np.isfinite(session.baseline.rest), own, people)
    return np.clip(np.nan_to_num(scaled), -LIMIT, LIMIT).astype(np.float32)


def fit(sessions: list[Session], parameters: dict[str, Any], seed: int = SEED) -> Any:
    """Train one net; every data set weighs the same, and so do stress and rest."""
    tf.keras.utils.set_random_seed(seed)
    features = np.concatenate([inputs(session, parameters) for session in sessions])
    stress = np.concatenate([session.stress for session in sessions]).astype(np.float32)
    group = np.concatenate(
        [[f"{session.dataset}{label}" for label in session.stress] for session in sessions]
    )
    names, counts = np.unique(group, return_counts=True)
    weight = 1 / counts[np.searchsorted(names, group)]
    heart_hidden, skin_hidden = features.copy(), features.copy()
    heart_hidden[:, : len(HEART)] = 0
    skin_hidden[:, len(HEART) :] = 0
    everything = np.concatenate([features, features, heart_hidden, skin_hidden])
    net = tf.keras.Sequential(
        [
            tf.keras.layers.Input(len(FEATURES)),
            tf.keras.layers.GaussianNoise(0.3),
            tf.keras.layers.Dense(
                HIDDEN, activation="relu", kernel_regularizer=tf.keras.regularizers.L2(3e-3)
            ),
            tf.keras.layers.Dense(1, kernel_regularizer=tf.keras.regularizers.L2(3e-3)),
        ]
    )
    steps = EPOCHS * (len(everything) // 256 + 1)
    net.compile(
        tf.keras.optimizers.Adam(tf.keras.optimizers.schedules.CosineDecay(5e-3, steps)),
        tf.keras.losses.BinaryCrossentropy(from_logits=True),
    )
    weights = np.tile(weight / weight.mean(), 4)
    net.fit(everything, np.tile(stress, 4), sample_weight=weights, batch_size=256, epochs=EPOCHS, verbose=0)
    return net


def odds(net: Any, features: NDArray[np.float32]) -> NDArray[np.float64]:
    """The logarithm of the odds, (n,)."""
    return np.asarray(net(features))[:, 0].astype(np.float64)


def leave_one_out(sessions: list[Session]) -> list[NDArray[np.float64]]:
    """Odds for each session from a net that never saw that person."""
    found = []
    for index, session in enumerate(sessions):
        others = sessions[:index] + sessions[index + 1 :]
        parameters = scales(others)
        found.append(odds(fit(others, parameters), inputs(session, parameters)))
    return found


def platt(logits: NDArray[np.float64], stress: NDArray[np.int64]) -> tuple[float, float]:
    """Temperature and offset that make the probabilities of people left out true (Platt 1999)."""

    def loss(scale_offset: NDArray[np.float64]) -> float:
        z = logits * np.exp(scale_offset[0]) + scale_offset[1]
        return float(np.mean(np.logaddexp(0, z) - stress * z))

    scale, offset = minimize(loss, np.zeros(2)).x
    return float(np.exp(-scale)), float(offset)


def main() -> None:
    """Train and write the model, or cross-validate."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cross-validate", action="store_true")
    args = parser.parse_args()
    sessions = [windows(one) for name in DATASETS for one in read_stress_dataset(args.data, name)]
    left_out = leave_one_out(sessions)
    stress = np.concatenate([session.stress for session in sessions])
    temperature, offset = platt(np.concatenate(left_out), stress)
    if args.cross_validate:
        figures = {}
        for name in DATASETS:
            own = [index for index, session in enumerate(sessions) if session.dataset == name]
            logits = np.concatenate([left_out[index] for index in own]) / temperature + offset
            labels = np.concatenate([sessions[index].stress for index in own])
            figures[name] = {"subjects": len(own), **stress_scores(1 / (1 + np.exp(-logits)), labels)}
        print(json.dumps(figures, indent=2))
        return
    parameters = scales(sessions)
    net = fit(sessions, parameters)
    features = np.concatenate([inputs(session, parameters) for session in sessions])
    corners = np.vstack([np.full(len(FEATURES), limit, np.float32) for limit in (-LIMIT, LIMIT)])
    (MODELS / ENTRY["file"]).write_bytes(to_int8(net, np.concatenate([features, corners])))
    record("stress", {**ENTRY, "parameters": {**parameters, "temperature": temperature, "offset": offset}})


if __name__ == "__main__":
    main()
