"""The model store: verified bytes by name."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from edge.errors import ModelError, ModelReason
from edge.inference.manifest import Manifest, ModelEntry, read_manifest
from edge.inference.model import Model
from edge.inference.runtime import Runtime
from edge.shipped import shipped_directory

MANIFEST: Final = "manifest.yaml"


class ModelStore:
    """Models of one directory, each verified against the manifest before it is loaded.

    Parameters
    ----------
    directory
        Where `manifest.yaml` and the weights lie; the shipped models when None.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self.directory = directory or shipped_directory("models")
        self.manifest: Manifest = read_manifest(self.directory / MANIFEST)

    def entry(self, name: str) -> ModelEntry:
        """What the manifest says of a model.

        Raises
        ------
        ModelError
            The manifest does not know it.
        """
        try:
            return self.manifest.models[name]
        except KeyError as error:
            known = ", ".join(sorted(self.manifest.models))
            raise ModelError(name, ModelReason.MISSING, f"not in the manifest, which has {known}") from error

    def read(self, name: str) -> bytes:
        """Read the bytes of a model, verified; load these, not the file again.

        Raises
        ------
        ModelError
            The file is missing or its SHA-256 is not the manifest's.
        """
        entry = self.entry(name)
        try:
            content = (self.directory / entry.file).read_bytes()
        except OSError as error:
            raise ModelError(
                name, ModelReason.MISSING, f"cannot read {entry.file}: {error.strerror}"
            ) from error
        found = hashlib.sha256(content).hexdigest()
        if found != entry.sha256:
            raise ModelError(
                name,
                ModelReason.ALTERED,
                f"{entry.file} has SHA-256 {found}, the manifest says {entry.sha256}",
            )
        return content

    def load(self, name: str, *, runtime: Runtime | None = None, threads: int = 1) -> Model:
        """Load a verified model."""
        return Model(name, self.read(name), runtime=runtime, threads=threads)
