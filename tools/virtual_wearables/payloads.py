"""Payloads as real wearables send them: the inverse of `edge.capture.wearable.decoders`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.capture.wearable.decoders import bitalino

if TYPE_CHECKING:
    from collections.abc import Iterable


def heart_rate(heart_rate_bpm: int, rr_ms: Iterable[float] = ()) -> bytes:
    """Heart Rate Measurement with contact and RR intervals."""
    rr_raw = b"".join(round(rr * 1024 / 1000).to_bytes(2, "little") for rr in rr_ms)
    return bytes((0x16, heart_rate_bpm)) + rr_raw


def polar_ecg(last_ns: int, ecg_uv: Iterable[int]) -> bytes:
    """PMD data frame of type 0, as the Polar H10 sends it."""
    samples = b"".join(int(uv).to_bytes(3, "little", signed=True) for uv in ecg_uv)
    return b"\x00" + last_ns.to_bytes(8, "little") + b"\x00" + samples


def bitalino_frame(frame: bitalino.Frame) -> bytes:
    """One frame with its checksum."""
    size = bitalino.frame_bytes(len(frame.adc))
    top = 8 * size - 12
    packed = (frame.sequence << 8 | frame.digital) << top
    for position, adc in enumerate(frame.adc):
        top -= bitalino.adc_bits(position)
        packed |= adc << top
    whole = packed.to_bytes(size, "little")
    return whole[:-1] + bytes((whole[-1] | bitalino.crc4(whole),))


def movisens_scl(skin_conductance_us: float) -> bytes:
    """SCL mean."""
    return round(skin_conductance_us * 0x7FFF / 100).to_bytes(2, "little")
