"""Known answers of a model to a known question: a model that answers otherwise is not swapped in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from edge.errors import ModelError, ModelReason

if TYPE_CHECKING:
    from edge.inference.model import Model

VALUES_KEPT: Final = 16
TOLERANCE_STEPS: Final = 3
"""Quantization steps by which runtimes and processors may differ."""
TOLERANCE: Final = 0.01
"""The same for outputs that are not quantized, relative to values above 1."""


def answers(model: Model) -> tuple[tuple[float, ...], ...]:
    """First values of each output for a fixed wave in every input.

    Returns
    -------
    One tuple an output, each of at most 16 values.
    """
    question = [_wave(tensor.shape) for tensor in model.inputs]
    return tuple(
        tuple(round(float(value), 6) for value in output.reshape(-1)[:VALUES_KEPT])
        for output in model(*question)
    )


def require_golden(model: Model, golden: tuple[tuple[float, ...], ...]) -> None:
    """Refuse a model whose answers are not the golden ones, or not finite where none are known.

    Raises
    ------
    ModelError
        It answers otherwise.
    """
    given = answers(model)
    if not all(np.isfinite(values).all() for values in given):
        raise ModelError(model.name, ModelReason.INCOMPATIBLE, "its answers are not finite")
    if not golden:
        return
    if [len(values) for values in given] != [len(values) for values in golden]:
        raise ModelError(model.name, ModelReason.INCOMPATIBLE, "its outputs have another shape than expected")
    for tensor, found, expected in zip(model.outputs, given, golden, strict=True):
        off = np.abs(np.array(found) - np.array(expected))
        allowed = np.maximum(tensor.scale * TOLERANCE_STEPS, TOLERANCE * np.maximum(1.0, np.abs(expected)))
        if (off > allowed).any():
            detail = f"{tensor.name} is off by {off.max():.3g} from the answer expected"
            raise ModelError(model.name, ModelReason.INCOMPATIBLE, detail)


def _wave(shape: tuple[int, ...]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    steps = np.arange(int(np.prod(shape)), dtype=np.float64)
    return (0.5 + 0.5 * np.sin(0.37 * steps)).astype(np.float32).reshape(shape)
