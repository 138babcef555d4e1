"""An I2C bus with chips, below the real smbus2: it speaks the ioctls of the kernel's i2c-dev."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
from typing import TYPE_CHECKING, Any, Final, Protocol
from unittest import mock

import smbus2.smbus2 as smbus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_PLAIN_I2C_AND_SMBUS: Final = 0x0EFF_0009


class Chip(Protocol):
    """What hangs on the bus: it is written to, the register first, and read from."""

    def write(self, payload: bytes) -> None:
        """Take the bytes of one write."""
        ...

    def read(self, length: int) -> bytes:
        """Give the bytes of one read."""
        ...


class Bus:
    """The kernel's side of `/dev/i2c-N`; each number in `faults` fails one transfer with that errno."""

    def __init__(self, number: int, chips: Mapping[int, Chip]) -> None:
        self.path = f"/dev/i2c-{number}"
        self.chips = dict(chips)
        self.faults: list[int] = []
        self.open_error: int | None = None
        self.opened: set[int] = set()
        self._addresses: dict[int, int] = {}

    @contextlib.contextmanager
    def plugged_in(self) -> Iterator[Bus]:
        """Have smbus2 meet this bus."""
        system = mock.Mock(wraps=os)
        system.open, system.close, system.O_RDWR = self._open, self._close, os.O_RDWR
        with mock.patch.object(smbus, "ioctl", self._ioctl), mock.patch.object(smbus, "os", system):
            yield self

    def _open(self, path: str, _flags: int) -> int:
        if path != self.path:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        if self.open_error is not None:
            raise OSError(self.open_error, os.strerror(self.open_error), path)
        descriptor = os.memfd_create("i2c")
        self.opened.add(descriptor)
        return descriptor

    def _close(self, descriptor: int) -> None:
        self.opened.discard(descriptor)
        os.close(descriptor)

    def _ioctl(self, descriptor: int, request: int, argument: Any = 0) -> int:
        if request == smbus.I2C_FUNCS:
            argument.value = _PLAIN_I2C_AND_SMBUS
        elif request in (smbus.I2C_SLAVE, smbus.I2C_SLAVE_FORCE):
            self._addresses[descriptor] = argument
        elif request == smbus.I2C_SMBUS:
            self._transfer(self._chip(self._addresses[descriptor]), argument)
        else:
            raise OSError(errno.ENOTTY, os.strerror(errno.ENOTTY))
        return 0

    def _chip(self, address: int) -> Chip:
        if self.faults and (fault := self.faults.pop(0)):
            raise OSError(fault, os.strerror(fault))
        if address not in self.chips:
            raise OSError(errno.EREMOTEIO, os.strerror(errno.EREMOTEIO))
        return self.chips[address]

    @staticmethod
    def _transfer(chip: Chip, message: Any) -> None:
        """Do what the kernel does for an SMBus block transfer on a plain I2C adapter."""
        if message.size != smbus.I2C_SMBUS_I2C_BLOCK_DATA:
            raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))
        block = message.data.contents.block
        length = block[0]
        if message.read_write == smbus.I2C_SMBUS_READ:
            chip.write(bytes([message.command]))
            payload = chip.read(length)
            ctypes.memmove(ctypes.byref(block, 1), payload, length)
        else:
            chip.write(bytes([message.command]) + bytes(block[1 : length + 1]))


class Ads1115:
    """Converts `volts[input]()` whenever a single shot is asked for."""

    def __init__(self, volts: Mapping[str, Callable[[], float]]) -> None:
        self.volts = dict(volts)
        self.config = 0x8583
        self.conversion = 0
        self.data_rates: set[int] = set()
        self._pointer = 0

    def write(self, payload: bytes) -> None:
        """Set the pointer and, in a configuration, start a conversion."""
        self._pointer = payload[0]
        if len(payload) == 3 and self._pointer == 1:
            self.config = int.from_bytes(payload[1:], "big")
            self.data_rates.add(self.config >> 5 & 7)
            if self.config & 0x8000:
                range_v = (6.144, 4.096, 2.048, 1.024, 0.512, 0.256, 0.256, 0.256)[self.config >> 9 & 7]
                volts = self.volts[f"A{(self.config >> 12 & 7) - 4}"]()
                self.conversion = max(-32768, min(32767, round(volts / range_v * 32768)))

    def read(self, length: int) -> bytes:
        """Give the register that the pointer shows."""
        value = self.conversion & 0xFFFF if self._pointer == 0 else self.config
        return value.to_bytes(2, "big")[:length]


class Max30102:
    """Stores `light()` in its FIFO of 32 samples at each `tick` while it is switched on."""

    def __init__(self, light: Callable[[], int], *, part: int = 0x15) -> None:
        self.light = light
        self.registers = bytearray(256)
        self.registers[0xFF] = part
        self._store: list[int] = []
        self._bytes = bytearray()
        self._pointer = 0

    @property
    def is_on(self) -> bool:
        """Whether the light shines."""
        return self.registers[0x09] == 0x07 and self.registers[0x0D] > 0

    def tick(self) -> None:
        """Take one sample; the oldest is overwritten when the store is full."""
        if not self.is_on:
            return
        self._store.append(self.light())
        self.registers[0x04] = (self.registers[0x04] + 1) % 32
        if len(self._store) > 32:
            self._store.pop(0)
            self.registers[0x05] = min(31, self.registers[0x05] + 1)
            self.registers[0x06] = self.registers[0x04]

    def write(self, payload: bytes) -> None:
        """Set the pointer and registers; a reset is over at once."""
        self._pointer = payload[0]
        for value in payload[1:]:
            self.registers[self._pointer] = value
            if self._pointer == 0x09 and value & 0x40:
                self.registers[:0x20] = bytes(0x20)
                self._store.clear()
            self._pointer += 1

    def read(self, length: int) -> bytes:
        """Read registers; the store stays at its register and hands out three bytes a sample."""
        if self._pointer != 0x07:
            return bytes(self.registers[self._pointer : self._pointer + length])
        while len(self._bytes) < length and self._store:
            self._bytes += self._store.pop(0).to_bytes(3, "big")
            self.registers[0x06] = (self.registers[0x06] + 1) % 32
            self.registers[0x05] = 0
        payload = bytes(self._bytes[:length]).ljust(length, b"\0")
        del self._bytes[:length]
        return payload
