"""The expression net: a face tile in, calibrated probabilities over the eight emotions out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edge.emotion import EMOTIONS, softmax
from edge.errors import ModelError, ModelReason
from edge.face.crop import TILE_PX, standardize

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.inference.model import Model
    from edge.inference.runtime import Runtime
    from edge.inference.store import ModelStore


class ExpressionNet:
    """The shipped expression net with its calibration.

    Parameters
    ----------
    model
        Takes (1, 48, 48, 1), gives (1, 8) logits.
    temperature, logit_bias
        Probabilities are softmax(logits / temperature + logit_bias); Guo et al. (2017), "On
        calibration of modern neural networks", with a bias a class added for the rare ones.
    """

    def __init__(self, model: Model, *, temperature: float, logit_bias: NDArray[np.float64]) -> None:
        self._model = model
        self._temperature = temperature
        self._bias = logit_bias
        self.runtime = model.runtime

    @classmethod
    def load(
        cls,
        store: ModelStore,
        name: str = "face_expression",
        *,
        runtime: Runtime | None = None,
        threads: int = 1,
    ) -> ExpressionNet:
        """Load a net and the calibration that the manifest keeps beside it.

        Raises
        ------
        ModelError
            It is missing, altered, cannot run, or has no calibration.
        """
        parameters = store.entry(name).parameters
        temperature, bias = parameters.get("temperature"), parameters.get("logit_bias")
        if not isinstance(temperature, float) or not isinstance(bias, tuple) or len(bias) != len(EMOTIONS):
            raise ModelError(
                name, ModelReason.INCOMPATIBLE, "the manifest lacks its temperature or logit_bias"
            )
        return cls(
            store.load(name, runtime=runtime, threads=threads),
            temperature=temperature,
            logit_bias=np.array(bias, dtype=np.float64),
        )

    def __call__(self, tile: NDArray[np.generic]) -> NDArray[np.float64]:
        """Probabilities (8,) in the order of `EMOTIONS` for one grey tile (48, 48), levels 0..255."""
        return softmax(average_logits(self._model, tile) / self._temperature + self._bias)


def average_logits(model: Model, tile: NDArray[np.generic]) -> NDArray[np.float64]:
    """Logits (8,), the mean over the tile and its mirror image: a mirrored face feels the same."""
    seen = standardize(tile).reshape(1, TILE_PX, TILE_PX, 1)
    (plain,), (mirrored,) = model(seen), model(seen[:, :, ::-1])
    return np.asarray((plain[0] + mirrored[0]) / 2, dtype=np.float64).reshape(len(EMOTIONS))
