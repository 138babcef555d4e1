"""Battery Level, characteristic 0x2A19 (Bluetooth SIG, Battery Service 1.1)."""

from __future__ import annotations

from typing import Final

from edge.errors import DecodeError

BATTERY_LEVEL: Final = "00002a19-0000-1000-8000-00805f9b34fb"

_FULL_PERCENT: Final = 100


def decode_battery_level(payload: bytes) -> int:
    """Read the charge in percent."""
    if len(payload) != 1 or payload[0] > _FULL_PERCENT:
        raise DecodeError("battery level", "is not one byte up to 100")
    return payload[0]
