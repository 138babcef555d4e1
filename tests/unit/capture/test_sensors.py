"""All sensors of a street together: who mutes which, what the light shows, and when it is over."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from edge.capture import sensors
from edge.capture.mute.options import LineOptions, MuteOptions
from edge.capture.sensors import CONSENT_CHECK_S, Sensors
from edge.capture.supervisor import SourceState, SourceStatus
from edge.clock import VirtualClock, run
from edge.errors import SourceError, SourceReason
from edge.signals import HeartBeats, Sample

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

LINE = LineOptions(line=17)


class Beating:
    """Gives one sample a second, for so many of them or for ever; or fails as it is told."""

    stale_after_s = 3.0

    def __init__(self, name: str, clock: VirtualClock, *, samples: int | None = None) -> None:
        self.name = name
        self.left = samples
        self.is_open = False
        self.opened = 0
        self.failure: SourceError | None = None
        self._clock = clock

    async def samples(self) -> AsyncIterator[Sample]:
        if self.failure is not None:
            raise self.failure
        self.opened += 1
        self.is_open = True
        try:
            while self.left is None or self.left > 0:
                self.left = None if self.left is None else self.left - 1
                await self._clock.sleep_until(self._clock.now_s() + 1.0)
                if self.failure is not None:
                    raise self.failure
                yield HeartBeats(self.name, np.zeros(1), np.zeros(1))
        finally:
            self.is_open = False


@dataclass
class Line:
    """The switch, or the light."""

    active: bool = False
    closed: bool = False
    written: list[bool] = field(default_factory=list)

    def read(self) -> bool:
        return self.active

    def write(self, *, active: bool) -> None:
        self.active = active
        self.written.append(active)

    def close(self) -> None:
        self.closed = True


class Room:
    """Two sensors and what was told of them."""

    def __init__(self, *, samples: int | None = None) -> None:
        self.clock = VirtualClock()
        self.camera = Beating("camera", self.clock, samples=samples)
        self.strap = Beating("strap", self.clock, samples=samples)
        self.heard: list[tuple[str, str]] = []
        self.statuses: list[SourceStatus] = []
        self.muted: list[str] = []
        self.refused: set[str] = set()

    async def deliver(self, name: str, sample: Sample) -> None:
        self.heard.append((name, sample.source))

    def sensors(self, **mute: LineOptions) -> Sensors:
        return Sensors(
            {"camera": self.camera, "strap": self.strap},
            clock=self.clock,
            mute=MuteOptions(**mute),
            is_agreed=lambda name: name not in self.refused,
            deliver=self.deliver,
            on_status=self.statuses.append,
            on_muted=self.muted.append,
        )

    def run(self, script: Callable[[Sensors], Awaitable[Any]], **mute: LineOptions) -> None:
        """Run all sensors until the script is over."""

        async def main() -> None:
            all_of_them = self.sensors(**mute)
            running = asyncio.create_task(all_of_them.run())
            await script(all_of_them)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

        run(main(), clock=self.clock)


@pytest.fixture
def switch(monkeypatch: pytest.MonkeyPatch) -> Line:
    line = Line()
    monkeypatch.setattr(sensors, "open_input", lambda _: line)
    return line


@pytest.fixture
def light(monkeypatch: pytest.MonkeyPatch) -> Line:
    line = Line()
    monkeypatch.setattr(sensors, "open_output", lambda _: line)
    return line


def test_each_sample_is_handed_on_under_the_name_of_its_source_and_all_end() -> None:
    room = Room(samples=3)
    run(room.sensors().run(), clock=room.clock)
    assert sorted(room.heard) == [("camera", "camera")] * 3 + [("strap", "strap")] * 3
    assert {(status.name, status.state) for status in room.statuses[-2:]} == {
        ("camera", SourceState.ENDED),
        ("strap", SourceState.ENDED),
    }


def test_it_is_over_with_the_last_source_though_the_switch_could_still_be_thrown(switch: Line) -> None:
    room = Room(samples=3)
    switch.active = True

    async def main() -> None:
        async with asyncio.timeout(100):
            await room.sensors(switch=LINE).run()

    run(main(), clock=room.clock)
    assert len(room.heard) == 6
    assert switch.closed


def test_a_command_mutes_one_or_all_and_tells_who_forgets() -> None:
    room = Room()

    async def script(all_of_them: Sensors) -> None:
        await asyncio.sleep(5)
        all_of_them.obey(muted=True, sensor="camera")
        all_of_them.obey(muted=True, sensor="no such sensor")
        await asyncio.sleep(5)
        assert (room.camera.is_open, room.strap.is_open) == (False, True)
        assert room.muted == ["camera"]
        all_of_them.obey(muted=True)
        await asyncio.sleep(5)
        assert not room.strap.is_open
        assert room.muted == ["camera", "strap"]
        assert {status.state for status in all_of_them.statuses} == {SourceState.MUTED}
        all_of_them.obey(muted=False)
        await asyncio.sleep(5)
        assert room.camera.is_open
        assert room.strap.is_open
        assert room.muted == ["camera", "strap"]

    room.run(script)


def test_nothing_is_opened_before_the_switch_was_read_and_no_command_lifts_it(switch: Line) -> None:
    room = Room()

    async def script(all_of_them: Sensors) -> None:
        await asyncio.sleep(5)
        all_of_them.obey(muted=False)
        await asyncio.sleep(5)
        assert room.camera.opened == room.strap.opened == 0
        switch.active = True
        await asyncio.sleep(5)
        assert room.camera.is_open
        assert room.strap.is_open
        switch.active = False
        await asyncio.sleep(1)
        assert not room.camera.is_open
        assert sorted(room.muted) == ["camera", "strap"]

    room.run(script, switch=LINE)


def test_without_a_switch_sensing_begins_at_once() -> None:
    room = Room()

    async def script(_: Sensors) -> None:
        await asyncio.sleep(0.5)
        assert room.camera.is_open

    room.run(script)


def test_a_consent_that_ends_stops_its_sensor_within_a_second_and_no_other() -> None:
    room = Room()

    async def script(all_of_them: Sensors) -> None:
        await asyncio.sleep(6.5)
        room.refused.add("camera")
        await asyncio.sleep(CONSENT_CHECK_S)
        assert (room.camera.is_open, room.strap.is_open) == (False, True)
        all_of_them.obey(muted=False)
        await asyncio.sleep(5)
        assert not room.camera.is_open
        room.refused.clear()
        await asyncio.sleep(CONSENT_CHECK_S)
        assert room.camera.is_open
        assert room.muted == ["camera"]

    room.run(script)


def test_the_light_is_on_while_a_device_may_be_open_and_goes_out_at_the_end(light: Line) -> None:
    room = Room()

    async def script(all_of_them: Sensors) -> None:
        await asyncio.sleep(5)
        assert light.active
        all_of_them.obey(muted=True, sensor="camera")
        await asyncio.sleep(1)
        assert light.active
        all_of_them.obey(muted=True)
        await asyncio.sleep(1)
        assert not light.active
        all_of_them.obey(muted=False, sensor="strap")
        await asyncio.sleep(1)
        assert light.active

    room.run(script, indicator=LINE)
    assert not light.active
    assert light.closed
    assert light.written[0] is False


@pytest.mark.parametrize(
    ("failure", "states"),
    [
        (None, [("starting", True), ("ok", True), ("ended", False)]),
        ("missing", [("starting", True), ("ok", True), ("absent", False)]),
        ("unreadable", [("starting", True), ("ok", True), ("failed", True)]),
    ],
)
def test_the_light_is_on_while_it_opens_and_works_and_when_it_may_be_stuck(
    light: Line, failure: str | None, states: list[tuple[str, bool]]
) -> None:
    room = Room(samples=3)
    seen: list[tuple[str, bool]] = []
    only = Sensors(
        {"camera": room.camera},
        clock=room.clock,
        mute=MuteOptions(indicator=LINE),
        is_agreed=lambda _: True,
        deliver=room.deliver,
        on_status=lambda status: seen.append((str(status.state), light.active)),
        on_muted=room.muted.append,
    )

    async def main() -> None:
        running = asyncio.create_task(only.run())
        await asyncio.sleep(1.5)
        if failure:
            room.camera.failure = SourceError("camera", SourceReason(failure), "is gone")
        await asyncio.sleep(60)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    run(main(), clock=room.clock)
    assert seen[: len(states)] == states


def test_a_light_that_cannot_be_had_lets_nothing_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: LineOptions) -> Line:
        raise SourceError("indicator", SourceReason.MISSING, "no such chip")

    monkeypatch.setattr(sensors, "open_output", refuse)
    room = Room()
    with pytest.raises(SourceError, match="no such chip"):
        run(room.sensors(indicator=LINE).run(), clock=room.clock)
    assert room.camera.opened == 0
