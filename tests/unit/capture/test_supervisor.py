from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import random
import threading
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from edge.capture.backoff import Backoff
from edge.capture.supervisor import SourceState, SourceStatus, Supervisor
from edge.clock import RealClock, VirtualClock, run
from edge.errors import SourceError, SourceReason
from edge.signals import HeartBeats, Sample

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

A = SourceState


def beat(at_s: float) -> HeartBeats:
    return HeartBeats("strap", np.array([at_s]), np.array([800.0]))


class Scripted:
    """Runs one script each time it is opened, the last one again and again."""

    name = "strap"
    stale_after_s = 3.0

    def __init__(self, clock: VirtualClock, *scripts: Callable[[Scripted], AsyncIterator[Sample]]) -> None:
        self.clock = clock
        self.scripts = scripts
        self.opened = 0
        self.is_open = False
        self.counters = {"bad_packets": 0}

    async def samples(self) -> AsyncIterator[Sample]:
        script = self.scripts[min(self.opened, len(self.scripts) - 1)]
        self.opened += 1
        assert not self.is_open
        self.is_open = True
        try:
            async for sample in script(self):
                yield sample
        finally:
            self.is_open = False


def stream(seconds: float, then: Exception | float | None = None):
    async def script(source: Scripted) -> AsyncIterator[Sample]:
        for _ in range(int(seconds)):
            await source.clock.sleep_until(source.clock.now_s() + 1)
            yield beat(source.clock.now_s())
        if isinstance(then, float):
            await source.clock.sleep_until(source.clock.now_s() + then)
            yield beat(source.clock.now_s())
            await asyncio.Event().wait()
        elif then is not None:
            raise then

    return script


def lost(reason: SourceReason) -> SourceError:
    return SourceError("strap", reason, "is gone")


class Street:
    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.history: list[tuple[float, SourceState]] = []
        self.statuses: list[SourceStatus] = []
        self.samples: list[Sample] = []

    def note(self, status: SourceStatus) -> None:
        self.history.append((status.since_s, status.state))
        self.statuses.append(status)

    async def take(self, sample: Sample) -> None:
        self.samples.append(sample)

    def supervise(self, *scripts: Any, **options: Any) -> tuple[Scripted, Supervisor]:
        source = Scripted(self.clock, *scripts)
        options = {"deliver": self.take, "on_state": self.note, "seed": 7} | options
        return source, Supervisor(source, clock=self.clock, **options)

    def run(self, main: Coroutine[Any, Any, Any]) -> Any:
        return run(main, clock=self.clock)

    async def run_for(self, supervisor: Supervisor, seconds: float) -> None:
        task = asyncio.create_task(supervisor.run())
        await asyncio.sleep(seconds)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    @property
    def states(self) -> list[SourceState]:
        return [state for _, state in self.history]


def test_recording_that_is_over_has_ended_and_let_go() -> None:
    street = Street()
    source, supervisor = street.supervise(stream(4))
    assert supervisor.state is A.ABSENT
    street.run(supervisor.run())
    assert street.states == [A.STARTING, A.OK, A.ENDED]
    assert len(street.samples) == supervisor.status.samples == 4
    assert not source.is_open
    assert supervisor.status.restarts == 0


def test_lost_device_is_opened_again_after_a_growing_wait() -> None:
    street = Street()
    gone = stream(0, lost(SourceReason.MISSING))
    _, supervisor = street.supervise(
        stream(20, lost(SourceReason.DISCONNECTED)), gone, gone, gone, gone, gone, gone, stream(4)
    )
    street.run(supervisor.run())
    assert street.states == [A.STARTING, A.OK, A.FAILED] + [A.STARTING, A.ABSENT] * 6 + [
        A.STARTING,
        A.OK,
        A.ENDED,
    ]
    assert supervisor.status.restarts == 7
    starts = [at for at, state in street.history if state is A.STARTING][1:]
    lost_at = [at for at, state in street.history if state in (A.FAILED, A.ABSENT)]
    for i, wait in enumerate(np.subtract(starts, lost_at)):
        longest = min(0.5 * 2**i, 6.0)
        assert longest / 2 <= wait <= longest


def test_waits_start_small_again_after_a_good_time_only() -> None:
    for seconds, longest in ((20, 0.5), (1, 4.0)):
        street = Street()
        gone = stream(0, lost(SourceReason.MISSING))
        breaks = stream(seconds, lost(SourceReason.DISCONNECTED))
        _, supervisor = street.supervise(gone, gone, gone, breaks, stream(1))
        street.run(supervisor.run())
        lost_at = next(at for at, state in street.history if state is A.FAILED)
        again_at = next(at for at, state in street.history if state is A.STARTING and at > lost_at)
        assert longest / 2 <= again_at - lost_at <= longest


def test_silence_is_stale_then_failed_then_tried_again() -> None:
    street = Street()
    _, supervisor = street.supervise(stream(5, 1e9), stream(2))
    street.run(supervisor.run())
    assert street.history[:4] == [(0.0, A.STARTING), (1.0, A.OK), (8.0, A.STALE), (11.0, A.FAILED)]
    assert street.states[4:] == [A.STARTING, A.OK, A.ENDED]
    assert street.statuses[2].reason is SourceReason.TIMEOUT


def test_late_sample_brings_a_stale_source_back() -> None:
    street = Street()
    _, supervisor = street.supervise(stream(5, 4.0))
    street.run(street.run_for(supervisor, 10))
    assert street.history[:4] == [(0.0, A.STARTING), (1.0, A.OK), (8.0, A.STALE), (9.0, A.OK)]
    assert supervisor.status.restarts == 0


def test_source_that_never_begins_has_failed() -> None:
    street = Street()
    _, supervisor = street.supervise(stream(0, 1e9), stream(1), start_timeout_s=20.0)
    street.run(supervisor.run())
    assert street.history[:2] == [(0.0, A.STARTING), (20.0, A.FAILED)]
    assert street.states[-1] is A.ENDED


def test_slow_street_is_not_taken_for_silence() -> None:
    street = Street()

    async def slow(sample: Sample) -> None:
        await asyncio.sleep(20)

    _, supervisor = street.supervise(stream(4), deliver=slow)
    street.run(supervisor.run())
    assert street.states == [A.STARTING, A.OK, A.ENDED]


@pytest.mark.parametrize("reason", list(SourceReason))
def test_only_what_can_mend_is_tried_again(reason: SourceReason) -> None:
    hopeless = {"unreadable", "unsupported", "wrong_rate", "not_installed"}
    street = Street()
    source, supervisor = street.supervise(stream(2, lost(reason)), stream(1))
    street.run(supervisor.run())
    assert source.opened == (1 if reason in hopeless else 2)
    assert supervisor.state is (A.FAILED if reason in hopeless else A.ENDED)
    if reason in hopeless:
        assert (supervisor.status.reason, supervisor.status.detail) == (reason, "is gone")


def test_muted_source_has_released_its_device_and_comes_back() -> None:
    street = Street()
    source, supervisor = street.supervise(stream(100))

    async def main() -> None:
        task = asyncio.create_task(supervisor.run())
        await asyncio.sleep(5.5)
        assert source.is_open
        supervisor.mute()
        await asyncio.sleep(0.1)
        assert supervisor.state is A.MUTED
        assert not source.is_open
        heard = len(street.samples)
        await asyncio.sleep(60)
        assert len(street.samples) == heard
        supervisor.unmute()
        await asyncio.sleep(3.5)
        assert supervisor.state is A.OK
        task.cancel()

    street.run(main())


def test_muting_works_before_the_start_and_while_waiting() -> None:
    street = Street()
    source, supervisor = street.supervise(stream(0, lost(SourceReason.MISSING)))

    async def main() -> None:
        supervisor.mute()
        task = asyncio.create_task(supervisor.run())
        await asyncio.sleep(10)
        assert supervisor.state is A.MUTED
        assert source.opened == 0
        supervisor.unmute()
        await asyncio.sleep(30)
        assert source.opened > 3
        supervisor.mute()
        opened = source.opened
        await asyncio.sleep(30)
        assert supervisor.state is A.MUTED
        assert source.opened <= opened + 1
        task.cancel()

    street.run(main())


class StuckInDriver:
    """Blocks a thread in its driver and holds on to the device until that returns."""

    name = "camera"
    stale_after_s = 0.05

    def __init__(self) -> None:
        self.driver = threading.Event()
        self.opened = 0

    async def samples(self) -> AsyncIterator[Sample]:
        self.opened += 1
        blocking = asyncio.get_running_loop().run_in_executor(None, self.driver.wait)
        try:
            await asyncio.shield(blocking)
        finally:
            await blocking
        yield beat(0.0)


async def test_driver_that_blocks_holds_up_nobody_and_is_not_opened_twice() -> None:
    clock = RealClock()
    source = StuckInDriver()
    states: list[SourceState] = []
    failed, muted = asyncio.Event(), asyncio.Event()

    async def take(sample: Sample) -> None:
        pass

    def note(status: SourceStatus) -> None:
        states.append(status.state)
        if status.state is A.FAILED and status.reason is SourceReason.BUSY:
            failed.set()
        if status.state is A.MUTED:
            muted.set()

    stuck = Supervisor(
        source, clock=clock, deliver=take, on_state=note, start_timeout_s=0.1, release_timeout_s=0.05
    )
    tasks = [asyncio.create_task(stuck.run())]
    async with asyncio.timeout(60):
        await failed.wait()
        stuck.mute()
        await asyncio.sleep(0)
        assert stuck.state is A.FAILED
        assert source.opened == 1
        source.driver.set()
        await muted.wait()
    assert source.opened == 1
    tasks[0].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def test_losing_one_does_not_stop_the_other() -> None:
    street = Street()
    _, bad = street.supervise(stream(1, RuntimeError("driver bug")))
    _, good = street.supervise(stream(30))

    async def main() -> None:
        other = asyncio.create_task(bad.run())
        await good.run()
        other.cancel()

    street.run(main())
    assert good.status.samples == 30
    assert bad.status.restarts > 3


def test_error_of_the_street_leaves_through_run() -> None:
    street = Street()

    async def broken(sample: Sample) -> None:
        raise LookupError("street")

    source, supervisor = street.supervise(stream(3), deliver=broken)
    with pytest.raises(LookupError):
        street.run(supervisor.run())
    assert not source.is_open


def test_logs_once_down_and_once_up(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    street = Street()
    gone = stream(0, lost(SourceReason.MISSING))
    _, supervisor = street.supervise(stream(3, 1e9), gone, gone, gone, stream(3))
    street.run(supervisor.run())
    levels = [record.levelname for record in caplog.records if record.name == "edge.capture.supervisor"]
    assert levels == ["WARNING", "INFO", "INFO"]
    assert "silent for 3 s" in caplog.messages[0]
    assert "back after" in caplog.messages[1]


def test_counters_of_the_source_show() -> None:
    street = Street()
    source, supervisor = street.supervise(stream(1))
    source.counters["bad_packets"] = 3
    assert supervisor.status.counters == {"bad_packets": 3}


def test_same_seed_same_history() -> None:
    def history(seed: int) -> list[tuple[float, SourceState]]:
        street = Street()
        _, supervisor = street.supervise(stream(0, lost(SourceReason.MISSING)), seed=seed)
        street.run(street.run_for(supervisor, 60))
        return street.history

    assert history(1) == history(1) != history(2)


def test_backoff_without_jitter_is_plain_doubling() -> None:
    delays = Backoff(first_s=1, longest_s=5, jitter=0).delays_s(random.Random(1))
    assert [next(delays) for _ in range(5)] == [1, 2, 4, 5, 5]


@pytest.mark.parametrize("fail", [lambda: lost(SourceReason.DISCONNECTED), lambda: LookupError("a bug")])
def test_a_lost_source_leaves_no_picture_behind(
    fail: Callable[[], Exception], caplog: pytest.LogCaptureFixture
) -> None:
    """Not even until the garbage collector comes by: pictures are large and it comes rarely."""
    caplog.set_level(logging.CRITICAL)  # what is captured keeps the error
    street = Street()
    taken: list[weakref.ref[Any]] = []

    async def look(sample: Sample) -> None:
        assert isinstance(sample, HeartBeats)
        taken.append(weakref.ref(sample.rr_ms))

    async def script(source: Scripted) -> AsyncIterator[Sample]:
        async for sample in stream(2)(source):
            yield sample
        raise fail()

    source, supervisor = street.supervise(script, deliver=look)

    async def live() -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(60):
                await supervisor.run()

    gc.collect()
    gc.disable()
    try:
        run(live(), clock=street.clock)
        assert source.opened > 3
        assert [kept for kept in taken[:-2] if kept() is not None] == []
    finally:
        gc.enable()


def test_what_the_loop_was_held_up_for_is_no_silence() -> None:
    street = Street()

    async def from_a_driver(source: Scripted) -> AsyncIterator[Sample]:
        # As a thread does: what it hands over takes two turns of the loop.
        loop = asyncio.get_running_loop()
        while True:
            handed_over = loop.create_future()
            loop.call_later(1.0, loop.call_soon, handed_over.set_result, None)
            await handed_over
            yield beat(source.clock.now_s())

    source, supervisor = street.supervise(from_a_driver)

    async def main() -> None:
        task = asyncio.create_task(supervisor.run())
        for _ in range(5):
            await asyncio.sleep(10.3)
            asyncio.get_running_loop()._leaping.now_s += 20.0  # type: ignore[attr-defined]
        await asyncio.sleep(5)
        task.cancel()

    street.run(main())
    assert street.states == [A.STARTING, A.OK]
    assert source.opened == 1
