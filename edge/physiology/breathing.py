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
- Coherence is the share of the peak (0.03 Hz wide) in all power up to 0.4 Hz, in [0, 1], not the ratio.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from edge.physiology import hrv

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

PACES_PER_MIN: Final = (6.5, 6.0, 5.5, 5.0, 4.5)
"""Breaths a minute to try, each for `TRIAL_S`."""
TRIAL_S: Final = 120.0
COHERENCE_FROM_S: Final = 60.0

_INHALE_SHARE: Final = 0.4
_PEAK_BAND_HZ: Final = (0.04, 0.26)
_WHOLE_BAND_HZ: Final = (0.0033, 0.4)
_HALF_PEAK_HZ: Final = 0.015
_NO_POWER: Final = 1e-9
_SLACK_S: Final = 2.0


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
        Corrected RR intervals of each trial, by pace. Trials shorter than `TRIAL_S` do not count.

    Returns
    -------
    The pace, between the neighbours of the best trial by a parabola; None without a whole trial.
    """
    swings = {
        pace: swing_ms(rr_ms, pace)
        for pace, rr_ms in sorted(trials.items())
        if float(rr_ms.sum()) / 1000 >= TRIAL_S - _SLACK_S
    }
    if not swings:
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
    return float(min(power[np.abs(frequencies - peak_hz) <= _HALF_PEAK_HZ].sum() / whole, 1.0))
