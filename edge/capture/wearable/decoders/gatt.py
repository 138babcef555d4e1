"""Any GATT sensor that a profile describes: where its numbers lie in a packet and what they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal

import numpy as np
from pydantic import AfterValidator, Field, model_validator

from edge.capture.scaling import Linear, Scaling
from edge.errors import DecodeError
from edge.options import Options

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BASE_UUID: Final = "-0000-1000-8000-00805f9b34fb"
_BYTES: Final = {"u8": 1, "i8": 1, "u16": 2, "i16": 2, "u24": 3, "i24": 3, "u32": 4, "i32": 4, "f32": 4}


def full_uuid(uuid: str) -> str:
    """Write a UUID of 4, 8 or 32 hexadecimal digits in full and in lower case."""
    digits = uuid.replace("-", "").lower()
    if any(digit not in "0123456789abcdef" for digit in digits):
        raise ValueError("a UUID consists of hexadecimal digits")
    match len(digits):
        case 4 | 8:
            return digits.rjust(8, "0") + _BASE_UUID
        case 32:
            return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
        case _:
            raise ValueError("a UUID has 4, 8 or 32 hexadecimal digits")


Uuid = Annotated[str, AfterValidator(full_uuid)]


class Counter(Options):
    """A packet number in each packet, so that lost packets leave a gap and not a shift."""

    offset: int = Field(ge=0, le=255)
    type: Literal["u8", "u16"]


class GattSignal(Options):
    """One characteristic and how to read it.

    A packet holds `offset` bytes to skip and then values of `type` up to its end, oldest first;
    bytes short of a whole value are dropped.
    """

    characteristic: Uuid
    measures: Literal["skin_conductance", "ecg", "rr"]
    type: Literal["u8", "i8", "u16", "i16", "u24", "i24", "u32", "i32", "f32"]
    byte_order: Literal["little", "big"] = "little"
    offset: int = Field(default=0, ge=0, le=255)
    counter: Counter | None = None
    scaling: Scaling = Linear(scale=1.0)
    rate_hz: float | None = Field(default=None, gt=0, le=2000)

    @model_validator(mode="after")
    def _rate_fits(self) -> GattSignal:
        if (self.measures == "rr") == (self.rate_hz is not None):
            raise ValueError("rate_hz is needed for skin_conductance and ecg, and is meaningless for rr")
        return self


class GattProfile(Options):
    """What a peripheral offers: the service it advertises and its signals."""

    service: Uuid
    signals: tuple[GattSignal, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _distinct(self) -> GattProfile:
        if len({signal.characteristic for signal in self.signals}) < len(self.signals):
            raise ValueError("two signals have the same characteristic")
        return self


def decode_values(payload: bytes, signal: GattSignal) -> NDArray[np.float64]:
    """Values of one packet in the signal's unit: microsiemens, millivolts, or milliseconds for `rr`.

    NaN stands where the sensor gave no number, or one outside the range of its scaling.
    """
    width = _BYTES[signal.type]
    count = (len(payload) - signal.offset) // width
    if count < 1:
        raise DecodeError("gatt", f"{len(payload)} bytes hold no value")
    cells = np.frombuffer(payload, np.uint8, count * width, signal.offset).reshape(count, width)
    if signal.byte_order == "big":
        cells = cells[:, ::-1]
    # A signalling NaN or a number too large for its scaling is a loose electrode, not a warning.
    with np.errstate(over="ignore", invalid="ignore"):
        if signal.type == "f32":
            raw = np.ascontiguousarray(cells).view("<f4")[:, 0].astype(np.float64)
            raw[~np.isfinite(raw)] = np.nan
        else:
            whole = cells.astype(np.int64) @ (1 << 8 * np.arange(width, dtype=np.int64))
            if signal.type.startswith("i"):
                whole = np.where(whole >= 1 << 8 * width - 1, whole - (1 << 8 * width), whole)
            raw = whole.astype(np.float64)
        values = signal.scaling.apply(raw)
    return np.where(np.isfinite(values), values, np.nan)


def decode_counter(payload: bytes, signal: GattSignal) -> int | None:
    """Packet number of one packet; None when the profile names none."""
    if signal.counter is None:
        return None
    field = payload[signal.counter.offset : signal.counter.offset + _BYTES[signal.counter.type]]
    if len(field) < _BYTES[signal.counter.type]:
        raise DecodeError("gatt", "the packet ends before its counter")
    return int.from_bytes(field, signal.byte_order)


def counter_length(signal: GattSignal) -> int:
    """How far the packet number counts before it starts over; 0 when the profile names none."""
    return 1 << 8 * _BYTES[signal.counter.type] if signal.counter else 0
