"""Keeping a wearer's baseline between runs: encrypted, or not at all.

What is kept are seven averages of minutes of rest and a pace of breath, never a signal. The file is
AES-256-GCM under a key that scrypt makes of the wearer's passphrase; without the passphrase it is noise.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.errors import BaselineError
from edge.physiology.baseline import Baseline
from edge.physiology.features import FEATURES

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    from edge.physiology.options import VaultOptions

_LOG: Final = logging.getLogger(__name__)

_MAGIC: Final = b"edge-affect baseline 1\n"
_SALT_BYTES: Final = 16
_NONCE_BYTES: Final = 12
_SCRYPT_COST: Final = 2**14
_PACE: Final = "breaths_per_minute"


def read_passphrase(options: VaultOptions) -> str:
    """Read the passphrase from the environment or the first line of a file.

    Raises
    ------
    BaselineError
        There is none, or `cryptography` is not installed.
    """
    if options.passphrase_env is not None:
        place, passphrase = options.passphrase_env, os.environ.get(options.passphrase_env, "")
    else:
        place = str(options.passphrase_file)
        try:
            lines = Path(place).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise BaselineError(f"the passphrase of the baseline cannot be read from {place}") from error
        passphrase = lines[0] if lines else ""
    if not passphrase:
        raise BaselineError(f"the passphrase of the baseline is missing: {place} is not set or empty")
    _aead()
    return passphrase


def save_baseline(path: Path, baseline: Baseline, *, passphrase: str) -> None:
    """Write a baseline, readable for its owner alone and only with the passphrase.

    Raises
    ------
    BaselineError
        The passphrase is empty, `cryptography` is not installed, or the file cannot be written.
    """
    rest = [float(value) if np.isfinite(value) else None for value in baseline.rest]
    kept = {**dict(zip(FEATURES, rest, strict=True)), _PACE: baseline.breaths_per_minute}
    content = json.dumps(kept).encode()
    salt, nonce = os.urandom(_SALT_BYTES), os.urandom(_NONCE_BYTES)
    sealed = _cipher(passphrase, salt).encrypt(nonce, content, _MAGIC)
    fresh = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
            stream.write(_MAGIC + salt + nonce + sealed)
        fresh.replace(path)
    except OSError as error:
        raise BaselineError(f"cannot keep the baseline in {path}: {error.strerror}") from error


def load_baseline(path: Path, *, passphrase: str) -> Baseline | None:
    """Read a baseline; None when none is kept.

    Raises
    ------
    BaselineError
        The passphrase is wrong, the file was altered, or `cryptography` is not installed.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BaselineError(f"cannot read the baseline in {path}: {error.strerror}") from error
    start = len(_MAGIC)
    salt, nonce = content[start : start + _SALT_BYTES], content[start + _SALT_BYTES :][:_NONCE_BYTES]
    sealed = content[start + _SALT_BYTES + _NONCE_BYTES :]
    cipher = _cipher(passphrase, salt)
    try:
        # A wrong passphrase and an altered file look the same, and shall.
        kept = json.loads(cipher.decrypt(nonce, sealed, content[:start]))
        rest = [np.nan if kept[name] is None else float(kept[name]) for name in FEATURES]
        pace = None if kept[_PACE] is None else float(kept[_PACE])
    except Exception as error:
        raise BaselineError(f"{path} is no baseline, was altered, or has another passphrase") from error
    return Baseline(np.array(rest), pace)


def recall(path: Path, options: VaultOptions | None) -> Baseline | None:
    """Read what is kept; None, with a warning, where it cannot be read, as a street can do without."""
    if options is None:
        return None
    try:
        return load_baseline(path, passphrase=read_passphrase(options))
    except BaselineError as error:
        _LOG.warning("%s; the wearer is compared without it", error)
        return None


def erase_baseline(path: Path) -> bool:
    """Overwrite and remove a kept baseline; False when there was none.

    Raises
    ------
    BaselineError
        It cannot be removed.
    """
    try:
        with path.open("r+b") as stream:
            stream.write(os.urandom(path.stat().st_size))
            os.fsync(stream.fileno())
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise BaselineError(f"cannot erase {path}: {error.strerror}") from error
    return True


def _cipher(passphrase: str, salt: bytes) -> AESGCM:
    if not passphrase:
        raise BaselineError("a baseline is kept encrypted or not at all: give a passphrase")
    key = hashlib.scrypt(passphrase.encode(), salt=salt, n=_SCRYPT_COST, r=8, p=1, dklen=32)
    return _aead()(key)


def _aead() -> type[AESGCM]:
    try:
        from cryptography.hazmat.primitives.ciphers import aead
    except ImportError as error:
        raise BaselineError("keeping a baseline needs: pip install edge-affect[signing]") from error
    return aead.AESGCM
