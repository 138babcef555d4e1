"""Correcting RR intervals: ectopic beats, missed and extra detections, misplaced peaks.

Reference
---------
Lipponen and Tarvainen (2019), "A robust algorithm for heart rate variability time series artefact
correction using novel beat classification", J. Med. Eng. Technol. 43:173-181.

Deviations
----------
- The quartile deviations run over the whole series given, at most 91 intervals around each, and are
  at least 10 ms, as a very steady heart would otherwise have every second beat corrected.
- One pass, no iteration.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.ndimage import median_filter

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHORTEST_MS: Final = 250.0
LONGEST_MS: Final = 2500.0

_ALPHA: Final = 5.2
_C1: Final = 0.13
_C2: Final = 0.17
_FAR: Final = 3.0
_AROUND: Final = 91
_MEDIAN_OVER: Final = 11
_LEAST_SPREAD_MS: Final = 10.0
_LEAST_INTERVALS: Final = 5


@dataclass(frozen=True, slots=True, eq=False)
class CorrectedRr:
    """`rr_ms` after correction, and the share of intervals that had to be changed, in [0, 1]."""

    rr_ms: NDArray[np.float64]
    corrected_share: float


def correct(rr_ms: NDArray[np.float64]) -> CorrectedRr:
    """Correct consecutive RR intervals.

    Parameters
    ----------
    rr_ms
        Shape (n,), milliseconds, in order. Values that are not finite or outside 250-2500 ms are
        dropped first and count as corrected.
    """
    plausible = np.isfinite(rr_ms) & (rr_ms >= SHORTEST_MS) & (rr_ms <= LONGEST_MS)
    rr = np.asarray(rr_ms, dtype=np.float64)[plausible]
    dropped = len(rr_ms) - len(rr)
    if len(rr) < _LEAST_INTERVALS:
        return CorrectedRr(rr, dropped / len(rr_ms) if len(rr_ms) else 0.0)
    change = np.diff(rr, prepend=rr[0])
    change[0] = change[1:].mean()
    typical = median_filter(rr, size=min(_MEDIAN_OVER, len(rr)), mode="nearest")
    excess = rr - typical
    excess = np.where(excess < 0, 2 * excess, excess)
    excess_limit = _limit(excess)
    change, excess = change / _limit(change), excess / excess_limit
    kinds = _classify(rr, change, excess, typical, excess_limit)
    fixed = _repair(rr, kinds)
    return CorrectedRr(fixed, (len(kinds) + dropped) / len(rr_ms))


def _limit(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """5.2 quartile deviations of the magnitude, over up to 91 values around each."""
    magnitude = np.abs(values)
    if len(magnitude) <= _AROUND:
        low, high = np.percentile(magnitude, (25, 75))
        spread = np.full(len(values), (high - low) / 2)
    else:
        padded = np.pad(magnitude, _AROUND // 2, mode="reflect")
        windows = np.lib.stride_tricks.sliding_window_view(padded, _AROUND)
        low, high = np.percentile(windows, (25, 75), axis=1)
        spread = (high - low) / 2
    return np.asarray(_ALPHA * np.maximum(spread, _LEAST_SPREAD_MS))


def _classify(
    rr: NDArray[np.float64],
    change: NDArray[np.float64],
    excess: NDArray[np.float64],
    typical: NDArray[np.float64],
    excess_limit: NDArray[np.float64],
) -> dict[int, str]:
    """Interval index -> `ectopic`, `missed` (a beat is missing), `extra` (one too many) or `odd`."""
    kinds: dict[int, str] = {}
    count = len(rr)
    index = 0
    while index < count - 2:
        step, before, after, later = (
            change[index],
            change[max(index - 1, 0)],
            change[index + 1],
            change[index + 2],
        )
        if abs(step) <= 1 and abs(excess[index]) <= _FAR:
            index += 1
            continue
        neighbour = max(before, after) if step > 0 else min(before, after)
        if (step > 1 and neighbour < -_C1 * step - _C2) or (step < -1 and neighbour > -_C1 * step + _C2):
            kinds[index] = "ectopic"
            index += 1
            continue
        following = min(after, later) if step >= 0 else max(after, later)
        long = (step > 1 and following < -1) or excess[index] > _FAR
        short = (step < -1 and following > 1) or excess[index] < -_FAR
        if long and abs(rr[index] / 2 - typical[index]) < excess_limit[index]:
            kinds[index] = "missed"
        elif short and abs(rr[index] + rr[index + 1] - typical[index]) < excess_limit[index]:
            kinds[index] = "extra"
            index += 1
        elif long or short:
            kinds[index] = "odd"
        index += 1
    return kinds


def _repair(rr: NDArray[np.float64], kinds: dict[int, str]) -> NDArray[np.float64]:
    good = np.array(
        [index for index in range(len(rr)) if index not in kinds and kinds.get(index - 1) != "extra"]
    )
    values: list[float] = []
    for index, value in enumerate(rr):
        kind = kinds.get(index)
        if kinds.get(index - 1) == "extra":
            continue
        if kind == "missed":
            values += [value / 2, value / 2]
        elif kind == "extra":
            values.append(value + rr[index + 1])
        elif kind is not None and len(good):
            values.append(float(np.interp(index, good, rr[good])))
        else:
            values.append(float(value))
    return np.array(values)
