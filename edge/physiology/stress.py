"""Stress and arousal of one minute, relative to the wearer's rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.physiology.features import FEATURES, Minute

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.inference import Model, ModelEntry
    from edge.physiology.baseline import Baseline

LIMIT: Final = 3.0
WITHOUT_BASELINE: Final = 0.5
"""Quality is multiplied by this while the wearer is compared with people at large."""

_HEART_WEIGHT: Final = 0.4
_SKIN_WEIGHT: Final = 0.6
_AROUSING: Final = tuple(FEATURES.index(name) for name in ("heart_rate", "level", "responses", "phasic"))


@dataclass(frozen=True, slots=True)
class StressReading:
    """Calibrated `stress` probability in [0, 1], `arousal` in [-1, 1], `quality` in [0, 1]."""

    stress: float
    arousal: float
    quality: float


class StressModel:
    """The model `stress` with the numbers that scale its inputs.

    Arousal is no output of the model: it is the hyperbolic tangent of the mean rise of heart rate,
    skin conductance level, responses and phasic activity over rest, in standard deviations.

    Parameters
    ----------
    model
        Takes (1, 8) scaled features, 0 where unknown, returns (1, 1) the logarithm of the odds.
    entry
        Its manifest entry: `rest_mean` and `rest_sd` of people at large, `change_sd` of the change
        from one's own rest, each of shape (8,), and `temperature`, `offset` of the calibration.
    """

    def __init__(self, model: Model, entry: ModelEntry) -> None:
        self._model = model
        self._rest_mean = np.array(entry.parameters["rest_mean"])
        self._rest_sd = np.array(entry.parameters["rest_sd"])
        self._change_sd = np.array(entry.parameters["change_sd"])
        self._temperature = float(np.asarray(entry.parameters["temperature"]))
        self._offset = float(np.asarray(entry.parameters["offset"]))

    def scale(self, values: NDArray[np.float64], baseline: Baseline | None) -> NDArray[np.float64]:
        """Change from rest in standard deviations, within +-3, 0 where unknown."""
        people = (values - self._rest_mean) / np.hypot(self._rest_sd, self._change_sd)
        if baseline is None:
            scaled = people
        else:
            own = (values - baseline.rest) / self._change_sd
            scaled = np.where(np.isfinite(baseline.rest), own, people)
        return np.clip(np.nan_to_num(scaled), -LIMIT, LIMIT)

    def read(self, minute: Minute, baseline: Baseline | None) -> StressReading:
        """Read one minute; quality 0 when it holds no evidence."""
        scaled = self.scale(minute.values, baseline)
        (odds,) = self._model(scaled[np.newaxis].astype(np.float32))
        logit = float(odds[0, 0]) / self._temperature + self._offset
        quality = _HEART_WEIGHT * minute.heart_quality + _SKIN_WEIGHT * minute.skin_quality
        known = [scaled[index] for index in _AROUSING if np.isfinite(minute.values[index])]
        return StressReading(
            stress=1 / (1 + float(np.exp(-logit))),
            arousal=float(np.tanh(np.mean(known))) if known else 0.0,
            quality=quality * (1.0 if baseline else WITHOUT_BASELINE),
        )
