"""Breathing at the wearer's resonance: the pacer, the search for the pace, the coherence score.

Pure functions of time and of RR intervals; nothing here is published. What leaves goes through the gate.

References
----------
- Lehrer, Vaschillo and Vaschillo (2000), "Resonant frequency biofeedback training to increase cardiac
  variability", Appl. Psychophysiol. Biofeedback 25:177-191; Lehrer et al. (2013), "Protocol for heart
  rate variability biofeedback training", Biofeedback 41:98-109: paces of 6.5 to 4.5 breaths a minute
  in steps of half a breath, about two minutes each; the resonance is where the heart swings most.
- McCraty and Childre (2010), "Coherence: bridging personal, social, and global health", Altern. Ther.
  Health Med. 16:10-24: the power of the highest peak between 0.04 and 0.26 Hz against all the rest.

Deviations
----------
- The swing is the amplitude of the heart period at the pace alone, by least squares, instead of the
  several criteria of the protocol.
- Coherence is the share of the peak (0.03 Hz wide, or the main lobe of the window where that is wider) in
  all power up to 0.4 Hz, in [0, 1], not the ratio.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from edge.physiology import hrv, rr

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

PACES_PER_MIN: Final = (6.5, 6.0, 5.5, 5.0, 4.5)
"""Breaths a minute to try, each for `TRIAL_S`."""
TRIAL_S: Final = 120.0
COHERENCE_FROM_S: Final = 60.0
LEAST_TRIALS: Final = 3
"""Fewer whole trials tell no resonance."""

_INHALE_SHARE: Final = 0.4
_PEAK_BAND_HZ: Final = (0.04, 0.26)
_WHOLE_BAND_HZ: Final = (0.0033, 0.4)
_HALF_PEAK_HZ: Final = 0.015
_MAIN_LOBE_BINS: Final = 1.5
_NO_POWER: Final = 1e-9
_SLACK_S: Final = 2.0
_LEAST_COVERED: Final = 0.9
_MOST_IRREGULAR: Final = 0.2
_STRAY: Final = 0.3


def pacer(elapsed_s: float, pace_per_min: float) -> float:
    """How full the lungs should be, in [0, 1]: 40 % of a breath in, 60 % out, without a jerk."""
    phase = (elapsed_s * pace_per_min / 60) % 1.0
    if phase < _INHALE_SHARE:
        return float(0.5 - 0.5 * np.cos(np.pi * phase / _INHALE_SHARE))
    return float(0.5 + 0.5 * np.cos(np.pi * (phase - _INHALE_SHARE) / (1 - _INHALE_SHARE)))


def swing_ms(rr_ms: NDArray[np.float64], pace_per_min: float) -> float:
    """Amplitude in ms with which the heart period follows a pace; `rr_ms` consecutive and corrected."""
    at_s = np.cumsum(rr_ms) / 1000
    turn = 2 * np.pi * pace_per_min / 60 * at_s
    columns = np.column_stack([np.sin(turn), np.cos(turn), np.ones(len(rr_ms)), at_s])
    weights, *_ = np.linalg.lstsq(columns, rr_ms, rcond=None)
    return float(np.hypot(weights[0], weights[1]))


def resonance_per_min(trials: Mapping[float, NDArray[np.float64]]) -> float | None:
    """The pace, in breaths a minute, at which the heart swings most.

    Parameters
    ----------
    trials
        RR intervals of each trial, by pace. A trial counts when they cover 90 % of `TRIAL_S` and at most a
        fifth of them needs correction.

    Returns
    -------
    The pace, between the neighbours of the best trial by a parabola; None with fewer than three trials
    that count.
    """
    swings = {}
    for pace, rr_ms in sorted(trials.items()):
        corrected = rr.correct(rr_ms)
        covered_s = float(corrected.rr_ms.sum()) / 1000
        if covered_s >= _LEAST_COVERED * TRIAL_S and corrected.corrected_share <= _MOST_IRREGULAR:
            swings[pace] = swing_ms(corrected.rr_ms, pace)
    if len(swings) < LEAST_TRIALS:
        return None
    paces, heights = np.array(list(swings)), np.array(list(swings.values()))
    best = int(np.argmax(heights))
    if not 0 < best < len(paces) - 1:
        return float(paces[best])
    bend, slope, _ = np.polyfit(paces[best - 1 : best + 2], heights[best - 1 : best + 2], 2)
    low, high = paces[best - 1], paces[best + 1]
    return float(np.clip(-slope / (2 * bend), low, high)) if bend < 0 else float(paces[best])


def coherence(rr_ms: NDArray[np.float64]) -> float | None:
    """Share of one rhythm in all heart rate variability, in [0, 1]; None under a minute of beats."""
    if float(rr_ms.sum()) / 1000 + _SLACK_S < COHERENCE_FROM_S:
        return None
    frequencies, power = hrv.spectrum(rr_ms)
    inside = (frequencies >= _PEAK_BAND_HZ[0]) & (frequencies <= _PEAK_BAND_HZ[1])
    whole = power[(frequencies >= _WHOLE_BAND_HZ[0]) & (frequencies <= _WHOLE_BAND_HZ[1])].sum()
    if not inside.any() or whole <= _NO_POWER:
        return 0.0
    peak_hz = frequencies[inside][np.argmax(power[inside])]
    half_hz = max(_HALF_PEAK_HZ, _MAIN_LOBE_BINS * frequencies[1])
    return float(min(power[np.abs(frequencies - peak_hz) <= half_hz].sum() / whole, 1.0))


def follow(rr_ms: NDArray[np.float64]) -> float | None:
    """Coherence of uncorrected intervals; None under a minute, or where too many are irregular."""
    corrected = rr.correct(rr_ms)
    if not len(rr_ms) or corrected.corrected_share > _MOST_IRREGULAR:
        return None
    typical_ms = float(np.median(rr_ms))
    stray = np.abs(rr_ms - typical_ms) > _STRAY * typical_ms
    return coherence(corrected.rr_ms) if stray.mean() <= _MOST_IRREGULAR else None
