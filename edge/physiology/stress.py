"""Stress and arousal of a wearer, minute by minute, relative to the wearer's rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.physiology.features import FEATURES, TRENDS, Minute, Recent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.inference import Model, ModelEntry
    from edge.physiology.baseline import Baseline

LIMIT: Final = 3.0
"""Inputs are clipped to this many standard deviations."""
INPUTS: Final = 2 * (len(FEATURES) + len(TRENDS)) + 1
WITHOUT_BASELINE: Final = 0.5
"""Quality is multiplied by this while the wearer is compared with people at large."""

_OWN_SHARE: Final = 0.7
_HEART_WEIGHT: Final = 0.4
_SKIN_WEIGHT: Final = 0.6
_AROUSING: Final = [FEATURES.index(name) for name in ("heart_rate", "level", "responses", "phasic")]


@dataclass(frozen=True, slots=True)
class StressReading:
    """Calibrated `stress` probability in [0, 1], `arousal` in [-1, 1], `quality` in [0, 1]."""

    stress: float
    arousal: float
    quality: float


@dataclass(frozen=True, slots=True, eq=False)
class Scales:
    """Rest of people at large, and how far minutes stray from a person's own rest and recent mean."""

    rest_mean: NDArray[np.float64]
    rest_sd: NDArray[np.float64]
    change_sd: NDArray[np.float64]
    trend_sd: NDArray[np.float64]

    def change(self, values: NDArray[np.float64], baseline: Baseline | None) -> NDArray[np.float64]:
        """Change from rest in standard deviations, within +-3, 0 where unknown; shape (..., 7)."""
        scaled = (values - self.rest_mean) / np.hypot(self.rest_sd, self.change_sd)
        if baseline is not None:
            own = (values - baseline.rest) / self.change_sd
            scaled = np.where(np.isfinite(baseline.rest), own, scaled)
        return np.asarray(np.clip(np.nan_to_num(scaled), -LIMIT, LIMIT))

    def inputs(
        self,
        change: NDArray[np.float64],
        trend: NDArray[np.float64],
        *,
        rate_only: bool,
    ) -> NDArray[np.float32]:
        """Inputs of the model, shape (..., 23): the scaled numbers, the same again with a sign, and the sign.

        The sign tells a monitor of an averaged heart rate from a sensor of beats, as the two were
        learned from different studies; the model has weights for both and for what they share.
        """
        steps = np.clip(np.nan_to_num(trend / self.trend_sd), -LIMIT, LIMIT)
        numbers = np.concatenate([change, steps], axis=-1)
        sign = -1.0 if rate_only else 1.0
        last = np.full((*numbers.shape[:-1], 1), sign)
        return np.concatenate([numbers, sign * _OWN_SHARE * numbers, last], axis=-1).astype(np.float32)


class StressTracker:
    """Follows one wearer.

    Arousal is no output of the model: it is the hyperbolic tangent of the mean rise of heart rate,
    skin conductance level, responses and phasic activity over rest, in standard deviations.

    Parameters
    ----------
    model
        Takes (1, 23), returns (1, 1), the logarithm of the odds of stress.
    entry
        Its manifest entry: the `Scales`, `scale` and `offset` of the calibration, and `threshold`.

    Attributes
    ----------
    threshold
        The probability from which on a minute is called stressed. It lies below 0.5, as protocols
        hold more rest than stress and the probability is calibrated.
    """

    def __init__(self, model: Model, entry: ModelEntry) -> None:
        parameters = {name: np.array(value, np.float64) for name, value in entry.parameters.items()}
        self._model = model
        self._scale, self._offset = float(parameters.pop("scale")), float(parameters.pop("offset"))
        self.threshold = float(parameters.pop("threshold"))
        self._scales = Scales(**parameters)
        self._recent = Recent()

    def forget(self) -> None:
        """Drop the minutes that the trend rests on."""
        self._recent = Recent()

    def read(self, end_s: float, minute: Minute, baseline: Baseline | None) -> StressReading:
        """Read the minute that ends now; quality 0 when it holds no evidence."""
        trend = self._recent.trend(end_s, minute.values)
        change = self._scales.change(minute.values, baseline)
        known = np.isfinite(minute.values)
        quality = _HEART_WEIGHT * minute.heart_quality + _SKIN_WEIGHT * minute.skin_quality
        inputs = self._scales.inputs(change, trend, rate_only=minute.rate_only)
        (odds,) = self._model(inputs[np.newaxis])
        logit = self._scale * float(odds[0, 0]) + self._offset
        aroused = change[[index for index in _AROUSING if known[index]]]
        return StressReading(
            stress=1 / (1 + float(np.exp(-logit))),
            arousal=float(np.tanh(aroused.mean())) if len(aroused) else 0.0,
            quality=quality * (1.0 if baseline else WITHOUT_BASELINE),
        )
