from __future__ import annotations

import asyncio
import logging
import random
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from edge.capture.supervisor import SourceState, SourceStatus, Supervisor
from edge.capture.wearable import make_source
from edge.capture.wearable.decoders import battery, bitalino, heart_rate, movisens, polar
from edge.capture.wearable.link import LinkState
from edge.capture.wearable.options import (
    BitalinoOptions,
    GattOptions,
    HeartRateStrapOptions,
    MovisensOptions,
    PolarH10Options,
)
from edge.clock import VirtualClock, run
from edge.errors import SourceReason
from edge.signals import EcgChunk, HeartBeats, SkinConductance
from virtual_wearables import payloads
from virtual_wearables.fake_radio import FakeConnection, FakePeripheral, FakeRadio

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from edge.signals import Sample

STRAP = HeartRateStrapOptions(kind="heart_rate_strap")


def strap(address: str = "AA:00:00:00:00:01", **fields: Any) -> FakePeripheral:
    return FakePeripheral(
        address,
        heart_rate.HEART_RATE_SERVICE,
        values={battery.BATTERY_LEVEL: b"\x50"},
        notifying={heart_rate.HEART_RATE_MEASUREMENT, battery.BATTERY_LEVEL},
        **fields,
    )


class Home:
    """Supervised wearables, their peripherals beating on a virtual clock."""

    def __init__(self, *peripherals: FakePeripheral) -> None:
        self.clock = VirtualClock()
        self.radio = FakeRadio(*peripherals)
        self.samples: dict[str, list[Any]] = {}
        self.statuses: dict[str, list[SourceStatus]] = {}
        self.links: dict[str, Any] = {}
        self.supervisors: dict[str, Supervisor] = {}
        self.tasks: list[asyncio.Task[Any]] = []

    def add(self, name: str, options: Any = STRAP) -> Supervisor:
        source = make_source(name, options, clock=self.clock, radio=self.radio)
        heard = self.samples.setdefault(name, [])
        seen = self.statuses.setdefault(name, [])

        async def take(sample: Sample) -> None:
            heard.append(sample)

        supervisor = Supervisor(
            source, clock=self.clock, deliver=take, on_state=seen.append, seed=len(self.samples)
        )
        self.supervisors[name] = supervisor
        self.links[name] = source.link  # type: ignore[attr-defined]
        self.tasks.append(asyncio.create_task(supervisor.run()))
        return supervisor

    def play(self, every_s: float, send: Callable[[int], None]) -> None:
        async def play() -> None:
            i = 0
            while True:
                await asyncio.sleep(every_s)
                send(i)
                i += 1

        self.tasks.append(asyncio.create_task(play()))

    def beat(self, peripheral: FakePeripheral, *, rr_ms: float = 1000.0) -> None:
        self.play(
            rr_ms / 1000,
            lambda _: peripheral.notify(heart_rate.HEART_RATE_MEASUREMENT, payloads.heart_rate(60, [rr_ms])),
        )

    def states(self, name: str) -> list[SourceState]:
        return [status.state for status in self.statuses[name]]

    def run(self, script: Coroutine[Any, Any, None]) -> None:
        async def whole() -> None:
            try:
                await script
            finally:
                for task in self.tasks:
                    task.cancel()
                await asyncio.gather(*self.tasks, return_exceptions=True)

        run(whole(), clock=self.clock)


def test_connect_stream_drop_come_back_twice() -> None:
    peripheral = strap()
    home = Home(peripheral)

    async def script() -> None:
        home.add("strap")
        home.beat(peripheral)
        # Between two beats.
        await asyncio.sleep(30.5)
        for _ in range(2):
            heard = len(home.samples["strap"])
            peripheral.drop()
            peripheral.in_sight = False
            await asyncio.sleep(30)
            assert home.supervisors["strap"].state in (SourceState.ABSENT, SourceState.STARTING)
            assert len(home.samples["strap"]) == heard
            peripheral.in_sight = True
            await asyncio.sleep(15)
            assert home.supervisors["strap"].state is SourceState.OK
            await asyncio.sleep(15)
            assert len(home.samples["strap"]) >= heard + 15
        assert home.links["strap"].battery_percent == 80
        assert home.links["strap"].state is LinkState.STREAMING

    home.run(script())
    assert peripheral.connects == 3
    at_s = np.concatenate([beats.at_s for beats in home.samples["strap"]])
    assert (np.diff(at_s) > 0).all()
    assert home.links["strap"].state is LinkState.IDLE
    assert not home.radio.taken
    assert peripheral.connection is None


def test_silence_on_a_living_connection_ends_it() -> None:
    peripheral = strap()
    home = Home(peripheral)

    async def script() -> None:
        home.add("strap")
        for _ in range(5):
            await asyncio.sleep(1)
            peripheral.notify(heart_rate.HEART_RATE_MEASUREMENT, payloads.heart_rate(60, [1000]))
        await asyncio.sleep(9)
        assert home.supervisors["strap"].state is SourceState.STALE
        await asyncio.sleep(10)
        assert peripheral.connects == 2

    home.run(script())
    failed = next(status for status in home.statuses["strap"] if status.state is SourceState.FAILED)
    assert failed.reason is SourceReason.TIMEOUT
    assert failed.detail == "has sent nothing for 10 s"


def silent_for_s(gaps_s: Sequence[float], **fields: Any) -> str:
    """What is said of a strap that sent a packet after each of these gaps, and then no more."""
    peripheral = strap()
    home = Home(peripheral)

    async def script() -> None:
        home.add("strap", HeartRateStrapOptions(kind="heart_rate_strap", **fields))
        await asyncio.sleep(2)
        for gap_s in gaps_s:
            peripheral.notify(heart_rate.HEART_RATE_MEASUREMENT, payloads.heart_rate(60, [1000]))
            await asyncio.sleep(gap_s)
        await asyncio.sleep(20)

    home.run(script())
    return next(status.detail for status in home.statuses["strap"] if status.state is SourceState.FAILED)


@pytest.mark.parametrize(
    ("gaps_s", "fields", "said"),
    [
        ([0.5] * 20, {}, "has sent nothing for 4 s"),
        ([1.0] * 10, {}, "has sent nothing for 10 s"),
        ([1.0] * 11, {}, "has sent nothing for 4 s"),
        ([2.0] * 20, {}, "has sent nothing for 6 s"),
        ([0.5] * 20 + [4.5] + [0.5] * 5, {}, "has sent nothing for 4 s"),
        ([0.5] * 20 + [2.5, 2.5] + [0.5] * 5, {}, "has sent nothing for 8 s"),
        ([0.5] * 20 + [2.5, 2.5] + [0.5] * 15, {}, "has sent nothing for 4 s"),
        ([4.0] * 20, {}, "has sent nothing for 10 s"),
        ([0.5] * 20, {"silence_s": 8}, "has sent nothing for 8 s"),
        ([0.5] * 20, {"silence_s": 3}, "has sent nothing for 3 s"),
    ],
)
def test_one_that_speaks_often_is_missed_sooner_unless_the_config_says_when(
    gaps_s: list[float], fields: dict[str, Any], said: str
) -> None:
    assert silent_for_s(gaps_s, **fields) == said


def test_packets_that_came_while_the_loop_was_held_up_are_no_silence() -> None:
    peripheral = strap()
    home = Home(peripheral)

    async def script() -> None:
        home.add("strap")
        home.beat(peripheral)
        await asyncio.sleep(30.5)
        loop = asyncio.get_running_loop()
        # A packet and the end of the patience within one turn of the loop.
        packet = payloads.heart_rate(60, [1000])
        loop.call_soon(peripheral.notify, heart_rate.HEART_RATE_MEASUREMENT, packet)
        loop._leaping.now_s += 20.0  # type: ignore[attr-defined]
        await asyncio.sleep(30)

    home.run(script())
    assert peripheral.connects == 1


def test_several_wearables_never_scan_while_one_connects_and_keep_their_own() -> None:
    peripherals = [strap(f"AA:00:00:00:00:0{i}") for i in range(3)]
    home = Home(*peripherals)

    async def script() -> None:
        for name in ("anna", "ben", "cem"):
            home.add(name)
        for i, peripheral in enumerate(peripherals):
            home.beat(peripheral, rr_ms=700 + 100 * i)
        await asyncio.sleep(40)
        mine = {name: home.samples[name][-1].rr_ms[0] for name in home.samples}
        assert len(set(mine.values())) == 3
        for _ in range(5):
            for peripheral in peripherals:
                peripheral.drop()
            await asyncio.sleep(25)
        for name, rr_ms in mine.items():
            assert home.supervisors[name].state is SourceState.OK
            assert {round(beats.rr_ms[0]) for beats in home.samples[name]} == {round(rr_ms)}

    home.run(script())
    assert home.radio.overlaps == 0
    assert home.radio.scans >= 18


def test_one_that_hangs_on_connect_does_not_keep_the_others_out() -> None:
    good, bad = strap("AA:00:00:00:00:01"), strap("AA:00:00:00:00:02", hangs_on_connect=True)
    home = Home(good, bad)

    async def script() -> None:
        home.add("bad", HeartRateStrapOptions(kind="heart_rate_strap", address=bad.address))
        home.add("good", HeartRateStrapOptions(kind="heart_rate_strap", address=good.address))
        home.beat(good)
        await asyncio.sleep(60)
        assert home.supervisors["good"].state is SourceState.OK
        assert home.supervisors["bad"].status.samples == 0

    home.run(script())


def test_waiting_for_a_busy_adapter_is_not_taken_for_a_failure() -> None:
    straps = [strap(f"AA:00:00:00:00:0{i}", hangs_on_connect=i < 3) for i in range(4)]
    home = Home(*straps)

    async def script() -> None:
        for i, peripheral in enumerate(straps):
            home.add(f"strap{i}", HeartRateStrapOptions(kind="heart_rate_strap", address=peripheral.address))
        home.beat(straps[3])
        await asyncio.sleep(75)
        assert home.states("strap3") == [SourceState.STARTING, SourceState.OK]

    home.run(script())


def test_radio_that_never_returns_is_given_up() -> None:
    peripheral = strap()
    home = Home(peripheral)

    async def hang(*_: Any, **__: Any) -> None:
        await asyncio.Event().wait()

    async def script() -> None:
        home.radio.connect = hang  # type: ignore[assignment]
        supervisor = home.add("strap")
        await asyncio.sleep(31)
        assert SourceReason.TIMEOUT in {seen.reason for seen in home.statuses["strap"]}
        del home.radio.connect
        home.beat(peripheral)
        await asyncio.sleep(45)
        assert supervisor.state is SourceState.OK

    home.run(script())


def test_two_sources_cannot_share_one_wearable() -> None:
    peripheral = strap()
    home = Home(peripheral)
    peripheral.notify = lambda *_: None  # type: ignore[method-assign]

    async def script() -> None:
        address = HeartRateStrapOptions(kind="heart_rate_strap", address=peripheral.address)
        home.radio.taken.add(peripheral.address)
        home.add("strap", address)
        await asyncio.sleep(2)
        assert home.supervisors["strap"].status.reason is SourceReason.BUSY

    home.run(script())


def test_muted_wearable_is_disconnected() -> None:
    peripheral = strap()
    home = Home(peripheral)

    async def script() -> None:
        supervisor = home.add("strap")
        home.beat(peripheral)
        await asyncio.sleep(10)
        supervisor.mute()
        await asyncio.sleep(1)
        assert supervisor.state is SourceState.MUTED
        assert peripheral.connection is None
        supervisor.unmute()
        await asyncio.sleep(10)
        assert supervisor.state is SourceState.OK

    home.run(script())


def test_strap_without_contact_or_with_senseless_rr_gives_no_beats() -> None:
    peripheral = strap()
    home = Home(peripheral)

    async def script() -> None:
        supervisor = home.add("strap")
        await asyncio.sleep(3)
        for payload in ("04 3C", "14 3C 00 04", "16 3C 00 00", "16 3C FF FF", "16 3C 00 04", "", "16 3C"):
            peripheral.notify(heart_rate.HEART_RATE_MEASUREMENT, bytes.fromhex(payload))
            await asyncio.sleep(0.1)
        assert [beats.rr_ms.tolist() for beats in home.samples["strap"]] == [[1000.0]]
        assert supervisor.status.counters == {"bad_packets": 1, "dropped_packets": 0, "rejected_rr": 2}

    home.run(script())


def test_strap_that_nobody_wears_is_stale_but_stays_connected() -> None:
    peripheral = strap()
    home = Home(peripheral)

    async def script() -> None:
        supervisor = home.add("strap")
        worn = True

        def send(_: int) -> None:
            payload = payloads.heart_rate(60, [1000]) if worn else b"\x04\x00"
            peripheral.notify(heart_rate.HEART_RATE_MEASUREMENT, payload)

        home.play(1.0, send)
        await asyncio.sleep(20)
        assert supervisor.state is SourceState.OK
        assert supervisor.status.battery_percent == 80
        worn = False
        await asyncio.sleep(300)
        assert supervisor.state is SourceState.STALE
        worn = True
        await asyncio.sleep(2)
        assert supervisor.state is SourceState.OK
        assert peripheral.connects == 1

    home.run(script())


def test_nothing_but_nonsense_is_a_protocol_error() -> None:
    peripheral = strap()
    home = Home(peripheral)

    async def script() -> None:
        home.add("strap")
        home.play(0.1, lambda _: peripheral.notify(heart_rate.HEART_RATE_MEASUREMENT, b""))
        await asyncio.sleep(10)

    home.run(script())
    assert SourceReason.PROTOCOL in {status.reason for status in home.statuses["strap"]}


class H10:
    """A Polar H10 whose clock runs slow and samples a little fast."""

    def __init__(self, *, streaming_already: bool = False, status: int = 0) -> None:
        self.commands: list[bytes] = []
        self.streaming = streaming_already
        self.status = status
        self.index = 0
        self.rate_hz = 131.3
        self.peripheral = FakePeripheral(
            "AA:00:00:00:00:10",
            polar.PMD_SERVICE,
            values={polar.PMD_CONTROL: bytes.fromhex("0F0500")},
            notifying={polar.PMD_CONTROL, polar.PMD_DATA},
            on_write=self.write,
        )

    def write(self, connection: FakeConnection, characteristic: str, payload: bytes) -> None:
        self.commands.append(payload)
        status, parameters = 0, b""
        if payload[0] == 1:
            parameters = bytes.fromhex("00 01 82 00 01 01 0E 00 05 01 00 00 80 3F")
        elif payload[0] == 2:
            status = self.status or (6 if self.streaming else 0)
            self.streaming = True
        elif payload[0] == 3:
            self.streaming = False
        answer = bytes((0xF0, payload[0], payload[1], status, 0)) + parameters
        connection.subscribers[polar.PMD_CONTROL](answer)

    def send(self, _: int = 0, *, samples: int = 73) -> bytes:
        self.index += samples
        last_ns = 599_616_000_000_000_000 + round(self.index / self.rate_hz * 1e9)
        payload = payloads.polar_ecg(last_ns, range(self.index - samples, self.index))
        if self.streaming:
            self.peripheral.notify(polar.PMD_DATA, payload)
        return payload


H10_OPTIONS = PolarH10Options(kind="polar_h10")


def test_polar_shakes_hands_and_measures_its_rate() -> None:
    h10 = H10(streaming_already=True)
    home = Home(h10.peripheral)

    async def script() -> None:
        home.add("h10", H10_OPTIONS)
        home.play(73 / h10.rate_hz, h10.send)
        await asyncio.sleep(60)

    home.run(script())
    start = bytes.fromhex("02 00 00 01 82 00 01 01 0E 00")
    assert h10.commands == [bytes.fromhex("01 00"), start, bytes.fromhex("03 00"), start]
    chunks: list[EcgChunk] = home.samples["h10"]
    assert chunks[-1].rate_hz == pytest.approx(131.3, rel=1e-4)
    ecg_mv = np.concatenate([chunk.ecg_mv for chunk in chunks])
    np.testing.assert_allclose(np.diff(ecg_mv), 0.001)
    for before, after in pairwise(chunks[5:]):
        assert after.start_s == pytest.approx(before.end_s, abs=1e-3)


def test_polar_keeps_its_time_base_over_a_drop() -> None:
    h10 = H10()
    home = Home(h10.peripheral)

    async def script() -> None:
        home.add("h10", H10_OPTIONS)
        home.play(73 / h10.rate_hz, h10.send)
        await asyncio.sleep(20)
        h10.peripheral.drop()
        h10.streaming = False
        await asyncio.sleep(20)

    home.run(script())
    chunks: list[EcgChunk] = home.samples["h10"]
    assert h10.peripheral.connects == 2
    street_s = np.array([chunk.end_s for chunk in chunks])
    sensor_s = np.array([(chunk.ecg_mv[-1] * 1000 + 1) / h10.rate_hz for chunk in chunks])
    np.testing.assert_allclose(street_s - sensor_s, street_s[0] - sensor_s[0], atol=2e-3)


def test_polar_drops_duplicates_and_ends_when_the_sensor_stops_its_stream() -> None:
    h10 = H10()
    home = Home(h10.peripheral)

    async def script() -> None:
        home.add("h10", H10_OPTIONS)
        await asyncio.sleep(4)
        for _ in range(3):
            payload = h10.send()
            h10.peripheral.notify(polar.PMD_DATA, payload)
            await asyncio.sleep(73 / 131.3)
        assert len(home.samples["h10"]) == 3
        assert home.supervisors["h10"].status.counters["repeated_packets"] == 3
        h10.peripheral.connection.subscribers[polar.PMD_CONTROL](b"\x01\x00")  # type: ignore[union-attr]
        await asyncio.sleep(0.1)
        assert home.supervisors["h10"].status.detail == "has stopped its stream"

    home.run(script())


@pytest.mark.parametrize(
    ("status", "reason"),
    [(10, SourceReason.UNSUPPORTED), (13, SourceReason.BUSY), (5, SourceReason.PROTOCOL)],
)
def test_polar_refusals_say_why(status: int, reason: SourceReason) -> None:
    h10 = H10(status=status)
    home = Home(h10.peripheral)

    async def script() -> None:
        home.add("h10", H10_OPTIONS)
        await asyncio.sleep(2)
        assert reason in {seen.reason for seen in home.statuses["h10"]}

    home.run(script())


def test_polar_that_never_answers_times_out() -> None:
    h10 = H10()
    h10.peripheral.on_write = lambda *_: None
    home = Home(h10.peripheral)

    async def script() -> None:
        home.add("h10", H10_OPTIONS)
        await asyncio.sleep(12)
        assert "does not answer a command" in {seen.detail for seen in home.statuses["h10"]}

    home.run(script())


def test_bitalino_gives_both_signals_and_fills_losses() -> None:
    writes: list[bytes] = []
    peripheral = FakePeripheral(
        "AA:00:00:00:00:20",
        bitalino.BITALINO_SERVICE,
        notifying={bitalino.BITALINO_FRAMES},
        on_write=lambda connection, characteristic, payload: writes.append(payload),
    )
    home = Home(peripheral)

    def send(i: int) -> None:
        payload = payloads.bitalino_frame(bitalino.Frame(i % 16, 0, (512 + i % 2, 205)))
        if i == 301:
            payload = payload[:-1] + bytes((payload[-1] ^ 1,))
        if i % 500 not in (250, 251):
            peripheral.notify(bitalino.BITALINO_FRAMES, payload)

    async def script() -> None:
        options = BitalinoOptions(kind="bitalino", rate_hz=100, ecg="A2", eda="A3")
        supervisor = home.add("box", options)
        await asyncio.sleep(2)
        home.play(0.01, send)
        await asyncio.sleep(12)
        assert supervisor.status.counters["lost_samples"] == 5
        assert supervisor.status.counters["bad_packets"] == 1

    home.run(script())
    assert writes == [b"\x00", b"\x83", b"\x19", b"\x00"]
    ecg = [sample for sample in home.samples["box"] if isinstance(sample, EcgChunk)]
    eda = [sample for sample in home.samples["box"] if isinstance(sample, SkinConductance)]
    for chunks in (ecg, eda):
        assert {chunk.rate_hz for chunk in chunks} == {100}
        for before, after in pairwise(chunks):
            assert after.start_s == pytest.approx(before.end_s, abs=1e-3)
    assert np.isnan(np.concatenate([chunk.ecg_mv for chunk in ecg])).sum() == 5
    level = np.concatenate([chunk.skin_conductance_us for chunk in eda])
    assert level[0] == pytest.approx(205 / 1024 * 25)


def test_movisens_speaks_once_a_minute_without_becoming_stale() -> None:
    peripheral = FakePeripheral("AA:00:00:00:00:30", movisens.EDA_SERVICE, notifying={movisens.SCL_MEAN})
    home = Home(peripheral)

    async def script() -> None:
        home.add("ring", MovisensOptions(kind="movisens"))
        home.play(60, lambda i: peripheral.notify(movisens.SCL_MEAN, payloads.movisens_scl(5.0 + i)))
        await asyncio.sleep(605)
        assert home.states("ring") == [SourceState.STARTING, SourceState.OK]

    home.run(script())
    samples: list[SkinConductance] = home.samples["ring"]
    assert len(samples) == 10
    assert samples[3].end_s - samples[3].start_s == pytest.approx(60)
    assert samples[3].end_s == pytest.approx(240)


def test_profile_reads_three_signals_of_one_peripheral() -> None:
    counted = {"counter": {"offset": 0, "type": "u8"}, "offset": 1}
    options = GattOptions.model_validate(
        {
            "kind": "gatt",
            "profile": {
                "service": "FE10",
                "signals": [
                    {"characteristic": "FE11", "measures": "skin_conductance", "type": "u16", "rate_hz": 10,
                     "scaling": {"kind": "linear", "scale": 0.01}, **counted},
                    {"characteristic": "FE12", "measures": "rr", "type": "u16"},
                    {"characteristic": "FE13", "measures": "ecg", "type": "i16", "rate_hz": 100},
                ],
            },
        }
    )  # fmt: skip
    eda, rr, ecg = (signal.characteristic for signal in options.profile.signals)
    peripheral = FakePeripheral("AA:00:00:00:00:40", options.profile.service, notifying={eda, rr, ecg})
    home = Home(peripheral)

    def send(i: int) -> None:
        if i % 100 not in (50, 51):
            peripheral.notify(eda, bytes((i % 256,)) + (500 + i).to_bytes(2, "little"))
        if i % 10 == 0:
            peripheral.notify(rr, (1000).to_bytes(2, "little"))
        peripheral.notify(ecg, b"".join(j.to_bytes(2, "little") for j in range(10)))
        if i == 20:
            peripheral.notify(eda, bytes((i % 256,)) + (500 + i).to_bytes(2, "little"))

    async def script() -> None:
        supervisor = home.add("esp32", options)
        await asyncio.sleep(2)
        home.play(0.1, send)
        await asyncio.sleep(30)
        assert supervisor.status.counters["lost_packets"] == 6

    home.run(script())
    by_kind = {
        kind: [s for s in home.samples["esp32"] if isinstance(s, kind)]
        for kind in (EcgChunk, HeartBeats, SkinConductance)
    }
    levels = np.concatenate([chunk.skin_conductance_us for chunk in by_kind[SkinConductance]])
    assert np.isnan(levels).sum() == 6
    np.testing.assert_allclose(np.diff(levels)[~np.isnan(np.diff(levels))], 0.01)
    assert len(by_kind[HeartBeats]) == 30
    assert len(np.concatenate([chunk.ecg_mv for chunk in by_kind[EcgChunk]])) > 2900


@pytest.mark.parametrize(
    ("options", "service", "characteristic", "heads"),
    [
        (STRAP, heart_rate.HEART_RATE_SERVICE, heart_rate.HEART_RATE_MEASUREMENT, [b"\x10\x40", b"\x19\x3c"]),
        (H10_OPTIONS, polar.PMD_SERVICE, polar.PMD_DATA, [b"\x00", bytes(7), bytes(10)]),
        (
            BitalinoOptions(kind="bitalino", ecg="A1", eda="A2"),
            bitalino.BITALINO_SERVICE,
            bitalino.BITALINO_FRAMES,
            [payloads.bitalino_frame(bitalino.Frame(i, 0, (i, i))) for i in range(16)],
        ),
        (MovisensOptions(kind="movisens"), movisens.EDA_SERVICE, movisens.SCL_MEAN, [b"", b"\x01"]),
    ],
)
def test_random_bytes_never_break_a_source(
    options: Any, service: str, characteristic: str, heads: list[bytes]
) -> None:
    rng = random.Random(5)
    h10 = H10()
    peripheral = FakePeripheral(
        "AA:00:00:00:00:77",
        service,
        values={polar.PMD_CONTROL: b"\x0f\x05"},
        notifying={characteristic, polar.PMD_CONTROL},
        on_write=h10.write if service == polar.PMD_SERVICE else lambda *_: None,
    )
    home = Home(peripheral)

    async def script() -> None:
        home.add("fuzzed", options)
        home.play(
            0.05,
            lambda _: peripheral.notify(
                characteristic, rng.choice(heads) + rng.randbytes(rng.choice((0, 1, 2, 9, 40)))
            ),
        )
        await asyncio.sleep(300)

    home.run(script())
    told = {(seen.reason, seen.detail.split(" (")[0]) for seen in home.statuses["fuzzed"] if seen.reason}
    assert {reason for reason, _ in told} <= {SourceReason.PROTOCOL, SourceReason.TIMEOUT}
    assert all("nonsense" in detail for reason, detail in told if reason is SourceReason.PROTOCOL)
    starts = [sample.start_s for sample in home.samples["fuzzed"] if not isinstance(sample, HeartBeats)]
    beats = [
        at_s for sample in home.samples["fuzzed"] if isinstance(sample, HeartBeats) for at_s in sample.at_s
    ]
    assert np.isfinite(starts + beats).all()
    assert beats == sorted(beats)
    assert home.samples["fuzzed"]
    assert home.supervisors["fuzzed"].status.counters["bad_packets"] > 0


def test_peripheral_that_lacks_the_signal_is_unsupported(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    peripheral = FakePeripheral("AA:00:00:00:00:01", heart_rate.HEART_RATE_SERVICE)
    home = Home(peripheral)

    async def script() -> None:
        supervisor = home.add("strap")
        await asyncio.sleep(5)
        assert supervisor.status.reason is SourceReason.UNSUPPORTED

    home.run(script())
    assert peripheral.address not in caplog.text
