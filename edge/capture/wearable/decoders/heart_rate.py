"""Heart Rate Measurement, characteristic 0x2A37 (Bluetooth SIG, Heart Rate Service 1.0, 3.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from edge.errors import DecodeError

HEART_RATE_SERVICE: Final = "0000180d-0000-1000-8000-00805f9b34fb"
HEART_RATE_MEASUREMENT: Final = "00002a37-0000-1000-8000-00805f9b34fb"

_WIDE_RATE: Final = 0x01
_CONTACT: Final = 0x02
_CONTACT_SUPPORTED: Final = 0x04
_ENERGY: Final = 0x08
_RR: Final = 0x10


@dataclass(frozen=True, slots=True)
class HeartRate:
    """One measurement; `contact` is None when the sensor cannot tell, `rr_ms` is oldest first."""

    heart_rate_bpm: int
    contact: bool | None
    energy_kj: int | None
    rr_ms: tuple[float, ...]


def decode_heart_rate(payload: bytes) -> HeartRate:
    """Read one notification; an odd trailing byte is dropped."""
    flags = payload[0] if payload else 0
    rate_end = 3 if flags & _WIDE_RATE else 2
    energy_end = rate_end + (2 if flags & _ENERGY else 0)
    if len(payload) < energy_end:
        raise DecodeError("heart rate", f"{len(payload)} bytes are too few")
    rr_end = len(payload) - (len(payload) - energy_end) % 2
    rr_raw = (_u16(payload, at) for at in range(energy_end, rr_end, 2)) if flags & _RR else ()
    return HeartRate(
        heart_rate_bpm=int.from_bytes(payload[1:rate_end], "little"),
        contact=bool(flags & _CONTACT) if flags & _CONTACT_SUPPORTED else None,
        energy_kj=_u16(payload, rate_end) if flags & _ENERGY else None,
        rr_ms=tuple(raw * 1000 / 1024 for raw in rr_raw),
    )


def _u16(payload: bytes, at: int) -> int:
    return int.from_bytes(payload[at : at + 2], "little")
