"""How models are run."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from edge.inference.delegate import AUTO
from edge.inference.runtime import Runtime
from edge.options import ConfigPath, Options


class InferenceOptions(Options):
    """Runtime, threads and where the models lie."""

    runtime: Runtime | None = None
    """`litert` or `tflite-runtime`; the first installed one when unset."""
    threads: Annotated[int, Field(ge=1, le=8)] = 1
    """Threads one model call may use."""
    models: ConfigPath | None = None
    """Directory with a `manifest.yaml`; the shipped models when unset."""
    trusted_key: ConfigPath | None = None
    """Public key (Ed25519, PEM) with which the manifest in `models` must be signed."""
    delegate: Annotated[str, Field(min_length=1)] = AUTO
    """`auto` uses an Edge TPU that is attached, `none` never does, a path loads that library."""
    slow_from_c: Annotated[float, Field(ge=40, le=110)] = 75.0
    """From this temperature of the processor on faces are read half as often, 5 degrees more a quarter."""
