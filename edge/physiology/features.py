"""What the stress model looks at: eight numbers of one minute of heart and skin."""

from __future__ import annotations

import math
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
HEART: Final = ("heart_rate", "rmssd", "sdnn")
SKIN: Final = ("level", "slope", "responses", "amplitude", "phasic")
FEATURES: Final = HEART + SKIN
"""Natural logarithms, but for `slope` (change of the logarithm a minute) and `responses` (count a minute)."""

_LEAST_US: Final = 0.01
_LEAST_PHASIC_US: Final = 0.003
_LEAST_MS: Final = 1.0
_WORST_CORRECTED: Final = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Minute:
    """Features of one window, NaN where there was no evidence, and how good the evidence was, in [0, 1]."""

    values: NDArray[np.float64]
    heart_quality: float
    skin_quality: float


def heart_features(rr_ms: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Features of the RR intervals of one window and their quality: coverage and how few were corrected."""
    nothing = np.full(len(HEART), np.nan)
    corrected = rr.correct(rr_ms)
    covered_s = float(corrected.rr_ms.sum()) / 1000
    if covered_s < LEAST_S or corrected.corrected_share > _WORST_CORRECTED:
        return nothing, 0.0
    found = hrv.measure(corrected.rr_ms)
    values = [found.heart_rate_bpm, found.rmssd_ms, found.sdnn_ms]
    quality = min(1.0, covered_s / WINDOW_S) * (1 - corrected.corrected_share / _WORST_CORRECTED) ** 0.5
    return np.array(
        [math.nan if value is None else math.log(max(value, _LEAST_MS)) for value in values]
    ), quality


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
