"""What an utterance sounds like: statistics over its frames, fit to be normalised per speaker."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.speech.frontend import DESCRIPTORS, FRAME_RATE_HZ, MELS, Frames, column
from edge.speech.pitch import VOICED_STRENGTH

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHORTEST_FRAMES: Final = 50
"""Fewer frames carry no functionals."""

_ACTIVE_RANGE_DB: Final = 35.0
_SPECTRAL: Final = tuple(range(DESCRIPTORS.index("h1_h2_db")))
_VOICED: Final = tuple(range(DESCRIPTORS.index("f0_semitones")))
_UNVOICED: Final = tuple(range(DESCRIPTORS.index("alpha_ratio_db"), DESCRIPTORS.index("h1_h2_db")))
_SKEWED: Final = tuple(range(column("mfcc_1"), column("mfcc_4") + 1))
_MODULATION_HZ: Final = (1.0, 2.0, 4.0, 8.0, 16.0)
_CONTOUR_POINTS: Final = 512
_SHORTEST_CONTOUR: Final = 9


def _names() -> tuple[str, ...]:
    names = [f"{DESCRIPTORS[index]}_{kind}" for kind in ("mean", "std", "step") for index in _SPECTRAL]
    names += [f"{DESCRIPTORS[index]}_voiced_{kind}" for kind in ("mean", "std") for index in _VOICED]
    names += [f"{DESCRIPTORS[index]}_unvoiced_mean" for index in _UNVOICED]
    names += [f"{DESCRIPTORS[index]}_{kind}" for kind in ("p10", "p90", "skew") for index in _SKEWED]
    names += [f"mel_{band}_{kind}" for kind in ("mean", "std") for band in range(MELS)]
    contour = ("p10", "p20", "p50", "p80", "p90", "range", "rise", "rise_std", "fall", "fall_std", "trend")
    names += [f"{what}_{kind}" for what in ("f0", "level") for kind in contour]
    names += ["f0_mean", "f0_std", "f0_jitter", "level_shimmer", "f0_bend"]
    names += ["voiced_share", "voiced_per_s", "voiced_s", "voiced_s_std", "unvoiced_s", "unvoiced_s_std"]
    names += ["active_share", "loudness_peaks_per_s", "onset_rise", "strength_mean"]
    names += [f"modulation_{low:g}_hz" for low in _MODULATION_HZ[:-1]]
    return tuple(names)


FUNCTIONALS: Final = _names()
"""Names of the values of `functionals`, in order."""


def functionals(frames: Frames) -> NDArray[np.float32]:
    """Statistics of one utterance.

    The set follows eGeMAPS (Eyben et al. 2016, section 3): means and spreads over active, voiced and
    unvoiced frames, percentiles and slopes of pitch and level, rates of voiced segments and of loudness
    peaks. Deviations: perturbation (jitter, shimmer) is measured from frame to frame, not from period to
    period; no formants, mel-band and MFCC statistics and a modulation spectrum stand in for them.

    Parameters
    ----------
    frames
        The utterance, at least `SHORTEST_FRAMES` long; pauses inside may stay, they are told by level.

    Returns
    -------
    Shape (len(FUNCTIONALS),), float32, finite.

    Raises
    ------
    ValueError
        Too few frames.
    """
    if len(frames) < SHORTEST_FRAMES:
        raise ValueError(f"{len(frames)} frames, wanted at least {SHORTEST_FRAMES}")
    columns = frames.descriptors.astype(np.float64)
    level = columns[:, column("level_db")]
    active = level > _percentiles(level, (95,))[0] - _ACTIVE_RANGE_DB
    voiced = _smooth(active & (columns[:, column("strength")] > VOICED_STRENGTH))
    unvoiced = active & ~voiced
    active_columns = columns[active]
    mels = frames.masked_log_mel[active].astype(np.float64)
    mels = mels - mels.mean()
    steps = np.abs(np.diff(columns[:, _SPECTRAL], axis=0))[active[1:] & active[:-1]]
    skewed = active_columns[:, _SKEWED]
    f0 = _median3(columns[:, column("f0_semitones")])
    both = voiced[1:] & voiced[:-1]
    values = [
        active_columns[:, _SPECTRAL].mean(axis=0),
        active_columns[:, _SPECTRAL].std(axis=0),
        _mean(steps, width=len(_SPECTRAL)),
        _mean(columns[voiced][:, _VOICED], width=len(_VOICED)),
        _std(columns[voiced][:, _VOICED], width=len(_VOICED)),
        _mean(columns[unvoiced][:, _UNVOICED], width=len(_UNVOICED)),
        *_percentiles(skewed, (10, 90)),
        _skew(skewed),
        mels.mean(axis=0),
        mels.std(axis=0),
        _contour(f0, voiced),
        _contour(level, active),
        [
            float(f0[voiced].mean()) if voiced.any() else 0.0,
            float(f0[voiced].std()) if voiced.any() else 0.0,
            float(np.minimum(np.abs(np.diff(f0))[both], 2).mean()) if both.any() else 0.0,
            float(np.abs(np.diff(level))[both].mean()) if both.any() else 0.0,
            _bend(f0, voiced),
        ],
        _rhythm(voiced, active),
        _pulse(columns[:, column("loudness")]),
        [float(columns[active, column("strength")].mean())],
        _modulation(columns[:, column("loudness")]),
    ]
    return np.concatenate(values).astype(np.float32)


def _percentiles(values: NDArray[np.float64], percents: tuple[int, ...]) -> NDArray[np.float64]:
    """Along the first axis, as `numpy.percentile` has them, at a quarter of its time for so few values."""
    ordered = np.sort(values, axis=0)
    places = np.array(percents) * (len(ordered) - 1) / 100
    below = places.astype(np.intp)
    share = (places - below).reshape(-1, *[1] * (values.ndim - 1))
    above = np.minimum(below + 1, len(ordered) - 1)
    between: NDArray[np.float64] = ordered[below] * (1 - share) + ordered[above] * share
    return between


def _mean(rows: NDArray[np.float64], *, width: int) -> NDArray[np.float64]:
    return rows.mean(axis=0) if len(rows) else np.zeros(width)


def _std(rows: NDArray[np.float64], *, width: int) -> NDArray[np.float64]:
    return rows.std(axis=0) if len(rows) else np.zeros(width)


def _skew(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    centred = rows - rows.mean(axis=0)
    skewness: NDArray[np.float64] = (centred**3).mean(axis=0) / np.maximum(centred.std(axis=0), 1e-3) ** 3
    return skewness


def _median3(values: NDArray[np.float64]) -> NDArray[np.float64]:
    padded = np.concatenate([values[:1], values, values[-1:]])
    middle: NDArray[np.float64] = np.sort(np.stack([padded[:-2], padded[1:-1], padded[2:]]), axis=0)[1]
    return middle


def _smooth(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    padded = np.concatenate([mask[:1], mask, mask[-1:]]).astype(np.int8)
    smoothed: NDArray[np.bool_] = padded[:-2] + padded[1:-1] + padded[2:] > 1
    return smoothed


def _contour(values: NDArray[np.float64], mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Percentiles, mean and spread of rising and falling slopes (per second), and trend of a contour."""
    chosen = values[mask]
    if len(chosen) < _SHORTEST_CONTOUR:
        return np.zeros(11)
    p10, p20, p50, p80, p90 = _percentiles(chosen, (10, 20, 50, 80, 90))
    five = values[4:] - values[:-4]
    slopes = five[mask[4:] & mask[2:-2] & mask[:-4]] * (FRAME_RATE_HZ / 4)
    rising, falling = slopes[slopes > 0], slopes[slopes < 0]
    at_s = np.flatnonzero(mask) / FRAME_RATE_HZ
    at_s = at_s - at_s.mean()
    return np.array(
        [
            p10, p20, p50, p80, p90, p90 - p10,
            rising.mean() if len(rising) else 0.0,
            rising.std() if len(rising) else 0.0,
            falling.mean() if len(falling) else 0.0,
            falling.std() if len(falling) else 0.0,
            float(at_s @ chosen / max(float(at_s @ at_s), 0.02)),
        ]
    )  # fmt: skip


def _bend(f0: NDArray[np.float64], voiced: NDArray[np.bool_]) -> float:
    """Pitch of the middle third less that of the outer thirds, in semitones."""
    chosen = f0[voiced]
    if len(chosen) < _SHORTEST_CONTOUR:
        return 0.0
    first, middle, last = (part.mean() for part in np.array_split(chosen, 3))
    return float(middle - (first + last) / 2)


def _rhythm(voiced: NDArray[np.bool_], active: NDArray[np.bool_]) -> list[float]:
    seconds = len(voiced) / FRAME_RATE_HZ
    voiced_s = _run_lengths_s(voiced)
    unvoiced_s = _run_lengths_s(~voiced)
    return [
        float(voiced.sum() / active.sum()),
        len(voiced_s) / seconds,
        float(voiced_s.mean()) if len(voiced_s) else 0.0,
        float(voiced_s.std()) if len(voiced_s) else 0.0,
        float(unvoiced_s.mean()) if len(unvoiced_s) else 0.0,
        float(unvoiced_s.std()) if len(unvoiced_s) else 0.0,
        float(active.mean()),
    ]


def _run_lengths_s(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    lengths: NDArray[np.float64] = (edges[1::2] - edges[::2]) / FRAME_RATE_HZ
    return lengths


def _pulse(loudness: NDArray[np.float64]) -> list[float]:
    """Peaks of the smoothed loudness a second (syllables, roughly), and how steeply it rises."""
    kernel = np.hanning(13)[1:-1]
    smooth = np.convolve(loudness, kernel / kernel.sum(), mode="same")
    peaks = (smooth[1:-1] > smooth[:-2]) & (smooth[1:-1] >= smooth[2:])
    loud = smooth[1:-1] > 0.3 * smooth.max()
    steps = np.diff(smooth)
    rise = steps[steps > 0].mean() / max(float(smooth.mean()), 1e-6) if (steps > 0).any() else 0.0
    return [float((peaks & loud).sum() * FRAME_RATE_HZ / len(loudness)), float(rise) * FRAME_RATE_HZ]


def _modulation(loudness: NDArray[np.float64]) -> NDArray[np.float64]:
    """Natural logarithm of the share of loudness modulation in octaves from 1 to 16 Hz."""
    contour = loudness[-_CONTOUR_POINTS:] - loudness[-_CONTOUR_POINTS:].mean()
    power = np.abs(np.fft.rfft(contour * np.hanning(len(contour)), _CONTOUR_POINTS)) ** 2
    bins = np.searchsorted(np.fft.rfftfreq(_CONTOUR_POINTS, 1 / FRAME_RATE_HZ), _MODULATION_HZ)
    octaves = np.array([power[low:high].sum() for low, high in pairwise(bins)])
    shares: NDArray[np.float64] = np.log((octaves + 1e-6) / (octaves.sum() + 4e-6))
    return shares
