"""Moments: when the mood of a room changes, to what, and how surely."""

from __future__ import annotations

import itertools
from collections import deque
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.emotion import EMOTIONS, MOMENT_CLASSES, MomentKind
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
SURROGATES: Final = 49

_HALF: Final = round(HALF_WINDOW_S / SAMPLE_S)
_NEAR: Final = 3 * _HALF + _HALF // 2
"""Ticks that decide whether one of them is a peak: a half window before those compared with it."""

_CHANNELS: Final = tuple(MomentKind)
_OF_CLASS: Final = np.array(
    [[emotion in classes for classes in MOMENT_CLASSES.values()] for emotion in EMOTIONS], float
)
"""Shape (8, 5): which kind each class belongs to."""


class MomentDetector:
    """Finds moments in a live room, one and a half half windows after each; memory only.

    A tick costs 0.1 ms, and 4 ms more when a change is put to the test: 0.3 ms in the mean of audiences in
    which much happens.
    """

    def __init__(self) -> None:
        ticks = round(MEMORY_S / SAMPLE_S)
        self._at_s: deque[float] = deque(maxlen=ticks)
        self._seen: deque[Viewers] = deque(maxlen=ticks)
        self._mean: deque[NDArray[np.float64]] = deque(maxlen=_NEAR)

    def update(self, state: RoomState) -> Moment | None:
        """Take a state of the room; the moment that it made sure of, mostly none.

        A room that is empty for longer than a half window begins anew.
        """
        since_s = state.at_s - self._at_s[-1] if self._at_s else np.inf
        if not state.probabilities.any() or since_s < SAMPLE_S - 1e-9:
            return None
        if since_s > HALF_WINDOW_S:
            self.forget()
        self._at_s.append(state.at_s)
        self._seen.append(viewers(state))
        self._mean.append(np.mean(list(self._seen[-1].values()), axis=0))
        if not self._is_candidate():
            return None
        ripe_s = self._at_s[-_HALF - _HALF // 2]
        found = find_moments(np.array(self._at_s), stack(self._seen))
        return next((moment for moment in found if moment.at_s == ripe_s), None)

    def forget(self) -> None:
        """Drop everything that was seen so far."""
        self._at_s.clear()
        self._seen.clear()
        self._mean.clear()

    def _is_candidate(self) -> bool:
        """Whether the tick that has become ripe changes more than those around it."""
        ripe = len(self._mean) - _HALF - _HALF // 2
        if ripe < _HALF:
            return False
        height = changes(np.array(self._mean)).max(axis=1)
        return bool(height[ripe] >= MIN_STRENGTH and _is_peak(height)[ripe])


Viewers = dict[int | None, "NDArray[np.float64]"]
"""What each viewer shows: by token, one number in [0, 1] for each `MomentKind`."""


def viewers(state: RoomState) -> Viewers:
    """Every face of the room; the fused state as the only viewer where there is no face."""
    faces = [reading for reading in state.evidence if reading.modality is Modality.FACE]
    return {face.who: _shares(face.probabilities, face.facing) for face in faces} or {
        None: _shares(state.probabilities, None)
    }


def stack(seen: Sequence[Viewers]) -> NDArray[np.float64]:
    """Shape (seats, ticks, channels), NaN where a seat was free; who leaves makes room for who comes."""
    seat_of: dict[int | None, int] = {}
    taken: list[tuple[int, int]] = []
    for tick, at_once in enumerate(seen):
        seat_of = {who: seat for who, seat in seat_of.items() if who in at_once}
        free = (seat for seat in itertools.count() if seat not in seat_of.values())
        for who in at_once:
            if who not in seat_of:
                seat_of[who] = next(free)
            taken.append((seat_of[who], tick))
    seats, ticks = np.array(taken, dtype=np.intp).reshape(-1, 2).T
    series = np.full((int(seats.max(initial=-1)) + 1, len(seen), len(_CHANNELS)), np.nan)
    series[seats, ticks] = [shares for at_once in seen for shares in at_once.values()]
    return series


def _shares(probabilities: NDArray[np.float64], facing: float | None) -> NDArray[np.float64]:
    away = 0.0 if facing is None else 1.0 - facing
    shares: NDArray[np.float64] = np.append(probabilities @ _OF_CLASS, away)
    return shares


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
    # Sums run along the last axis, where memory is contiguous: four times as fast.
    across = np.swapaxes(series, -1, -2)
    moved = np.zeros(across.shape)
    ticks = series.shape[-2]
    if ticks >= 2 * _HALF:
        sums = np.zeros((*across.shape[:-1], ticks + 1))
        np.cumsum(np.ascontiguousarray(across), axis=-1, out=sums[..., 1:])
        before, here, after = sums[..., : -2 * _HALF], sums[..., _HALF:-_HALF], sums[..., 2 * _HALF :]
        moved[..., _HALF : ticks - _HALF + 1] = (after + before - 2 * here) / _HALF
    return np.swapaxes(moved, -1, -2)


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
    strong = np.flatnonzero(_is_peak(height))
    strong = strong[height[strong] >= MIN_STRENGTH]
    if not len(strong):
        return []
    if len(series) > 1:
        p_values = _p_values(moved[strong], _shifted(series))
        if len(known := strong[_discoveries(p_values)]):
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
    height = np.maximum.reduce([by_chance[..., channel] / of_one for channel, of_one in enumerate(noise)])
    high = np.sort(height[_is_peak(height)])
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
    viewers, ticks, channels = series.shape
    lags = np.random.default_rng(0).integers(ticks, size=(viewers, SURROGATES))
    # What is said, and that something is said, side by side; twice over, so that a shift is a slice.
    said = np.concatenate([np.nan_to_num(series), ~np.isnan(series[..., :1])], axis=2)
    twice = np.concatenate([said, said], axis=1)
    sums = np.zeros((SURROGATES, ticks, channels + 1))
    for viewer, of_viewer in zip(twice, lags, strict=True):
        for surrogate, lag in enumerate(of_viewer):
            sums[surrogate] += viewer[lag : lag + ticks]
    there = sums[..., -1:]
    usual = np.nanmean(series, axis=(0, 1))
    mean: NDArray[np.float64] = np.where(there > 0, sums[..., :-1] / np.maximum(there, 1), usual)
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


def _is_peak(height: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which ticks (last axis) are the first and highest within a half window to either side."""
    padded = np.pad(height, [(0, 0)] * (height.ndim - 1) + [(_HALF, _HALF)], constant_values=-np.inf)
    ticks = height.shape[-1]
    before = np.maximum.reduce([padded[..., lag : lag + ticks] for lag in range(_HALF)])
    after = np.maximum.reduce([padded[..., _HALF + lag : _HALF + lag + ticks] for lag in range(1, _HALF + 1)])
    return np.asarray((height > before) & (height >= after) & (height > 0))


def _without_steps(series: NDArray[np.float64], steps: NDArray[np.intp]) -> NDArray[np.float64]:
    rest = series.copy()
    for part in np.split(rest, steps):
        np.subtract(part, part.mean(axis=0), out=part)
    return rest


def _discoveries(p_values: NDArray[np.float64]) -> NDArray[np.bool_]:
    ranked = np.sort(p_values)
    kept = ranked <= FALSE_DISCOVERIES * np.arange(1, len(ranked) + 1) / len(ranked)
    return np.asarray(p_values <= (ranked[kept].max() if kept.any() else -1.0))
