#!/usr/bin/env python
"""Trains the stress model on Stress-Predict and Non-EEG; writes models/stress.tflite.

tools/train_stress.py --data DIR [--cross-validate]

A logistic regression, quantized to int8; 42 people are few for more. All figures are relative to each
person's own rest. Calibration (Platt scaling) comes from people who were left out; a minute is called
stressed where the odds would be even if stress and rest were equally frequent. --cross-validate prints
the figures of leaving out one person at a time instead of writing a model.
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
from edge.physiology.features import FEATURES, TRENDS, Recent
from edge.physiology.stress import INPUTS, LIMIT, Scales
from measure.binary import stress_scores
from measure.heart_and_skin import Session, session
from training.manifest import MODELS, record
from training.quantize import to_int8

if TYPE_CHECKING:
    from numpy.typing import NDArray

DATASETS: Final = ("stress_predict", "noneeg")
PENALTY: Final = 0.01

ENTRY: Final = {
    "file": "stress.tflite",
    "task": "stress",
    "version": "1.0.0",
    "licence": "Apache-2.0",
    "commercial_use": "open",
    "attribution": (
        "Trained on Stress-Predict (Iqbal et al. 2022, MIT)"
        " and Non-EEG (Birjandtalab et al. 2016, PhysioNet, ODC-BY 1.0)"
    ),
    "origin": "tools/train_stress.py",
    "card": "cards/stress.md",
    "inputs": [
        {
            "name": "features",
            "shape": [1, INPUTS],
            "dtype": "int8",
            "meaning": (
                f"change from the wearer's rest of {', '.join(FEATURES)}; rise over five minutes of "
                f"{', '.join(TRENDS)}; both again with the sign of the kind of heart sensor; the sign"
            ),
        }
    ],
    "outputs": [
        {"name": "odds", "shape": [1, 1], "dtype": "int8", "meaning": "logarithm of the odds of stress"}
    ],
}


def trends(one: Session) -> NDArray[np.float64]:
    """Trend of every minute of a session, (n, 4)."""
    recent = Recent()
    return np.array([recent.trend(end_s, m.values) for end_s, m in zip(one.ends_s, one.minutes, strict=True)])


def values(one: Session) -> NDArray[np.float64]:
    """Features of every minute of a session, (n, 7)."""
    return np.array([m.values for m in one.minutes])


def measure_scales(sessions: list[Session]) -> Scales:
    """Rest of people at large, and half the width of the middle 68 % of all changes."""
    rests = np.array([one.baseline.rest for one in sessions if one.baseline])
    changes = np.concatenate([values(one) - one.baseline.rest for one in sessions if one.baseline])
    return Scales(
        rest_mean=np.nanmean(rests, axis=0),
        rest_sd=np.nanstd(rests, axis=0),
        change_sd=_spread(changes),
        trend_sd=_spread(np.concatenate([trends(one) for one in sessions])),
    )


def _spread(changes: NDArray[np.float64]) -> NDArray[np.float64]:
    low, high = np.nanpercentile(changes, (16, 84), axis=0)
    return np.asarray((high - low) / 2)


def inputs(one: Session, scales: Scales) -> NDArray[np.float32]:
    """Model inputs of the scored windows of a session."""
    change = scales.change(values(one)[one.scored], one.baseline)
    return scales.inputs(change, trends(one)[one.scored], rate_only=one.minutes[0].rate_only)


def fit(sessions: list[Session], scales: Scales) -> NDArray[np.float64]:
    """Weights of a logistic regression, the offset last; data sets and classes weigh the same."""
    x = np.concatenate([inputs(one, scales) for one in sessions]).astype(np.float64)
    y = np.concatenate([one.stress for one in sessions])
    groups = np.concatenate([[f"{one.dataset} {label}" for label in one.stress] for one in sessions])
    _, which, counts = np.unique(groups, return_inverse=True, return_counts=True)
    weight = 1 / counts[which]
    weight /= weight.sum()

    def loss(w: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        z = x @ w[:-1] + w[-1]
        error = weight * (1 / (1 + np.exp(-z)) - y)
        value = np.sum(weight * (np.logaddexp(0, z) - y * z)) + PENALTY / 2 * np.sum(w[:-1] ** 2)
        return float(value), np.append(x.T @ error + PENALTY * w[:-1], error.sum())

    return np.asarray(minimize(loss, np.zeros(x.shape[1] + 1), jac=True, method="L-BFGS-B").x)


def leave_one_out(sessions: list[Session]) -> list[NDArray[np.float64]]:
    """Odds for each session from a model that never saw that person."""
    found = []
    for index, one in enumerate(sessions):
        others = sessions[:index] + sessions[index + 1 :]
        scales = measure_scales(others)
        weights = fit(others, scales)
        found.append(inputs(one, scales) @ weights[:-1] + weights[-1])
    return found


def calibrate(odds: list[NDArray[np.float64]], sessions: list[Session]) -> tuple[float, float, float]:
    """Scale and offset that make left-out probabilities true (Platt 1999), and where odds are even."""
    z = np.concatenate(odds)
    y = np.concatenate([one.stress for one in sessions])

    def loss(line: NDArray[np.float64]) -> float:
        scaled = z * line[0] + line[1]
        return float(np.mean(np.logaddexp(0, scaled) - y * scaled))

    scale, offset = minimize(loss, np.array([1.0, 0.0])).x
    return float(scale), float(offset), float(1 / (1 + np.exp(-offset)))


def figures(
    odds: list[NDArray[np.float64]], sessions: list[Session], calibration: tuple[float, float, float]
) -> dict[str, dict[str, Any]]:
    """Figures of each data set."""
    scale, offset, threshold = calibration
    found = {}
    for name in DATASETS:
        own = [index for index, one in enumerate(sessions) if one.dataset == name]
        z = np.concatenate([odds[index] for index in own]) * scale + offset
        labels = np.concatenate([sessions[index].stress for index in own])
        probability = 1 / (1 + np.exp(-z))
        found[name] = {"subjects": len(own), **stress_scores(probability, labels, threshold=threshold)}
    return found


def as_model(weights: NDArray[np.float64]) -> Any:
    """Wrap the regression in one dense layer."""
    layer = tf.keras.layers.Dense(1)
    net = tf.keras.Sequential([tf.keras.layers.Input(INPUTS), layer])
    layer.set_weights([weights[:-1, None].astype(np.float32), weights[-1:].astype(np.float32)])
    return net


def main() -> None:
    """Train and write the model, or cross-validate."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cross-validate", action="store_true")
    args = parser.parse_args()
    sessions = [session(one) for name in DATASETS for one in read_stress_dataset(args.data, name)]
    left_out = leave_one_out(sessions)
    calibration = calibrate(left_out, sessions)
    if args.cross_validate:
        print(json.dumps({"threshold": calibration[2], **figures(left_out, sessions, calibration)}, indent=2))
        return
    scales = measure_scales(sessions)
    weights = fit(sessions, scales)
    seen = np.concatenate([inputs(one, scales) for one in sessions])
    corners = np.vstack([np.full(INPUTS, limit, np.float32) for limit in (-LIMIT, LIMIT)])
    (MODELS / ENTRY["file"]).write_bytes(to_int8(as_model(weights), np.concatenate([seen, corners])))
    numbers = {
        name: tuple(np.round(getattr(scales, name), 5).tolist())
        for name in ("rest_mean", "rest_sd", "change_sd", "trend_sd")
    }
    scale, offset, threshold = (round(value, 5) for value in calibration)
    record(
        "stress",
        {**ENTRY, "parameters": {**numbers, "scale": scale, "offset": offset, "threshold": threshold}},
    )


if __name__ == "__main__":
    main()
