"""Vectors of vendors' own test suites, and no byte string that breaks anything."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from edge.capture.wearable.decoders import battery, bitalino, gatt, heart_rate, movisens, polar
from edge.capture.wearable.decoders.bitalino import Channel, Frame
from edge.capture.wearable.decoders.polar import Measurement, Opcode, Setting
from edge.errors import DecodeError
from virtual_wearables import payloads

h = bytes.fromhex


class TestHeartRate:
    @pytest.mark.parametrize(
        ("payload", "bpm", "contact", "energy_kj", "rr_raw"),
        [
            ("00 FF", 255, None, None, ()),
            ("00 7F", 127, None, None, ()),
            ("01 80 80", 32896, None, None, ()),
            ("01 7F 7F", 32639, None, None, ()),
            ("06 00", 0, True, None, ()),
            ("04 00", 0, False, None, ()),
            ("02 00", 0, None, None, ()),
            ("09 00 00 FF FF", 0, None, 65535, ()),
            ("08 00 7F 80", 0, None, 0x807F, ()),
            ("10 00 FF FF", 0, None, None, (65535,)),
            ("11 00 00 FF FF 7F 80", 0, None, None, (65535, 32895)),
            ("10 3C 00 04 FF", 60, None, None, (1024,)),
            ("18 3C 05 00 00 04 00 02", 60, None, 5, (1024, 512)),
        ],
    )
    def test_vectors(self, payload, bpm, contact, energy_kj, rr_raw) -> None:
        rr_ms = tuple(raw * 1000 / 1024 for raw in rr_raw)
        assert heart_rate.decode_heart_rate(h(payload)) == heart_rate.HeartRate(
            bpm, contact, energy_kj, rr_ms
        )

    @pytest.mark.parametrize("payload", ["", "00", "01 50", "08 50 01", "09 50 00 01"])
    def test_cut_off(self, payload: str) -> None:
        with pytest.raises(DecodeError):
            heart_rate.decode_heart_rate(h(payload))


class TestPolar:
    def test_commands(self) -> None:
        ecg = {Setting.SAMPLE_RATE: 130, Setting.RESOLUTION: 14}
        assert polar.command(Opcode.GET_SETTINGS, Measurement.ECG) == h("01 00")
        assert polar.command(Opcode.START, Measurement.ECG, ecg) == h("02 00 00 01 82 00 01 01 0E 00")
        assert polar.command(Opcode.STOP, Measurement.ECG) == h("03 00")
        acc = {Setting.RANGE: 8, Setting.SAMPLE_RATE: 200, Setting.RESOLUTION: 16}
        assert polar.command(Opcode.START, Measurement.ACC, acc) == h(
            "02 02 02 01 08 00 00 01 C8 00 01 01 10 00"
        )
        verity = {Setting.SAMPLE_RATE: 52, Setting.RESOLUTION: 16, Setting.RANGE: 8, Setting.CHANNELS: 3}
        assert polar.command(Opcode.START, Measurement.ACC, verity) == h(
            "02 02 00 01 34 00 01 01 10 00 02 01 08 00 04 01 03"
        )

    def test_settings(self) -> None:
        settings = polar.decode_settings(h("00 01 34 00 01 01 10 00 02 04 F5 00 F4 01 E8 03 D0 07 04 01 03"))
        assert settings == {
            Setting.SAMPLE_RATE: (52,),
            Setting.RESOLUTION: (16,),
            Setting.RANGE: (245, 500, 1000, 2000),
            Setting.CHANNELS: (3,),
        }

    def test_responses(self) -> None:
        ok = polar.decode_response(h("F0 02 02 00 00 01"))
        assert (ok.opcode, ok.measurement, ok.status, ok.more, ok.parameters) == (2, 2, 0, False, b"\x01")
        verity = polar.decode_response(h("F0 02 02 00 00 05 01 40 DA 7F 39"))
        assert polar.decode_settings(verity.parameters)[Setting.FACTOR] == pytest.approx((2.44e-4,), rel=1e-3)
        refused = polar.decode_response(h("F0 01 06 07 00"))
        assert (refused.status, refused.parameters) == (7, b"")
        assert polar.is_stream_stopped(h("01 00"))
        assert not polar.is_stream_stopped(h("F0 02 00 00 00"))

    def test_features(self) -> None:
        assert polar.decode_features(h("0F 05 00")) == {Measurement.ECG, Measurement.ACC}
        with pytest.raises(DecodeError):
            polar.decode_features(h("F0 05"))

    @pytest.mark.parametrize(
        ("kind", "body", "ecg_uv"),
        [
            ("00", "02 80 FF 02 80 00", [-32766, 32770]),
            ("01", "02 80 FF 80 02 00", [2, 640]),
            ("02", "80 80 FC FF FF 03", [32896, 262143]),
            ("03", "00 12 03 11 10 04 00 02 80 F0 11 10 04 FF", [201216, -1015806]),
        ],
    )
    def test_ecg_frames(self, kind: str, body: str, ecg_uv: list[int]) -> None:
        frame = polar.decode_ecg(h("00 00 94 35 77 00 00 00 00" + kind + body))
        assert frame.last_ns == 2_000_000_000
        assert frame.ecg_uv.tolist() == ecg_uv

    def test_skin_contact_of_type_1(self) -> None:
        frame = polar.decode_ecg(h("00 00 94 35 77 00 00 00 00 01 02 80 FF 80 02 00"))
        assert frame.contact.tolist() == [True, False]

    def test_frame_of_another_kind(self) -> None:
        for payload in (
            "02 EA 54 A2 42 8B 45 52 08 01 45 FF E4 FF B5 03",
            "00 00 94 35 77 00 00 00 00 80 00",
        ):
            with pytest.raises(DecodeError):
                polar.decode_ecg(h(payload))

    @given(st.lists(st.integers(-(2**23), 2**23 - 1), min_size=1, max_size=80), st.integers(0, 2**64 - 1))
    def test_round_trip(self, ecg_uv: list[int], last_ns: int) -> None:
        frame = polar.decode_ecg(payloads.polar_ecg(last_ns, ecg_uv))
        assert (frame.last_ns, frame.ecg_uv.tolist()) == (last_ns, ecg_uv)


class TestBitalino:
    def test_commands(self) -> None:
        assert [bitalino.set_rate(rate) for rate in (1, 10, 100, 1000)] == [
            b"\x03",
            b"\x43",
            b"\x83",
            b"\xc3",
        ]
        assert bitalino.start([Channel.A1]) == b"\x05"
        assert bitalino.start(list(Channel)) == b"\xfd"

    def test_frame_lengths(self) -> None:
        assert [bitalino.frame_bytes(channels) for channels in range(1, 7)] == [3, 4, 6, 7, 8, 8]

    def test_frame_by_hand(self) -> None:
        # One channel, reading 0x2AB, sequence 5, digital 0b1010: low nibble of byte 1 and byte 0 hold it.
        body = bytes((0x2AB << 2 & 0xFF, 0xA0 | 0x2AB >> 6, 0x50))
        payload = body[:2] + bytes((body[2] | bitalino.crc4(body),))
        assert bitalino.decode_frames(payload, channels=1) == [Frame(5, 0b1010, (0x2AB,))]

    @given(st.binary(min_size=3, max_size=8))
    def test_checksum_is_the_remainder_of_a_long_division(self, frame: bytes) -> None:
        remainder = int.from_bytes(frame[:-1] + bytes((frame[-1] & 0xF0,)), "big")
        for bit in range(8 * len(frame) - 1, 3, -1):
            if remainder >> bit & 1:
                remainder ^= 0b10011 << bit - 4
        assert bitalino.crc4(frame) == remainder

    @given(st.data(), st.integers(1, 6), st.integers(1, 8))
    def test_round_trip_and_every_flipped_bit_is_noticed(self, data, channels: int, count: int) -> None:
        frames = [
            Frame(
                data.draw(st.integers(0, 15)),
                data.draw(st.integers(0, 15)),
                tuple(data.draw(st.integers(0, (1 << bitalino.adc_bits(i)) - 1)) for i in range(channels)),
            )
            for _ in range(count)
        ]
        payload = b"".join(map(payloads.bitalino_frame, frames))
        assert bitalino.decode_frames(payload, channels=channels) == frames
        flipped = bytearray(payload)
        bit = data.draw(st.integers(0, 8 * len(payload) - 1))
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(DecodeError):
            bitalino.decode_frames(bytes(flipped), channels=channels)

    def test_units(self) -> None:
        assert bitalino.skin_conductance_us(1024, bits=10) == pytest.approx(25.0)
        assert bitalino.ecg_mv(0, bits=10) == pytest.approx(-1.5)
        assert bitalino.ecg_mv(512, bits=10) == 0


def test_movisens() -> None:
    assert movisens.decode_scl_mean(h("FF 7F")) == pytest.approx(100.0)
    assert movisens.decode_scl_mean(h("01 00")) == pytest.approx(0.00305185095)
    for payload in ("", "01", "00 80", "01 00 00"):
        with pytest.raises(DecodeError):
            movisens.decode_scl_mean(h(payload))


def test_battery() -> None:
    assert battery.decode_battery_level(b"\x64") == 100
    for payload in (b"", b"\x65", b"\x10\x10"):
        with pytest.raises(DecodeError):
            battery.decode_battery_level(payload)


def signal(**fields: object) -> gatt.GattSignal:
    whole = {"characteristic": "FE11", "measures": "skin_conductance", "type": "u16", "rate_hz": 10} | fields
    return gatt.GattSignal.model_validate(whole)


class TestGatt:
    @pytest.mark.parametrize(
        ("fields", "payload", "values"),
        [
            ({"type": "u8"}, "FF 01", [255, 1]),
            ({"type": "i8"}, "FF 01", [-1, 1]),
            ({"type": "u16"}, "01 02 FF FF 09", [0x0201, 65535]),
            ({"type": "u16", "byte_order": "big"}, "01 02", [0x0102]),
            ({"type": "i16", "offset": 1}, "AA FE FF", [-2]),
            ({"type": "i24"}, "FF FF FF 00 00 80", [-1, -(2**23)]),
            ({"type": "u24", "byte_order": "big"}, "01 02 03", [0x010203]),
            ({"type": "u32"}, "FF FF FF FF", [2**32 - 1]),
            ({"type": "i32"}, "FF FF FF FF", [-1]),
            ({"type": "f32"}, "00 00 20 40 00 00 C0 7F", [2.5, np.nan]),
            ({"type": "f32", "byte_order": "big"}, "40 20 00 00", [2.5]),
            ({"type": "f32"}, "01 00 A0 7F FF FF 7F 7F", [np.nan, 3.4028234663852886e38]),
            ({"scaling": {"kind": "linear", "scale": 0.5, "zero": 2}}, "04 00", [1.0]),
        ],
    )
    def test_values(self, fields, payload: str, values: list[float]) -> None:
        np.testing.assert_array_equal(gatt.decode_values(h(payload), signal(**fields)), values)

    def test_counter(self) -> None:
        counted = signal(counter={"offset": 0, "type": "u16"}, offset=2)
        assert gatt.decode_counter(h("01 02 FF FF"), counted) == 0x0201
        assert gatt.counter_length(counted) == 65536
        assert gatt.decode_counter(h("01"), signal()) is None
        with pytest.raises(DecodeError):
            gatt.decode_counter(h("01"), counted)

    @pytest.mark.parametrize(
        "fields",
        [
            {"rate_hz": None},
            {"measures": "rr"},
            {"characteristic": "FE1"},
            {"characteristic": "nonsense-uuid-here-nonsense-uuid"},
            {"type": "u64"},
            {"colour": "red"},
            {"scaling": {"kind": "divider", "full_scale": 4096, "fixed_ohm": -1, "skin": "low"}},
        ],
    )
    def test_senseless_profiles_are_refused(self, fields) -> None:
        with pytest.raises(ValidationError):
            signal(**fields)


PROFILES = [
    signal(type=kind, byte_order=order, scaling=scaling, counter=counter)
    for kind in ("u8", "i16", "u24", "i32", "f32")
    for order in ("little", "big")
    for counter in (None, {"offset": 3, "type": "u16"})
    for scaling in (
        {"kind": "linear", "scale": 1e300},
        {"kind": "divider", "full_scale": 4096, "fixed_ohm": 1e6, "skin": "high"},
        {"kind": "grove_gsr", "full_scale": 4096},
        {"kind": "pairs", "points": [[0, 0], [4096, 25]]},
    )
]


@given(st.binary(max_size=300), st.sampled_from(PROFILES), st.integers(1, 6))
def test_no_bytes_raise_anything_but_decode_error(
    payload: bytes, profile: gatt.GattSignal, channels: int
) -> None:
    for decode in (
        heart_rate.decode_heart_rate,
        polar.decode_ecg,
        polar.decode_features,
        polar.decode_response,
        polar.decode_settings,
        polar.is_stream_stopped,
        movisens.decode_scl_mean,
        battery.decode_battery_level,
        lambda payload: bitalino.decode_frames(payload, channels=channels),
        lambda payload: gatt.decode_values(payload, profile),
        lambda payload: gatt.decode_counter(payload, profile),
    ):
        try:
            decode(payload)
        except DecodeError:
            continue


@given(st.binary(max_size=60), st.integers(0, 3))
def test_no_ecg_frame_raises_anything_but_decode_error(body: bytes, kind: int) -> None:
    try:
        frame = polar.decode_ecg(bytes(9) + bytes((kind,)) + body)
    except DecodeError:
        assert len(body) < 7
    else:
        assert np.isfinite(frame.ecg_uv).all()
        assert frame.contact.shape == frame.ecg_uv.shape
