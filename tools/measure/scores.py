"""Figures of a classifier, each with what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

CALIBRATION_BINS: Final = 15
RESAMPLES: Final = 1000


def classification(
    probabilities: NDArray[np.floating], targets: NDArray[np.integer], labels: Sequence[str]
) -> dict[str, object]:
    """Accuracy, unweighted average recall, calibration error and recall of each class.

    Parameters
    ----------
    probabilities
        Shape (n, len(labels)), rows sum to 1.
    targets
        Shape (n,), indices of `labels`.

    Returns
    -------
    `n`, `uar`, `accuracy`, `ece` (15 bins of equal width, top class), `per_class` recall, and `interval`:
    the 95 % bootstrap interval of `uar` over rows.
    """
    predicted = np.argmax(probabilities, axis=1)
    hits = predicted == targets
    rng = np.random.default_rng(0)
    draws = [_uar(hits[rows], targets[rows]) for rows in rng.integers(len(hits), size=(RESAMPLES, len(hits)))]
    low, high = np.percentile(draws, (2.5, 97.5))
    return {
        "n": len(hits),
        "uar": _uar(hits, targets),
        "accuracy": float(hits.mean()),
        "ece": calibration_error(np.max(probabilities, axis=1), hits),
        "per_class": {
            label: float(hits[targets == index].mean())
            for index, label in enumerate(labels)
            if (targets == index).any()
        },
        "interval": [float(low), float(high)],
    }


def calibration_error(confidence: NDArray[np.floating], hits: NDArray[np.bool_]) -> float:
    """Weigh the gaps between confidence and accuracy over bins by their size."""
    bins = np.minimum((confidence * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    gaps = [
        abs(float(confidence[bins == index].mean()) - float(hits[bins == index].mean()))
        * float((bins == index).mean())
        for index in np.unique(bins)
    ]
    return float(sum(gaps))


def _uar(hits: NDArray[np.bool_], targets: NDArray[np.integer]) -> float:
    totals = np.bincount(targets)
    right = np.bincount(targets, weights=hits)
    present = totals > 0
    return float((right[present] / totals[present]).mean())
