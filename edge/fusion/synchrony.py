"""Whether viewers react together, or merely sit in one room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_STILL: Final = 1e-6


def synchrony(
    reactions: NDArray[np.float64], *, surrogates: int = 99, seed: int = 0
) -> tuple[float, float] | None:
    """Mean pairwise correlation of viewers, and its chance under circular shifts.

    The inter-subject correlation of Hasson et al. (2004), "Intersubject synchronization of cortical
    activity during natural vision", Science 303:1634-1640, of reactions in the place of voxels,
    tested against surrogates in which each viewer's series is shifted around a circle by a random
    lag of its own (Lancaster et al. 2018, "Surrogate data for hypothesis testing of physical
    systems", Phys. Rep. 748:1-60, section 3.2): each keeps its own pace, and only what is common
    in time is lost.

    Deviation: the mean of the pairs is taken at once, from the variance of the sum of the
    standardised series.

    Parameters
    ----------
    reactions
        Shape (viewers, ticks), equally spaced, finite. Viewers that never move are left out.
    surrogates
        How many; the smallest p-value is 1 / (surrogates + 1).

    Returns
    -------
    (correlation in [-1, 1], one-sided p-value in (0, 1]), or None with fewer than two viewers that
    move or fewer than eight ticks.
    """
    ticks = reactions.shape[1]
    spread = reactions.std(axis=1)
    moving = spread > _STILL
    viewers = int(moving.sum())
    if viewers < 2 or ticks < 8:  # noqa: PLR2004 - a pair, and enough lags to shift by
        return None
    standard = (reactions[moving] - reactions[moving].mean(axis=1, keepdims=True)) / spread[moving, None]
    lags = np.random.default_rng(seed).integers(ticks, size=(surrogates, viewers))
    shifted = (np.arange(ticks) + lags[:, :, None]) % ticks
    common = np.take_along_axis(np.broadcast_to(standard, shifted.shape), shifted, axis=2)
    found = _mean_correlation(standard[None])[0]
    as_strong = int((_mean_correlation(common) >= found - 1e-12).sum())
    return float(np.clip(found, -1.0, 1.0)), (1 + as_strong) / (1 + surrogates)


def _mean_correlation(standard: NDArray[np.float64]) -> NDArray[np.float64]:
    viewers = standard.shape[1]
    power = (standard.sum(axis=1) ** 2).mean(axis=1)
    return np.asarray((power - viewers) / (viewers * (viewers - 1)))
