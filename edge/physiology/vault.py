"""Keeping a wearer's baseline between runs: encrypted, or not at all.

What is kept are seven averages of minutes of rest, never a signal. The file is AES-256-GCM under a key
that scrypt makes of the wearer's passphrase; without the passphrase it is noise.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.errors import BaselineError
from edge.physiology.baseline import Baseline
from edge.physiology.features import FEATURES

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_MAGIC: Final = b"edge-affect baseline 1\n"
_SALT_BYTES: Final = 16
_NONCE_BYTES: Final = 12
_SCRYPT_COST: Final = 2**14


def save_baseline(path: Path, baseline: Baseline, *, passphrase: str) -> None:
    """Write a baseline, readable for its owner alone and only with the passphrase.

    Raises
    ------
    BaselineError
        The passphrase is empty, `cryptography` is not installed, or the file cannot be written.
    """
    rest = [float(value) if np.isfinite(value) else None for value in baseline.rest]
    content = json.dumps(dict(zip(FEATURES, rest, strict=True))).encode()
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
        rest = [kept[name] for name in FEATURES]
    except Exception as error:
        raise BaselineError(f"{path} is no baseline, was altered, or has another passphrase") from error
    return Baseline(np.array([np.nan if value is None else float(value) for value in rest]))


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
    try:
        from cryptography.hazmat.primitives.ciphers import aead
    except ImportError as error:
        raise BaselineError("keeping a baseline needs: pip install edge-affect[signing]") from error
    key = hashlib.scrypt(passphrase.encode(), salt=salt, n=_SCRYPT_COST, r=8, p=1, dklen=32)
    return aead.AESGCM(key)
