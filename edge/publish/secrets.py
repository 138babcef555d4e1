"""Passwords and certificates, read once at start from where the config says they are."""

from __future__ import annotations

import os
import ssl
from typing import TYPE_CHECKING

from edge.errors import PublishError, PublishReason

if TYPE_CHECKING:
    from edge.publish.options import MqttOptions, TlsOptions


def read_password(options: MqttOptions) -> str | None:
    """Read the password from the environment or the first line of a file.

    Raises
    ------
    PublishError
        The variable is not set, or the file cannot be read.
    """
    if options.password_env is not None:
        password = os.environ.get(options.password_env)
        if password is None:
            detail = f"password_env names {options.password_env}, which is not set"
            raise PublishError(options.host, PublishReason.REFUSED, detail)
        return password
    if options.password_file is not None:
        try:
            return options.password_file.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
        except (OSError, UnicodeDecodeError) as error:
            detail = f"password_file {options.password_file} cannot be read: {_why(error)}"
            raise PublishError(options.host, PublishReason.REFUSED, detail) from error
    return None


def make_tls_context(host: str, options: TlsOptions) -> ssl.SSLContext:
    """Make a context that verifies the broker and its name.

    Raises
    ------
    PublishError
        A certificate or key cannot be used.
    """
    try:
        context = ssl.create_default_context(cafile=options.ca_file)
        if options.cert_file is not None:
            # Without a password callback, OpenSSL would ask for a passphrase on the terminal.
            context.load_cert_chain(options.cert_file, options.key_file, password=lambda: b"")
    except (OSError, ssl.SSLError) as error:
        files = ", ".join(
            str(file) for file in (options.ca_file, options.cert_file, options.key_file) if file
        )
        detail = f"a certificate or key of {files} cannot be used: {_why(error)}"
        raise PublishError(host, PublishReason.TLS, detail) from error
    return context


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
