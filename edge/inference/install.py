"""Installing and rolling back signed bundles of models, so that there is always a whole one.

<directory>/versions/<serial>/manifest.yaml, manifest.yaml.sig, *.tflite
<directory>/current -> versions/<serial>      what `inference.models` of a config points at
<directory>/previous -> versions/<serial>     what a rollback goes back to
<directory>/newest_serial                     older bundles are refused, even after a rollback
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Final

from edge.errors import ModelError, ModelReason
from edge.inference.golden import require_golden
from edge.inference.manifest import parse_manifest
from edge.inference.signature import SIGNATURE_SUFFIX, require_signature
from edge.inference.store import MANIFEST, ModelStore

if TYPE_CHECKING:
    from pathlib import Path

    from edge.inference.runtime import Runtime

_CURRENT: Final = "current"
_PREVIOUS: Final = "previous"
_NEWEST: Final = "newest_serial"


def install(bundle: Path, *, into: Path, trusted_key: Path, runtime: Runtime | None = None) -> int:
    """Check a bundle, copy it, try it, and only then switch to it.

    What is tried is what was copied, and what was copied is what was verified.

    Returns
    -------
    Its serial.

    Raises
    ------
    ModelError
        It is unsigned, altered, not newer than what was ever installed, or its models do not run or answer
        as they should. What was installed before stays as it is.
    """
    content = _read(bundle / MANIFEST)
    signature = bundle / (MANIFEST + SIGNATURE_SUFFIX)
    require_signature(content, signature=signature, trusted_key=trusted_key)
    manifest = parse_manifest(content, name=str(bundle / MANIFEST))
    newest = _newest(into)
    if manifest.serial <= newest:
        detail = f"the bundle has serial {manifest.serial}, and {newest} was installed already"
        raise ModelError(bundle.name, ModelReason.OLDER, detail)
    version = into / "versions" / str(manifest.serial)
    shutil.rmtree(version, ignore_errors=True)  # left behind by an attempt that was cut short
    try:
        version.mkdir(parents=True)
        _write(version / MANIFEST, content)
        _write(version / signature.name, _read(signature))
        for entry in manifest.models.values():
            _write(version / entry.file, _read(bundle / entry.file))
        store = ModelStore(version, trusted_key=trusted_key)
        for name, entry in store.manifest.models.items():
            require_golden(store.load(name, runtime=runtime), entry.golden)
    except OSError as error:
        shutil.rmtree(version, ignore_errors=True)
        raise ModelError(bundle.name, ModelReason.MISSING, f"it cannot be copied: {error}") from error
    except ModelError:
        shutil.rmtree(version, ignore_errors=True)
        raise
    _write(into / _NEWEST, str(manifest.serial).encode())
    if (into / _CURRENT).is_symlink():
        _point(into / _PREVIOUS, (into / _CURRENT).readlink())
    _point(into / _CURRENT, version.relative_to(into))
    _forget_the_rest(into)
    return manifest.serial


def rollback(directory: Path) -> int:
    """Go back to the bundle that was installed before.

    Returns
    -------
    Its serial.

    Raises
    ------
    ModelError
        There is none.
    """
    previous = directory / _PREVIOUS
    if not previous.is_symlink() or not previous.exists():
        raise ModelError(directory.name, ModelReason.MISSING, "there is no bundle to go back to")
    target = previous.readlink()
    _point(directory / _CURRENT, target)
    previous.unlink()
    return int(target.name)


def _newest(directory: Path) -> int:
    path = directory / _NEWEST
    try:
        return int(path.read_text(encoding="ascii"))
    except FileNotFoundError:
        return 0
    except (OSError, ValueError) as error:
        raise ModelError(directory.name, ModelReason.ALTERED, f"{path} is unreadable") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(path.name, ModelReason.MISSING, f"cannot read {path}: {error.strerror}") from error


def _write(path: Path, content: bytes) -> None:
    fresh = path.with_name(path.name + ".new")
    with fresh.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(path)


def _point(link: Path, target: Path) -> None:
    fresh = link.with_name(link.name + ".new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(link)


def _forget_the_rest(directory: Path) -> None:
    links = (directory / _CURRENT, directory / _PREVIOUS)
    kept = {link.readlink().name for link in links if link.is_symlink()}
    for version in (directory / "versions").iterdir():
        if version.name not in kept:
            shutil.rmtree(version, ignore_errors=True)
