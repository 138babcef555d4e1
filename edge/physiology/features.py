"""What the stress model looks at: seven numbers of one minute of heart and skin, and four trends."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.physiology import hrv, rr
from edge.physiology.skin import WORK_RATE_HZ, SkinTrace, find_responses, widen_invalid

if TYPE_CHECKING:
    from numpy.typing import NDArray

WINDOW_S: Final = 60.0
LEAST_S: Final = 30.0
"""Less signal than this within the window is no evidence."""
TREND_S: Final = 300.0
HEART: Final = ("heart_rate", "rmssd")
SKIN: Final = ("level", "slope", "responses", "amplitude", "phasic")
FEATURES: Final = HEART + SKIN
"""Natural logarithms, but for `slope` (change of the logarithm a minute) and `responses` (count a minute)."""
TRENDS: Final = ("heart_rate", "level", "amplitude", "phasic")
"""Features of which the rise over the mean of the last five minutes counts as well."""

_TREND_COLUMNS: Final = [FEATURES.index(name) for name in TRENDS]
_LEAST_US: Final = 0.01
_LEAST_PHASIC_US: Final = 0.003
_LEAST_MS: Final = 1.0
_STRAY: Final = 0.25
_LEAST_REGULAR_S: Final = 15.0
_MOST_CORRECTED: Final = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class Minute:
    """Features of one window, NaN where there was no evidence, and how good the evidence was, in [0, 1].

    `rate_only` where the heart was seen by a monitor that tells an averaged rate and no beats.
    """

    values: NDArray[np.float64]
    heart_quality: float
    skin_quality: float
    rate_only: bool = False


class Recent:
    """The minutes of the last five minutes, for the trends."""

    def __init__(self) -> None:
        self._minutes: deque[tuple[float, NDArray[np.float64]]] = deque()

    def trend(self, end_s: float, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Rise of the minute that ends now over the mean of the last five, shape (4,), NaN where unknown."""
        self._minutes.append((end_s, values[_TREND_COLUMNS]))
        while not end_s - TREND_S < self._minutes[0][0] <= end_s:
            self._minutes.popleft()
        stacked = np.array([kept for _, kept in self._minutes])
        known = np.isfinite(stacked)
        mean = np.where(known, stacked, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        return np.asarray(values[_TREND_COLUMNS] - mean)


def heart_features(rr_ms: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Features of the RR intervals of one window, and their quality.

    Intervals more than a quarter off the median are left out of the heart rate; where they or the
    corrected ones are many, as with a pulse wave of a moving wrist, nothing is said of variability.
    The quality is the share of the window that regular intervals cover.
    """
    nothing = np.full(len(HEART), np.nan)
    if not len(rr_ms):
        return nothing, 0.0
    median_ms = float(np.median(rr_ms))
    regular = np.abs(rr_ms - median_ms) < _STRAY * median_ms
    covered_s = float(rr_ms[regular].sum()) / 1000
    if float(rr_ms.sum()) / 1000 < LEAST_S or covered_s < _LEAST_REGULAR_S:
        return nothing, 0.0
    corrected = rr.correct(rr_ms)
    rmssd_ms = None
    if corrected.corrected_share <= _MOST_CORRECTED and regular.mean() >= 1 - _MOST_CORRECTED:
        rmssd_ms = hrv.measure(corrected.rr_ms).rmssd_ms
    return np.array(
        [
            math.log(60_000 / float(rr_ms[regular].mean())),
            math.nan if rmssd_ms is None else math.log(max(rmssd_ms, _LEAST_MS)),
        ]
    ), min(1.0, covered_s / WINDOW_S)


def skin_features(trace: SkinTrace) -> tuple[NDArray[np.float64], float]:
    """Features of the skin conductance of one window and their quality: the share that is valid."""
    usable = widen_invalid(trace.valid)
    usable_s = float(usable.sum()) / WORK_RATE_HZ
    if usable_s < LEAST_S:
        return np.full(len(SKIN), np.nan), 0.0
    at_s, level = trace.at_s[usable], trace.level_us[usable]
    logarithm = np.log(np.maximum(level, _LEAST_US))
    slope = np.polyfit((at_s - at_s[0]) / 60, logarithm, 1)[0]
    responses = find_responses(at_s, level)
    amplitude = sum(response.amplitude_us for response in responses)
    values = [
        float(logarithm.mean()),
        float(slope),
        len(responses) * 60 / usable_s,
        math.log(_LEAST_US + amplitude * 60 / usable_s),
        math.log(_LEAST_PHASIC_US + float(trace.phasic_us[usable].std())),
    ]
    return np.array(values), min(1.0, usable_s / WINDOW_S)


def minute(rr_ms: NDArray[np.float64], trace: SkinTrace) -> Minute:
    """Features of one window from what lies inside it, either of which may be empty."""
    heart, heart_quality = heart_features(rr_ms)
    skin, skin_quality = skin_features(trace)
    return Minute(np.concatenate([heart, skin]), heart_quality, skin_quality)
