"""The I2C sources through the real smbus2, with faults injected at the ioctl."""

from __future__ import annotations

import asyncio
import errno
import math
import threading
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from edge.capture.i2c.ads1115 import Ads1115
from edge.capture.i2c.max30102 import Max30102
from edge.capture.i2c.options import Ads1115Options, Max30102Options
from edge.capture.supervisor import SourceState, Supervisor
from edge.clock import RealClock, VirtualClock
from edge.errors import SourceError, SourceReason
from edge.signals import EcgChunk, SkinConductance
from virtual_wearables import i2c

BOTH = Ads1115Options.model_validate(
    {
        "kind": "ads1115",
        "inputs": [
            {
                "input": "A0",
                "measures": "skin_conductance",
                "rate_hz": 10,
                "scaling": {"kind": "grove_gsr", "full_scale": 3.3},
            },
            {
                "input": "A1",
                "measures": "ecg",
                "rate_hz": 120,
                "scaling": {"kind": "linear", "scale": 1000 / 1100, "zero": 1.65},
                "valid_v": [0.1, 3.2],
            },
        ],
    }
)


class Time:
    """Time that passes only while someone waits for it."""

    def __init__(self) -> None:
        self.s = 50.0
        self.ticks: list[Any] = []

    def now_s(self) -> float:
        return self.s

    def pause(self, seconds: float) -> None:
        self.s += seconds


def take(source: Any, time: Time, seconds: float) -> list[Any]:
    stop = threading.Event()
    taken = []
    for chunk in source.sample(stop, now_s=time.now_s, pause=time.pause):
        taken.append(chunk)
        if time.s >= 50.0 + seconds:
            stop.set()
    return taken


def board(time: Time, *, heart: Any = None) -> i2c.Ads1115:
    return i2c.Ads1115(
        {"A0": lambda: 0.9, "A1": heart or (lambda: 1.65 + 1.1 * math.sin(2 * math.pi * (time.s - 50.0)))}
    )


def test_two_inputs_on_one_converter() -> None:
    time = Time()
    chip = board(time)
    with i2c.Bus(1, {0x48: chip}).plugged_in() as bus:
        chunks = take(Ads1115("board", BOTH, clock=VirtualClock()), time, 10)
        assert not bus.opened
    skin = [chunk for chunk in chunks if isinstance(chunk, SkinConductance)]
    heart = [chunk for chunk in chunks if isinstance(chunk, EcgChunk)]
    expected_us = 1e6 / ((1024 + 2 * 1024 * 0.9 / 3.3) * 10_000 / (512 - 1024 * 0.9 / 3.3))
    np.testing.assert_allclose(np.concatenate([c.skin_conductance_us for c in skin]), expected_us, rtol=1e-3)
    ecg_mv = np.concatenate([c.ecg_mv for c in heart])
    at_s = heart[0].start_s - 50.0 + np.arange(len(ecg_mv)) / 120
    assert np.abs(ecg_mv - np.sin(2 * np.pi * at_s)).max() < 0.05
    for chunks_of_one in (skin, heart):
        assert len(chunks_of_one) >= 49
        assert all(b.start_s == pytest.approx(a.end_s) for a, b in pairwise(chunks_of_one))


@pytest.mark.parametrize(("volts", "expected_us"), [(0.5, 1.0), (0.9, 3.0), (2.0, 10.0), (2.2, math.nan)])
def test_calibration_pairs_turn_volts_into_microsiemens(volts: float, expected_us: float) -> None:
    measured = {"kind": "pairs", "points": [[0.5, 1.0], [0.9, 3.0], [2.0, 10.0]]}
    options = Ads1115Options.model_validate(
        {
            "kind": "ads1115",
            "inputs": [
                {"input": "A0", "measures": "skin_conductance", "rate_hz": 10, "scaling": measured},
            ],
        }
    )
    time = Time()
    with i2c.Bus(1, {0x48: i2c.Ads1115({"A0": lambda: volts})}).plugged_in():
        chunks = take(Ads1115("board", options, clock=VirtualClock()), time, 2)
    found_us = np.concatenate([chunk.skin_conductance_us for chunk in chunks])
    np.testing.assert_allclose(found_us, expected_us, rtol=1e-3)


def test_slow_signal_alone_is_converted_slowly_and_quietly() -> None:
    time = Time()
    chip = board(time)
    slow = BOTH.model_copy(update={"inputs": BOTH.inputs[:1]})
    with i2c.Bus(1, {0x48: chip}).plugged_in():
        take(Ads1115("board", slow, clock=VirtualClock()), time, 2)
    assert chip.data_rates == {2}


def test_loose_electrode_and_saturation_are_nan() -> None:
    time = Time()
    volts = iter([1.65, 3.3, 0.0, 9.0] * 1000)
    with i2c.Bus(1, {0x48: board(time, heart=lambda: next(volts))}).plugged_in():
        chunks = take(Ads1115("board", BOTH, clock=VirtualClock()), time, 1)
    ecg_mv = np.concatenate([chunk.ecg_mv for chunk in chunks if isinstance(chunk, EcgChunk)])
    assert np.isnan(ecg_mv).tolist() == [False, True, True, True] * (len(ecg_mv) // 4)


@pytest.mark.parametrize("fault", [errno.EIO, errno.ENXIO, errno.EREMOTEIO, errno.ETIMEDOUT])
def test_single_faults_are_nan_and_counted(fault: int) -> None:
    time = Time()
    source = Ads1115("board", BOTH, clock=VirtualClock())
    with i2c.Bus(1, {0x48: board(time)}).plugged_in() as bus:
        bus.faults = [0] * 20 + [fault] + [0] * 50 + [fault, fault]
        chunks = take(source, time, 5)
    ecg_mv = np.concatenate([chunk.ecg_mv for chunk in chunks if isinstance(chunk, EcgChunk)])
    assert source.counters["bus_faults"] == 3
    assert 1 <= np.isnan(ecg_mv).sum() <= 3


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (errno.EIO, SourceReason.DISCONNECTED),
        (errno.ENXIO, SourceReason.MISSING),
        (errno.EREMOTEIO, SourceReason.MISSING),
    ],
)
def test_chip_that_is_gone(fault: int, reason: SourceReason) -> None:
    time = Time()
    with i2c.Bus(1, {0x48: board(time)}).plugged_in() as bus:
        bus.faults = [0] * 200 + [fault] * 1000
        with pytest.raises(SourceError) as caught:
            take(Ads1115("board", BOTH, clock=VirtualClock()), time, 60)
        assert not bus.opened
    assert caught.value.reason is reason
    assert time.s < 53


@pytest.mark.parametrize(
    ("number", "error", "reason"),
    [
        (2, None, SourceReason.MISSING),
        (1, errno.EACCES, SourceReason.PERMISSION),
        (1, errno.EBUSY, SourceReason.BUSY),
        (1, None, SourceReason.MISSING),
    ],
)
def test_bus_that_cannot_be_used(number: int, error: int | None, reason: SourceReason) -> None:
    bus = i2c.Bus(number, {})
    bus.open_error = error
    with bus.plugged_in():
        for source in (
            Ads1115("board", BOTH, clock=VirtualClock()),
            Max30102("finger", Max30102Options(kind="max30102"), clock=VirtualClock()),
        ):
            with pytest.raises(SourceError) as caught:
                take(source, Time(), 1)
            assert caught.value.reason is reason


def test_hold_up_leaves_nan_and_a_long_one_starts_over() -> None:
    time = Time()
    source = Ads1115("board", BOTH, clock=VirtualClock())
    with i2c.Bus(1, {0x48: board(time)}).plugged_in():
        chunks = []
        held_up = iter([2.0, 60.0])

        def read() -> None:
            for chunk in source.sample(threading.Event(), now_s=time.now_s, pause=time.pause):
                chunks.append(chunk)
                if len(chunks) in (50, 100):
                    time.s += next(held_up)

        with pytest.raises(SourceError) as caught:
            read()
    assert caught.value.reason is SourceReason.TIMEOUT
    ecg = [chunk for chunk in chunks if isinstance(chunk, EcgChunk)]
    assert 230 <= np.isnan(np.concatenate([chunk.ecg_mv for chunk in ecg])).sum() <= 245
    assert all(b.start_s == pytest.approx(a.end_s) for a, b in pairwise(ecg))


@pytest.mark.parametrize(
    "change",
    [
        {"inputs": []},
        {"inputs": [BOTH.inputs[0].model_dump(), BOTH.inputs[0].model_dump()]},
        {"inputs": [BOTH.inputs[0].model_dump() | {"rate_hz": 7}, BOTH.inputs[1].model_dump()]},
        {"range_v": 5.0},
        {"address": 0x57},
    ],
)
def test_senseless_options_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Ads1115Options.model_validate(BOTH.model_dump() | change)


class Finger:
    """A MAX30102 that samples at 100 Hz of a `Time`, and a pulse of 1 Hz."""

    def __init__(self) -> None:
        self.time = Time()
        self.level = 90_000.0
        self.chip = i2c.Max30102(self.light)
        self.sampled = 0

    def light(self) -> int:
        return round(self.level - 500 * math.sin(2 * math.pi * self.sampled / 100))

    def pause(self, seconds: float) -> None:
        self.time.pause(seconds)
        while self.sampled < (self.time.s - 50.0) * 100 - 1e-6:
            self.chip.tick()
            self.sampled += 1


def read_finger(
    finger: Finger, bus: i2c.Bus, seconds: float, *, on_chunk: Any = None
) -> tuple[Max30102, list[Any]]:
    source = Max30102("finger", Max30102Options(kind="max30102"), clock=VirtualClock())
    stop = threading.Event()
    chunks = []
    with bus.plugged_in():
        for chunk in source.sample(stop, now_s=finger.time.now_s, pause=finger.pause):
            chunks.append(chunk)
            assert finger.chip.is_on
            if on_chunk:
                on_chunk(len(chunks))
            if finger.time.s > 50.0 + seconds:
                stop.set()
    return source, chunks


def test_pulse_of_a_finger() -> None:
    finger = Finger()
    _, chunks = read_finger(finger, i2c.Bus(1, {0x57: finger.chip}), 10)
    pulse = np.concatenate([chunk.pulse for chunk in chunks])
    expected = -(90_000 - 500 * np.sin(2 * np.pi * np.arange(len(pulse)) / 100))
    assert np.abs(pulse - expected).max() <= 1
    assert all(b.start_s == pytest.approx(a.end_s, abs=1e-3) for a, b in pairwise(chunks))
    assert not finger.chip.is_on


def test_no_finger_is_nan() -> None:
    finger = Finger()
    finger.level = 2000
    _, chunks = read_finger(finger, i2c.Bus(1, {0x57: finger.chip}), 2)
    assert np.isnan(np.concatenate([chunk.pulse for chunk in chunks])).all()


def test_overflow_of_the_store_is_lost_time_not_shifted_time() -> None:
    finger = Finger()

    def hold_up(count: int) -> None:
        if count == 20:
            finger.pause(0.5)

    source, chunks = read_finger(finger, i2c.Bus(1, {0x57: finger.chip}), 6, on_chunk=hold_up)
    pulse = np.concatenate([chunk.pulse for chunk in chunks])
    lost = int(np.isnan(pulse).sum())
    assert lost == source.counters["lost_samples"] > 10
    expected = -(90_000 - 500 * np.sin(2 * np.pi * np.arange(len(pulse)) / 100))
    assert np.nanmax(np.abs(pulse - expected)) <= 1


def test_faults_on_the_way_and_at_the_end() -> None:
    finger = Finger()
    bus = i2c.Bus(1, {0x57: finger.chip})
    bus.faults = [0] * 30 + [errno.EIO] * 2
    source, _ = read_finger(finger, bus, 4)
    assert source.counters["bus_faults"] == 2
    bus.faults = [0] * 30 + [errno.EIO] * 100
    with pytest.raises(SourceError) as caught:
        read_finger(finger, bus, 60)
    assert caught.value.reason is SourceReason.DISCONNECTED


def test_other_chip_at_the_address() -> None:
    chip = i2c.Max30102(lambda: 0, part=0x11)
    with pytest.raises(SourceError) as caught, i2c.Bus(1, {0x57: chip}).plugged_in():
        take(Max30102("finger", Max30102Options(kind="max30102"), clock=VirtualClock()), Time(), 1)
    assert caught.value.reason is SourceReason.UNSUPPORTED


async def test_supervised_on_a_real_thread_and_back_after_a_fault() -> None:
    clock = RealClock()
    time = Time()
    heard: list[Any] = []
    enough, lost, muted = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def deliver(sample: Any) -> None:
        heard.append(sample)
        enough.set()

    def note(status: Any) -> None:
        if status.state in (SourceState.ABSENT, SourceState.FAILED):
            lost.set()
        if status.state is SourceState.MUTED:
            muted.set()

    fast = BOTH.model_copy(update={"inputs": BOTH.inputs[1:]})
    with i2c.Bus(1, {0x48: board(time)}).plugged_in() as bus:
        supervisor = Supervisor(
            Ads1115("board", fast, clock=clock), clock=clock, deliver=deliver, on_state=note
        )
        task = asyncio.create_task(supervisor.run())
        async with asyncio.timeout(60):
            await enough.wait()
            chips, bus.chips = bus.chips, {}
            await lost.wait()
            assert not bus.opened
            bus.chips = chips
            enough.clear()
            await enough.wait()
        supervisor.mute()
        async with asyncio.timeout(60):
            await muted.wait()
        assert not bus.opened
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert all(sample.source == "board" for sample in heard)
