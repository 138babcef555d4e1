"""How a wearer is at rest: what stress is measured against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Baseline:
    """What is known of a wearer.

    Attributes
    ----------
    rest
        Mean features of the wearer's rest, shape (7,), in the order of `FEATURES`; NaN where unknown.
    breaths_per_minute
        The pace of breath at which the wearer's heart swings most, 4.5 to 6.5; None while it is unknown.
    """

    rest: NDArray[np.float64]
    breaths_per_minute: float | None = None

    @classmethod
    def from_minutes(cls, minutes: Sequence[NDArray[np.float64]]) -> Baseline | None:
        """Average windows of rest; None when none of them holds any evidence."""
        stacked = np.array([values for values in minutes if np.isfinite(values).any()])
        if not len(stacked):
            return None
        known = np.isfinite(stacked)
        total = np.where(known, stacked, 0.0).sum(axis=0)
        count = known.sum(axis=0)
        return cls(np.where(count > 0, total / np.maximum(count, 1), np.nan))
