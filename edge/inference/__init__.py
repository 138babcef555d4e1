"""The one seam to TFLite: which runtime runs, and which model bytes may be trusted."""

from __future__ import annotations

from edge.inference.manifest import ModelEntry
from edge.inference.model import Model
from edge.inference.runtime import Runtime, available_runtimes
from edge.inference.store import ModelStore

__all__ = ["Model", "ModelEntry", "ModelStore", "Runtime", "available_runtimes"]
