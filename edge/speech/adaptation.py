"""Calibration to a voice and a room without labels: running normalisation of functionals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

CLIP: Final = 4.0
"""Normalised values are clipped to this many standard deviations."""
MEAN_PRIOR: Final = 2.0
SPREAD_PRIOR: Final = 8.0
"""How many utterances the training statistics weigh, in the mean and in the spread."""
_MEMORY_UTTERANCES: Final = 300.0
_SHIFT_UTTERANCES: Final = 4
_SHIFT_DISTANCE: Final = 1.0


class RunningNormalisation:
    """Mean and spread of the utterances heard from one source, starting from those of the training set.

    The estimate is that of a normal distribution with a conjugate prior. It lives in memory only.

    Parameters
    ----------
    mean, spread
        Shape (d,): statistics of the training set.
    resets_on_shift
        Whether a lasting shift, as of another speaker, starts the estimate anew.
    """

    def __init__(
        self, mean: NDArray[np.floating], spread: NDArray[np.floating], *, resets_on_shift: bool = True
    ) -> None:
        self._resets_on_shift = resets_on_shift
        self._prior_mean = np.asarray(mean, dtype=np.float64)
        self._prior_spread = np.asarray(spread, dtype=np.float64)
        self.reset()

    @property
    def utterances(self) -> float:
        """How many utterances the estimate rests on."""
        return self._count

    @property
    def typical(self) -> NDArray[np.float64]:
        """Shape (d,): functionals that are typical of the source, as far as it is known."""
        mean, _ = self._estimate()
        values: NDArray[np.float64] = self._prior_mean + self._prior_spread * mean
        return values

    def reset(self) -> None:
        """Forget the source."""
        self._count = 0.0
        self._sum = np.zeros_like(self._prior_mean)
        self._squares = np.zeros_like(self._prior_mean)
        self._recent: list[NDArray[np.float64]] = []

    def add(self, values: NDArray[np.floating]) -> None:
        """Take in one finished utterance; a lasting shift starts the estimate anew."""
        standard = self._standardise(values)
        self._recent = [*self._recent[1 - _SHIFT_UTTERANCES :], standard]
        if self._resets_on_shift and self._count >= 2 * _SHIFT_UTTERANCES and self._has_shifted():
            recent = self._recent
            self.reset()
            for earlier in recent:
                self._accumulate(earlier)
            return
        self._accumulate(standard)

    def __call__(self, values: NDArray[np.floating]) -> NDArray[np.float32]:
        """Normalise functionals: by the training statistics, by those of the source, and its average.

        Returns
        -------
        Shape (3 * d,), in [-1, 1]: the utterance by the training statistics, then by those of the source,
        then the mean of all utterances of the source, this one included, by the training statistics; each
        divided by `CLIP`.
        """
        standard = self._standardise(values)
        mean, spread = self._estimate()
        average = (self._sum + standard) / (self._count + 1)
        views = np.concatenate([standard, (standard - mean) / spread, average])
        return np.clip(views / CLIP, -1, 1).astype(np.float32)

    def _standardise(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        return (np.asarray(values, dtype=np.float64) - self._prior_mean) / self._prior_spread

    def _accumulate(self, standard: NDArray[np.float64]) -> None:
        kept = min(1.0, _MEMORY_UTTERANCES / (self._count + 1))
        self._count = kept * self._count + 1
        self._sum = kept * self._sum + standard
        self._squares = kept * self._squares + standard**2

    def _estimate(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        mean = self._sum / (MEAN_PRIOR + self._count)
        scatter = self._squares - 2 * mean * self._sum + self._count * mean**2
        spread = np.sqrt((SPREAD_PRIOR + np.maximum(scatter, 0)) / (SPREAD_PRIOR + self._count))
        return mean, spread

    def _has_shifted(self) -> bool:
        """Recent utterances lie, on average over all values, further off than emotion moves them."""
        mean, spread = self._estimate()
        offset = np.abs(np.mean(self._recent, axis=0) - mean) / spread
        return len(self._recent) == _SHIFT_UTTERANCES and bool(np.mean(offset) > _SHIFT_DISTANCE)
