"""Moments: when the mood of a room changes, to what, and how surely."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.emotion import EMOTIONS, Emotion, MomentKind
from edge.signals import Modality, Moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edge.signals import RoomState

HALF_WINDOW_S: Final = 4.0
"""What lies this far before and after is compared; a moment is known half as much later again."""

SAMPLE_S: Final = 0.5
"""A room is looked at this often."""

MEMORY_S: Final = 180.0
"""How much of the past the surrogates of a live room are made from."""

MIN_STRENGTH: Final = 0.15
"""Smaller changes of the aggregate are no moments, however sure."""

FALSE_DISCOVERIES: Final = 0.05
SURROGATES: Final = 99

_HALF: Final = round(HALF_WINDOW_S / SAMPLE_S)


_CHANNELS: Final = tuple(MomentKind)
_CLASSES: Final[dict[MomentKind, tuple[Emotion, ...]]] = {
    MomentKind.JOY: (Emotion.HAPPINESS,),
    MomentKind.SURPRISE: (Emotion.SURPRISE,),
    MomentKind.SADNESS: (Emotion.SADNESS,),
    MomentKind.TENSION: (Emotion.ANGER, Emotion.DISGUST, Emotion.FEAR, Emotion.CONTEMPT),
    MomentKind.BOREDOM: (Emotion.NEUTRAL,),
}
_COLUMNS: Final = {kind: [EMOTIONS.index(emotion) for emotion in _CLASSES[kind]] for kind in _CLASSES}


class MomentDetector:
    """Finds moments in a live room, one and a half half windows after each; memory only.

    A tick costs some 0.3 ms, and 20 ms when a change is put to the test.
    """

    def __init__(self) -> None:
        self._at_s: deque[float] = deque(maxlen=round(MEMORY_S / SAMPLE_S))
        self._seen: deque[Viewers] = deque(maxlen=self._at_s.maxlen)

    def update(self, state: RoomState) -> Moment | None:
        """Take a state of the room; the moment that it made sure of, mostly none.

        A room that is empty for longer than a half window begins anew.
        """
        since_s = state.at_s - self._at_s[-1] if self._at_s else np.inf
        if not state.probabilities.any() or since_s < SAMPLE_S - 1e-9:
            return None
        if since_s > HALF_WINDOW_S:
            self._at_s.clear()
            self._seen.clear()
        self._at_s.append(state.at_s)
        self._seen.append(viewers(state))
        ripe = len(self._at_s) - _HALF - _HALF // 2
        if ripe < _HALF:
            return None
        series = stack(self._seen)
        height = changes(np.nanmean(series, axis=0)).max(axis=1)
        if height[ripe] < MIN_STRENGTH or ripe not in _peaks(height):
            return None
        ripe_s = self._at_s[ripe]
        return next((m for m in find_moments(np.array(self._at_s), series) if m.at_s == ripe_s), None)


Viewers = dict[int | None, "NDArray[np.float64]"]
"""What each viewer shows: by token, one number in [0, 1] for each `MomentKind`."""


def viewers(state: RoomState) -> Viewers:
    """Every face of the room; the fused state as the only viewer where there is no face."""
    faces = [reading for reading in state.evidence if reading.modality is Modality.FACE]
    return {face.who: _shares(face.probabilities, face.facing) for face in faces} or {
        None: _shares(state.probabilities, None)
    }


def stack(seen: Sequence[Viewers]) -> NDArray[np.float64]:
    """Shape (viewers, ticks, channels), NaN where a viewer was not there."""
    rows = {who: row for row, who in enumerate(dict.fromkeys(who for at_once in seen for who in at_once))}
    series = np.full((len(rows), len(seen), len(_CHANNELS)), np.nan)
    for tick, at_once in enumerate(seen):
        for who, shares in at_once.items():
            series[rows[who], tick] = shares
    return series


def _shares(probabilities: NDArray[np.float64], facing: float | None) -> NDArray[np.float64]:
    of_classes = [probabilities[_COLUMNS[kind]].sum() for kind in _CLASSES]
    return np.array([*of_classes, 0.0 if facing is None else 1.0 - facing])


def changes(series: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of the half window from each tick on, less the mean of the half window before it.

    The moving sum (MOSUM) of Eichinger and Kirch (2018), "A MOSUM procedure for the estimation of
    multiple random change points", Bernoulli 24:526-564, section 2.

    Parameters
    ----------
    series
        Shape (..., ticks, channels).

    Returns
    -------
    The same shape; zero where either half window is not whole.
    """
    moved = np.zeros_like(series)
    ticks = series.shape[-2]
    if ticks >= 2 * _HALF:
        sums = series.cumsum(axis=-2)
        sums = np.concatenate([np.zeros_like(sums[..., :1, :]), sums], axis=-2)
        halves = (sums[..., _HALF:, :] - sums[..., :-_HALF, :]) / _HALF
        moved[..., _HALF : ticks - _HALF + 1, :] = halves[..., _HALF:, :] - halves[..., :-_HALF, :]
    return moved


def find_moments(at_s: NDArray[np.float64], series: NDArray[np.float64]) -> list[Moment]:
    """Change points of the aggregate at a stated rate of false discoveries.

    1. The statistic of a tick is the greatest rise among the `changes` of the mean viewer, each
       channel against its own noise; the peaks of the greatest plain rise, one in a half window,
       are the candidates, and the channel names the kind.
    2. Surrogates of several viewers: each is shifted around a circle by a random lag of its own, so
       that each keeps its reactions and only what they share in time is lost; once more without the
       spans of the discoveries, so that great moments do not hide small ones. Of a single viewer:
       what remains when the mean between the candidates is taken away, with random phases, the same
       in all channels (Theiler et al. 1992, "Testing for nonlinearity in time series: the method of
       surrogate data", Physica D 58:77-94).
    3. The p-value of a candidate is the share of the surrogates' peaks that are as high; those are
       kept that Benjamini and Hochberg (1995), J. R. Stat. Soc. B 57:289-300, keep at
       `FALSE_DISCOVERIES`.

    Deviations: changes below `MIN_STRENGTH` are left out before, and a return to calm after a
    moment, which is nothing unusual, is none itself.

    Parameters
    ----------
    at_s, series
        Shapes (ticks,) and (viewers, ticks, channels), as `stack` gives them, about `SAMPLE_S` apart.
    """
    mean = np.nanmean(series, axis=0)
    moved = changes(mean)
    height = moved.max(axis=1)
    strong = _peaks(height)
    strong = strong[height[strong] >= MIN_STRENGTH]
    if not len(strong):
        return []
    if len(series) > 1:
        p_values = _p_values(moved[strong], _shifted(series))
        known = strong[_discoveries(p_values)]
        p_values = _p_values(moved[strong], _shifted(_without_spans(series, known)))
    else:
        p_values = _p_values(moved[strong], _phase_randomised(_without_steps(mean, strong)))
    usual = np.median(mean, axis=0)
    moments = (
        _named(
            float(at_s[strong[one]]),
            moved[strong[one]],
            mean[strong[one] :][:_HALF].mean(axis=0) - usual,
            confidence=float(1 - p_values[one]),
        )
        for one in np.flatnonzero(_discoveries(p_values))
    )
    return [moment for moment in moments if moment is not None]


def _p_values(moved: NDArray[np.float64], surrogates: NDArray[np.float64]) -> NDArray[np.float64]:
    """P-value of each candidate (candidates, channels) among the peaks of the surrogates."""
    by_chance = changes(surrogates)
    noise = np.maximum(by_chance.std(axis=(0, 1)), 1e-3)
    high = np.sort(np.concatenate([row[_peaks(row)] for row in (by_chance / noise).max(axis=2)]))
    as_high = len(high) - np.searchsorted(high, (moved / noise).max(axis=1))
    return np.asarray((1 + as_high) / (1 + len(high)))


def _without_spans(series: NDArray[np.float64], ticks: NDArray[np.intp]) -> NDArray[np.float64]:
    """Cut two half windows out from each of these ticks on, unless too little would be left."""
    kept = np.ones(series.shape[1], dtype=np.bool_)
    for tick in ticks:
        kept[tick : tick + 2 * _HALF] = False
    return series[:, kept] if kept.sum() >= 4 * _HALF else series


def _shifted(series: NDArray[np.float64]) -> NDArray[np.float64]:
    """Surrogates (SURROGATES, ticks, channels): the mean of viewers, each shifted by a lag of its own."""
    ticks = series.shape[1]
    lags = np.random.default_rng(0).integers(ticks, size=(len(series), SURROGATES))
    order = (np.arange(ticks) + lags[:, :, None]) % ticks
    sums = np.zeros((SURROGATES, ticks, series.shape[2]))
    there = np.zeros((SURROGATES, ticks, 1))
    for viewer, shifted in zip(series, order, strict=True):
        sums += np.nan_to_num(viewer)[shifted]
        there += ~np.isnan(viewer[:, :1])[shifted]
    usual = np.nanmean(series, axis=(0, 1))
    mean: NDArray[np.float64] = np.where(there > 0, sums / np.maximum(there, 1), usual)
    return mean


def _phase_randomised(mean: NDArray[np.float64]) -> NDArray[np.float64]:
    spectrum = np.fft.rfft(mean, axis=0)
    phases = np.random.default_rng(0).uniform(0, 2 * np.pi, size=(SURROGATES, len(spectrum), 1))
    return np.fft.irfft(spectrum * np.exp(1j * phases), n=len(mean), axis=1)


def _named(
    at_s: float, moved: NDArray[np.float64], above_usual: NDArray[np.float64], *, confidence: float
) -> Moment | None:
    """Name a change by what rose most; calm is boredom only where it is above what is usual."""
    channel = int(moved.argmax())
    kind, strength = _CHANNELS[channel], float(moved[channel])
    if kind is MomentKind.BOREDOM and above_usual[channel] < MIN_STRENGTH:
        return None
    return Moment(at_s, kind, min(1.0, strength), confidence)


def _peaks(height: NDArray[np.float64]) -> NDArray[np.intp]:
    """Ticks that are the first and highest within a half window to either side."""
    padded = np.pad(height, _HALF, constant_values=-np.inf)
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * _HALF + 1)
    return np.flatnonzero((around.argmax(axis=1) == _HALF) & (height > 0))


def _without_steps(series: NDArray[np.float64], steps: NDArray[np.intp]) -> NDArray[np.float64]:
    rest = series.copy()
    for part in np.split(rest, steps):
        np.subtract(part, part.mean(axis=0), out=part)
    return rest


def _discoveries(p_values: NDArray[np.float64]) -> NDArray[np.bool_]:
    ranked = np.sort(p_values)
    kept = ranked <= FALSE_DISCOVERIES * np.arange(1, len(ranked) + 1) / len(ranked)
    return np.asarray(p_values <= (ranked[kept].max() if kept.any() else -1.0))
