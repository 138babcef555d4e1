"""One chip on an I2C bus: what the kernel reports becomes a `SourceError` that says why."""

from __future__ import annotations

import contextlib
import errno
from typing import TYPE_CHECKING, Any, Final

from edge.errors import SourceError, SourceReason

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK_BYTES: Final = 32
_NO_ANSWER: Final = frozenset({errno.ENXIO, errno.EREMOTEIO})
_REASONS: Final = {
    errno.EACCES: (SourceReason.PERMISSION, "this user may not use {path} (group i2c)"),
    errno.EPERM: (SourceReason.PERMISSION, "this user may not use {path} (group i2c)"),
    errno.ENOENT: (SourceReason.MISSING, "there is no {path}; is I2C switched on?"),
    errno.ENODEV: (SourceReason.MISSING, "there is no {path}; is I2C switched on?"),
    errno.EBUSY: (SourceReason.BUSY, "a kernel driver holds chip 0x{address:02x} on {path}"),
}


class Chip:
    """A chip by its address; reads and writes raise `OSError` as the kernel gives it."""

    def __init__(self, bus: Any, address: int) -> None:
        self._bus = bus
        self._address = address

    def write(self, register: int, *values: int) -> None:
        """Write bytes from `register` on."""
        self._bus.write_i2c_block_data(self._address, register, list(values))

    def read(self, register: int, length: int = 1) -> bytes:
        """Read at most `BLOCK_BYTES` bytes from `register` on."""
        return bytes(self._bus.read_i2c_block_data(self._address, register, length))


@contextlib.contextmanager
def open_chip(name: str, *, bus: int, address: int) -> Iterator[Chip]:
    """Open the bus for one chip; an `OSError` that is not handled inside says that the chip is lost."""
    from smbus2 import SMBus

    path = f"/dev/i2c-{bus}"
    try:
        with SMBus(bus) as opened:
            yield Chip(opened, address)
    except OSError as error:
        if error.errno in _NO_ANSWER:
            detail = f"no chip answers at 0x{address:02x} on {path}"
            raise SourceError(name, SourceReason.MISSING, detail) from error
        unknown = (SourceReason.DISCONNECTED, "{path}: {error}")
        reason, detail = _REASONS.get(error.errno or 0, unknown)
        raise SourceError(name, reason, detail.format(path=path, address=address, error=error)) from error
