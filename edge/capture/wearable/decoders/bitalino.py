"""BITalino (r)evolution over BLE: commands, frames and their CRC-4 (PLUX API reference)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from edge.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Sequence

BITALINO_SERVICE: Final = "c566488a-0882-4e1b-a6d0-0b717e652234"
BITALINO_COMMAND: Final = "4051eb11-bf0a-4c74-8730-a48f4193fcea"
BITALINO_FRAMES: Final = "40fdba6b-672e-47c4-808a-e529adff3633"

RATE_CODES: Final = {1: 0, 10: 1, 100: 2, 1000: 3}
STOP: Final = bytes((0x00,))
SEQUENCE_LENGTH: Final = 16

_WIDE_CHANNELS: Final = 4
"""The first four channels of a frame have 10 bits, the fifth and sixth 6."""
_SUPPLY_V: Final = 3.3
_EDA_V_PER_US: Final = 0.132
_ECG_GAIN: Final = 1100
_TIMES_X4: Final = (0, 3, 6, 5, 12, 15, 10, 9, 11, 8, 13, 14, 7, 4, 1, 2)
"""Each remainder times x^4, modulo x^4 + x + 1."""


class Channel(StrEnum):
    """Analogue inputs of the box."""

    A1 = "A1"
    A2 = "A2"
    A3 = "A3"
    A4 = "A4"
    A5 = "A5"
    A6 = "A6"


@dataclass(frozen=True, slots=True)
class Frame:
    """One sampling instant: `sequence` counts modulo 16, `adc` holds each channel asked for, in order."""

    sequence: int
    digital: int
    adc: tuple[int, ...]


def set_rate(rate_hz: int) -> bytes:
    """Command that sets the sampling rate."""
    return bytes((RATE_CODES[rate_hz] << 6 | 0x03,))


def start(channels: Sequence[Channel]) -> bytes:
    """Command that starts the acquisition of `channels`."""
    return bytes((0x01 | sum(1 << (2 + list(Channel).index(channel)) for channel in set(channels)),))


def frame_bytes(channels: int) -> int:
    """Length of a frame of so many channels."""
    bits = 12 + 10 * channels if channels <= _WIDE_CHANNELS else 52 + 6 * (channels - _WIDE_CHANNELS)
    return -(-bits // 8)


def adc_bits(position: int) -> int:
    """Resolution of the channel at this place of a frame."""
    return 10 if position < _WIDE_CHANNELS else 6


def crc4(frame: bytes) -> int:
    """CRC-4 with x^4 + x + 1 over `frame`, its last four bits (the CRC's own place) taken as zero."""
    crc = 0
    for byte in frame[:-1]:
        crc = _TIMES_X4[_TIMES_X4[crc] ^ byte >> 4] ^ byte & 0x0F
    return _TIMES_X4[_TIMES_X4[crc] ^ frame[-1] >> 4]


def decode_frames(payload: bytes, *, channels: int) -> list[Frame]:
    """Read the whole frames of one notification; one with a wrong CRC makes all of it senseless."""
    size = frame_bytes(channels)
    if not payload or len(payload) % size:
        raise DecodeError("bitalino", f"{len(payload)} bytes are no whole number of {size}-byte frames")
    return [_decode(payload[at : at + size], channels) for at in range(0, len(payload), size)]


def skin_conductance_us(adc: int, *, bits: int) -> float:
    """Conductance that the box's electrodermal sensor shows as `adc`; it reads 0 to 25 microsiemens."""
    return adc / (1 << bits) * _SUPPLY_V / _EDA_V_PER_US


def ecg_mv(adc: int, *, bits: int) -> float:
    """Voltage at the electrodes that the box's electrocardiograph shows as `adc`."""
    return (adc / (1 << bits) - 0.5) * _SUPPLY_V / _ECG_GAIN * 1000


def _decode(frame: bytes, channels: int) -> Frame:
    if crc4(frame) != frame[-1] & 0x0F:
        raise DecodeError("bitalino", "the checksum is wrong")
    # Seen as one little-endian number, the frame holds its fields from the top bit downwards.
    packed, top = int.from_bytes(frame, "little"), 8 * len(frame) - 12
    adc = []
    for position in range(channels):
        bits = adc_bits(position)
        top -= bits
        adc.append(packed >> top & (1 << bits) - 1)
    return Frame(sequence=frame[-1] >> 4, digital=frame[-2] >> 4, adc=tuple(adc))
