"""Calibration of the expression net through the bytes and the code that run it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.optimize import minimize_scalar

from edge.emotion import softmax
from edge.face.expression import average_logits
from edge.inference.model import Model

if TYPE_CHECKING:
    from numpy.typing import NDArray

ACCURACY_GIVEN_UP: Final = 0.003
"""Largest loss of accuracy accepted for a better mean recall over the classes."""


def calibrate(
    content: bytes,
    tiles: NDArray[np.uint8],
    labels: NDArray[np.int64],
) -> tuple[float, NDArray[np.float64]]:
    """Fit a temperature and a bias a class on a validation split.

    The bias is `-strength * log(share of the class)`: one number, so that a class with a dozen
    validation faces cannot be fitted by itself. `strength` is the one with the best mean recall
    among those that cost at most `ACCURACY_GIVEN_UP`. The temperature then minimizes the negative
    log-likelihood.

    Returns
    -------
    (temperature, logit_bias of shape (8,)).
    """
    model = Model("candidate", content)
    logits = np.stack([average_logits(model, tile) for tile in tiles])
    shares = np.bincount(labels, minlength=logits.shape[1]) / len(labels)

    def judged(strength: float) -> tuple[float, float]:
        right = (logits - strength * np.log(shares)).argmax(axis=1) == labels
        return float(right.mean()), float(np.mean([right[labels == label].mean() for label in set(labels)]))

    strengths = np.linspace(0.0, 1.0, 21)
    scores = [judged(strength) for strength in strengths]
    best = max(accuracy for accuracy, _ in scores)
    allowed = [
        (recall, -strength)
        for strength, (accuracy, recall) in zip(strengths, scores, strict=True)
        if accuracy >= best - ACCURACY_GIVEN_UP
    ]
    bias = max(allowed)[1] * np.log(shares)

    def loss(log_temperature: float) -> float:
        probabilities = softmax((logits + bias) / np.exp(log_temperature))
        return float(-np.log(probabilities[np.arange(len(labels)), labels] + 1e-9).mean())

    temperature = float(np.exp(minimize_scalar(loss, bounds=(-2.0, 2.0), method="bounded").x))
    return temperature, bias / temperature
