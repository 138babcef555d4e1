"""The model store: verified bytes by name."""

from __future__ import annotations

import hashlib
import weakref
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from edge.errors import ModelError, ModelReason
from edge.inference.manifest import CommercialUse, Manifest, ModelEntry, parse_manifest
from edge.inference.model import Model
from edge.inference.signature import SIGNATURE_SUFFIX, require_signature
from edge.shipped import shipped_directory

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from edge.inference.runtime import Runtime

MANIFEST: Final = "manifest.yaml"


class ModelStore:
    """Models of one directory, each verified against the manifest before it is loaded.

    Parameters
    ----------
    directory
        Where `manifest.yaml` and the weights lie; the shipped models when None.
    trusted_key
        Public key with which the manifest must be signed; None takes it as it is, which is right for the
        models that came with the package.
    is_commercial
        Whether models whose terms forbid commercial use are refused.

    Raises
    ------
    ModelError
        The manifest is missing, malformed, or not signed with the key.
    """

    def __init__(
        self,
        directory: Path | None = None,
        *,
        trusted_key: Path | None = None,
        is_commercial: bool = False,
    ) -> None:
        self.directory = directory or shipped_directory("models")
        self._loaded: weakref.WeakSet[Model] = weakref.WeakSet()
        self._is_commercial = is_commercial
        path = self.directory / MANIFEST
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ModelError(MANIFEST, ModelReason.MISSING, f"no manifest at {path}") from error
        if trusted_key is not None:
            signature = path.with_name(MANIFEST + SIGNATURE_SUFFIX)
            require_signature(content, signature=signature, trusted_key=trusted_key)
        self.manifest: Manifest = parse_manifest(content, name=MANIFEST)
        self._in_use: dict[str, str] = {}

    @property
    def in_use(self) -> Mapping[str, str]:
        """Name and SHA-256 of each model that was loaded; grows with the next one."""
        return MappingProxyType(self._in_use)

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
        """Load a verified model.

        Raises
        ------
        ModelError
            Its terms forbid the use, or its bytes are missing, altered or cannot be run.
        """
        terms = self.entry(name)
        if self._is_commercial and terms.commercial_use is CommercialUse.FORBIDDEN:
            raise ModelError(
                name,
                ModelReason.LICENCE,
                f"its terms ({terms.licence}) forbid commercial use, and deployment.commercial is true",
            )
        model = Model(name, self.read(name), runtime=runtime, threads=threads)
        self._in_use[name] = self.entry(name).sha256
        self._loaded.add(model)
        return model

    def move(self, delegate: str) -> None:
        """Let all models that are loaded run with a delegate library from their next call on, or none.

        Raises
        ------
        ModelError
            A model cannot be run with it.
        """
        models = list(self._loaded)
        prepared = [model.prepare(self.read(model.name), delegate=delegate) for model in models]
        for model, interpreter in zip(models, prepared, strict=True):
            model.adopt(interpreter)
