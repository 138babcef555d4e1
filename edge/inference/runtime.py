"""Choosing a TFLite runtime; the only place that imports one."""

from __future__ import annotations

import importlib
import importlib.util
from enum import StrEnum
from typing import Any, Final

from edge.errors import ModelError, ModelReason


class Runtime(StrEnum):
    """The TFLite runtimes that are known to work."""

    LITERT = "litert"
    TFLITE_RUNTIME = "tflite-runtime"


_MODULES: Final = {
    Runtime.LITERT: "ai_edge_litert.interpreter",
    Runtime.TFLITE_RUNTIME: "tflite_runtime.interpreter",
}


def available_runtimes() -> tuple[Runtime, ...]:
    """Runtimes installed in this environment, the preferred one first."""
    return tuple(
        runtime
        for runtime, module in _MODULES.items()
        if importlib.util.find_spec(module.partition(".")[0]) is not None
    )


def choose_runtime(wanted: Runtime | None = None) -> Runtime:
    """The wanted runtime, or the preferred one that is installed.

    Raises
    ------
    ModelError
        No runtime is installed, or not the wanted one.
    """
    installed = available_runtimes()
    if wanted is None and installed:
        return installed[0]
    if wanted is not None and wanted in installed:
        return wanted
    name = wanted.value if wanted else "TFLite runtime"
    raise ModelError(name, ModelReason.NO_RUNTIME, f"{name} is not installed")


def load_delegate(library: str, *, runtime: Runtime) -> Any:
    """Load what runs models elsewhere than on the processor; a broken library may take the process along.

    Raises
    ------
    ValueError, OSError
        There is no such library, or it finds no device.
    """
    return importlib.import_module(_MODULES[runtime]).load_delegate(library)


def make_interpreter(content: bytes, *, runtime: Runtime, threads: int, delegate: str | None = None) -> Any:
    """Make an interpreter with its tensors allocated, which hands what it can to the delegate library.

    Raises
    ------
    ValueError, RuntimeError
        The bytes are no model, or the runtime cannot run it.
    """
    module = importlib.import_module(_MODULES[runtime])
    delegates = [load_delegate(delegate, runtime=runtime)] if delegate else None
    interpreter = module.Interpreter(
        model_content=content, num_threads=threads, experimental_delegates=delegates
    )
    interpreter.allocate_tensors()
    return interpreter
