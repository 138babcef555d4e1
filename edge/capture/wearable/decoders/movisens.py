"""movisens EdaMove 3 and 4: skin conductance level, one mean a minute (docs.movisens.com)."""

from __future__ import annotations

from typing import Final

from edge.errors import DecodeError

EDA_SERVICE: Final = "eb08670d-f244-4511-b43e-04bba968b693"
SCL_MEAN: Final = "a884dc4b-62d6-44ee-bcbf-d0f725d95213"
SCL_INTERVAL_S: Final = 60.0

_VALUE_BYTES: Final = 2
_FULL_SCALE: Final = 0x7FFF
_FULL_SCALE_US: Final = 100.0


def decode_scl_mean(payload: bytes) -> float:
    """Read one notification: mean skin conductance of the past minute in microsiemens."""
    if len(payload) != _VALUE_BYTES:
        raise DecodeError("movisens SCL", f"{len(payload)} bytes instead of 2")
    raw = int.from_bytes(payload, "little")
    if raw > _FULL_SCALE:
        raise DecodeError("movisens SCL", "the value is out of range")
    return raw * _FULL_SCALE_US / _FULL_SCALE
