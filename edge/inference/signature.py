"""Ed25519 signatures of manifests; the extra `signing` installs the library that checks them."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Final

from edge.errors import ModelError, ModelReason

if TYPE_CHECKING:
    from pathlib import Path

SIGNATURE_SUFFIX: Final = ".sig"


def require_signature(content: bytes, *, signature: Path, trusted_key: Path) -> None:
    """Refuse content that is not signed with a trusted key. Go on with these very bytes.

    Parameters
    ----------
    content
        The bytes of the manifest.
    signature
        File with the detached signature, base64.
    trusted_key
        File with an Ed25519 public key in PEM, as `openssl pkey -pubout` writes it.

    Raises
    ------
    ModelError
        The signature is missing, malformed or made with another key; the key cannot be read; the library
        is not installed.
    """
    name = signature.name
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
        from cryptography.hazmat.primitives.serialization import load_pem_public_key
    except ModuleNotFoundError as error:
        detail = "signatures cannot be checked: pip install edge-affect[signing]"
        raise ModelError(name, ModelReason.UNSIGNED, detail) from error
    try:
        key = load_pem_public_key(trusted_key.read_bytes())
    except (OSError, ValueError) as error:
        raise ModelError(
            name, ModelReason.UNSIGNED, f"the key {trusted_key} cannot be read: {error}"
        ) from error
    if not isinstance(key, Ed25519PublicKey):
        raise ModelError(name, ModelReason.UNSIGNED, f"{trusted_key} holds no Ed25519 public key")
    try:
        key.verify(base64.b64decode(signature.read_bytes(), validate=False), content)
    except FileNotFoundError as error:
        raise ModelError(name, ModelReason.UNSIGNED, "the manifest is not signed") from error
    except (OSError, binascii.Error) as error:
        raise ModelError(name, ModelReason.UNSIGNED, f"the signature cannot be read: {error}") from error
    except InvalidSignature as error:
        detail = f"the signature was not made for this manifest with the key of {trusted_key}"
        raise ModelError(name, ModelReason.UNSIGNED, detail) from error
