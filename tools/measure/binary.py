"""Figures of a probability for a yes or no."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.stats import rankdata

if TYPE_CHECKING:
    from numpy.typing import NDArray

BINS: Final = 10


def stress_scores(
    probability: NDArray[np.float64], label: NDArray[np.int64], *, threshold: float
) -> dict[str, float | int]:
    """Accuracy and macro F1 at a threshold, area under the ROC curve, calibration error (10 equal bins)."""
    said, true = probability >= threshold, label == 1
    return {
        "windows": len(label),
        "accuracy": float(np.mean(said == true)),
        "macro_f1": float(np.mean([_f1(said, true), _f1(~said, ~true)])),
        "auc": area_under_roc(probability, true),
        "ece": _calibration_error(probability, true),
    }


def area_under_roc(probability: NDArray[np.float64], true: NDArray[np.bool_]) -> float:
    """Chance that a true one ranks above a false one; NaN where one of the two is missing."""
    positive, negative = int(true.sum()), int((~true).sum())
    if not positive or not negative:
        return float("nan")
    ranks = rankdata(probability)
    return float((ranks[true].sum() - positive * (positive + 1) / 2) / (positive * negative))


def _f1(said: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
    hits = int((said & true).sum())
    return 2 * hits / max(int(said.sum() + true.sum()), 1)


def _calibration_error(probability: NDArray[np.float64], true: NDArray[np.bool_]) -> float:
    bins = np.minimum((probability * BINS).astype(int), BINS - 1)
    return float(
        sum(
            abs(probability[bins == index].mean() - true[bins == index].mean()) * np.mean(bins == index)
            for index in np.unique(bins)
        )
    )
