"""Polar Measurement Data (PMD): control point and ECG frames of the H10 (Polar BLE SDK, 2024)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

PMD_SERVICE: Final = "fb005c80-02e7-f387-1cad-8acd2d8df0c8"
PMD_CONTROL: Final = "fb005c81-02e7-f387-1cad-8acd2d8df0c8"
PMD_DATA: Final = "fb005c82-02e7-f387-1cad-8acd2d8df0c8"

_FEATURES: Final = 0x0F
_RESPONSE: Final = 0xF0
_STREAM_STOPPED: Final = 0x01
_MORE_AT: Final = 4
_HEADER_BYTES: Final = 10
_COMPRESSED: Final = 0x80
_SAMPLE_BYTES: Final = {0: 3, 1: 3, 2: 3, 3: 7}


class Opcode(IntEnum):
    """What the control point is asked to do."""

    GET_SETTINGS = 1
    START = 2
    STOP = 3


class Measurement(IntEnum):
    """What a stream measures; the H10 gives `ECG` and `ACC`."""

    ECG = 0
    PPG = 1
    ACC = 2
    PPI = 3


class Setting(IntEnum):
    """Types in the settings list."""

    SAMPLE_RATE = 0
    RESOLUTION = 1
    RANGE = 2
    RANGE_MILLI = 3
    CHANNELS = 4
    FACTOR = 5
    SECURITY = 6


class Status(IntEnum):
    """Answers of the control point that a program acts upon."""

    OK = 0
    ALREADY_IN_STATE = 6
    MTU_TOO_SMALL = 10
    IN_CHARGER = 13


_WIDTH: Final = {
    Setting.SAMPLE_RATE: 2,
    Setting.RESOLUTION: 2,
    Setting.RANGE: 2,
    Setting.RANGE_MILLI: 4,
    Setting.CHANNELS: 1,
    Setting.FACTOR: 4,
    Setting.SECURITY: 16,
}


@dataclass(frozen=True, slots=True)
class ControlResponse:
    """Answer to one command; `status` is 0 when it worked, `parameters` follow only then."""

    opcode: int
    measurement: int
    status: int
    more: bool
    parameters: bytes


@dataclass(frozen=True, slots=True, eq=False)
class EcgFrame:
    """Samples of one frame; `last_ns` is the sensor's own clock at the last of them.

    `contact` is False where the sensor says that the skin is not touched; a frame of a type
    without that bit has contact throughout.
    """

    last_ns: int
    ecg_uv: NDArray[np.float64]
    contact: NDArray[np.bool_]


def command(opcode: Opcode, measurement: Measurement, settings: Mapping[Setting, int] | None = None) -> bytes:
    """Write this to the control point; `settings` choose one value for each type."""
    chosen = b"".join(
        bytes((setting, 1)) + value.to_bytes(_WIDTH[setting], "little")
        for setting, value in (settings or {}).items()
    )
    return bytes((opcode, measurement)) + chosen


def decode_features(payload: bytes) -> frozenset[Measurement]:
    """Read the control point's value: what the device can measure."""
    if len(payload) < 1 + 1 or payload[0] != _FEATURES:
        raise DecodeError("polar features", "is not a feature list")
    return frozenset(kind for kind in Measurement if payload[1] >> kind & 1)


def decode_settings(parameters: bytes) -> dict[Setting, tuple[float, ...]]:
    """Read a settings list: the values the device offers for each type."""
    settings: dict[Setting, tuple[float, ...]] = {}
    at = 0
    while at < len(parameters):
        if at + 2 > len(parameters) or parameters[at] not in _WIDTH:
            raise DecodeError("polar settings", f"no setting begins at byte {at}")
        setting, count = Setting(parameters[at]), parameters[at + 1]
        width = _WIDTH[setting]
        values = parameters[at + 2 : at + 2 + count * width]
        if len(values) < count * width:
            raise DecodeError("polar settings", f"{setting.name} is cut off")
        pieces = [values[i : i + width] for i in range(0, len(values), width)]
        if setting is Setting.FACTOR:
            settings[setting] = tuple(struct.unpack("<f", piece)[0] for piece in pieces)
        else:
            settings[setting] = tuple(int.from_bytes(piece, "little") for piece in pieces)
        at += 2 + len(values)
    return settings


def is_stream_stopped(payload: bytes) -> bool:
    """Tell the device's word that it has stopped the stream from an answer to a command."""
    return payload[:1] == bytes((_STREAM_STOPPED,))


def decode_response(payload: bytes) -> ControlResponse:
    """Read an indication of the control point."""
    if len(payload) < _MORE_AT or payload[0] != _RESPONSE:
        raise DecodeError("polar control point", "is not a response")
    return ControlResponse(
        opcode=payload[1],
        measurement=payload[2],
        status=payload[3],
        more=any(payload[_MORE_AT : _MORE_AT + 1]),
        parameters=payload[_MORE_AT + 1 :] if payload[3] == Status.OK else b"",
    )


def decode_ecg(payload: bytes) -> EcgFrame:
    """Read one ECG data frame of type 0 (H10) to 3; bytes short of a whole sample are dropped."""
    if len(payload) < _HEADER_BYTES or payload[0] != Measurement.ECG:
        raise DecodeError("polar ECG", "is not an ECG frame")
    last_ns = int.from_bytes(payload[1:9], "little")
    kind = payload[9]
    if kind & _COMPRESSED or kind not in _SAMPLE_BYTES:
        raise DecodeError("polar ECG", f"frame type {kind} is unknown")
    width = _SAMPLE_BYTES[kind]
    count = (len(payload) - _HEADER_BYTES) // width
    if not count:
        raise DecodeError("polar ECG", "holds no sample")
    body = np.frombuffer(payload, np.uint8, count * width, _HEADER_BYTES)
    cells = body.reshape(count, width).astype(np.int64)
    low16 = cells[:, 0] | cells[:, 1] << 8
    contact = np.ones(count, np.bool_)
    match kind:
        case 1:
            ecg_uv = low16 & 0x3FFF
            contact = cells[:, 2] & 0x06 != 0
        case 2:
            ecg_uv = low16 | (cells[:, 2] & 0x03) << 16
        case _:
            ecg_uv = low16 | cells[:, 2] << 16
            ecg_uv = np.where(ecg_uv & 0x800000, ecg_uv - 0x1000000, ecg_uv)
    return EcgFrame(last_ns, ecg_uv.astype(np.float64), contact)
