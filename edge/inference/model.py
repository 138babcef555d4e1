"""A loaded model: real numbers in, real numbers out, whatever the quantization inside."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from edge.errors import ModelError, ModelReason
from edge.inference.runtime import Runtime, choose_runtime, make_interpreter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tensor:
    """One input or output: its shape, type, and affine quantization (scale 0 when not quantized)."""

    index: int
    name: str
    shape: tuple[int, ...]
    dtype: type[np.generic]
    scale: float
    zero_point: int

    def quantize(self, values: NDArray[np.floating]) -> NDArray[Any]:
        """Real values to what the tensor holds, rounded to nearest and clipped to its range."""
        if not self.scale:
            return np.ascontiguousarray(values, dtype=self.dtype)
        limits = np.iinfo(np.dtype(self.dtype).name)
        steps = np.rint(values / self.scale) + self.zero_point
        held: NDArray[Any] = np.clip(steps, limits.min, limits.max).astype(self.dtype)
        return held

    def dequantize(self, held: NDArray[Any]) -> NDArray[np.float32]:
        """What the tensor holds to real values."""
        if not self.scale:
            return held.astype(np.float32)
        return (held.astype(np.float32) - np.float32(self.zero_point)) * np.float32(self.scale)


class Model:
    """A TFLite model, safe to call from one thread at a time (a lock sees to it).

    Parameters
    ----------
    name
        For messages.
    content
        The flatbuffer. The caller has verified these very bytes.
    runtime
        Which TFLite runtime; the preferred installed one when None.
    threads
        Threads a single call may use.

    Raises
    ------
    ModelError
        No runtime is installed, or it cannot run this model.
    """

    def __init__(
        self,
        name: str,
        content: bytes,
        *,
        runtime: Runtime | None = None,
        threads: int = 1,
    ) -> None:
        self.name = name
        self.runtime = choose_runtime(runtime)
        self._threads = threads
        self._lock = threading.Lock()
        self._interpreter = self.prepare(content)
        self._spare: Any = None
        self.inputs = tuple(_tensor(detail) for detail in self._interpreter.get_input_details())
        self.outputs = tuple(_tensor(detail) for detail in self._interpreter.get_output_details())

    def prepare(self, content: bytes, *, delegate: str | None = None) -> Any:
        """Make an interpreter of these very bytes for `adopt`, while calls go on.

        Parameters
        ----------
        delegate
            Library that runs what it can of the model elsewhere than on the processor.

        Raises
        ------
        ModelError
            The model cannot be run so.
        """
        try:
            return make_interpreter(content, runtime=self.runtime, threads=self._threads, delegate=delegate)
        except (ValueError, RuntimeError, OSError) as error:
            raise ModelError(
                self.name, ModelReason.INCOMPATIBLE, f"{self.runtime} cannot run it: {error}"
            ) from error

    def adopt(self, interpreter: Any) -> None:
        """Run on another interpreter from the next call on; should it fail, this one steps in again."""
        with self._lock:
            self._spare, self._interpreter = self._interpreter, interpreter

    def __call__(self, *inputs: NDArray[np.floating]) -> tuple[NDArray[np.float32], ...]:
        """Run the model once on real-valued inputs, in the order of `inputs`.

        Returns
        -------
        The outputs as float32, in the order of `outputs`.

        Raises
        ------
        ValueError
            The number of inputs or a shape is wrong.
        """
        if len(inputs) != len(self.inputs):
            raise ValueError(f"{self.name} takes {len(self.inputs)} inputs, got {len(inputs)}")
        for tensor, values in zip(self.inputs, inputs, strict=True):
            if values.shape != tensor.shape:
                raise ValueError(f"{self.name} {tensor.name}: shape {values.shape}, wanted {tensor.shape}")
        with self._lock:
            try:
                return self._run(inputs)
            except RuntimeError as error:
                if self._spare is None:
                    raise
                _LOG.warning("the accelerator has failed (%s); %s runs on the processor", error, self.name)
                self._interpreter, self._spare = self._spare, None
                return self._run(inputs)

    def _run(self, inputs: Sequence[NDArray[np.floating]]) -> tuple[NDArray[np.float32], ...]:
        # A recurrent net would go on where the last call, perhaps another person's voice, has left it.
        self._interpreter.reset_all_variables()
        for tensor, values in zip(self.inputs, inputs, strict=True):
            self._interpreter.set_tensor(tensor.index, tensor.quantize(values))
        self._interpreter.invoke()
        return tuple(tensor.dequantize(self._interpreter.get_tensor(tensor.index)) for tensor in self.outputs)


def _tensor(detail: dict[str, Any]) -> Tensor:
    scale, zero_point = detail["quantization"]
    return Tensor(
        index=detail["index"],
        name=detail["name"],
        shape=tuple(int(size) for size in detail["shape"]),
        dtype=detail["dtype"],
        scale=float(scale),
        zero_point=int(zero_point),
    )
