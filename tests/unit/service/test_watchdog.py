from __future__ import annotations

import asyncio
import contextlib

import pytest

from edge.clock import VirtualClock, run
from edge.service.watchdog import STUCK_AFTER_LOOKS, Progress, Watchdog


class Stages:
    def __init__(self) -> None:
        self.now = {"face": Progress(0, has_work=False), "fusion": Progress(0, has_work=True)}

    def __call__(self) -> dict[str, Progress]:
        return dict(self.now)


@pytest.fixture(autouse=True)
def _asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "5000000")
    monkeypatch.delenv("WATCHDOG_PID", raising=False)


def test_an_idle_stage_is_healthy() -> None:
    stages = Stages()
    watchdog = Watchdog(stages)
    for tick in range(3 * STUCK_AFTER_LOOKS):
        stages.now["fusion"] = Progress(tick, has_work=True)
        assert not watchdog.stuck()


def test_a_stage_that_holds_work_and_finishes_none_is_stuck() -> None:
    stages = Stages()
    watchdog = Watchdog(stages)
    stages.now = {"face": Progress(7, has_work=True), "speech": Progress(0, has_work=False)}
    looks = [watchdog.stuck() for _ in range(STUCK_AFTER_LOOKS + 2)]
    assert looks == [[]] * STUCK_AFTER_LOOKS + [["face"]] * 2
    stages.now["face"] = Progress(8, has_work=True)
    assert not watchdog.stuck()


def test_a_slow_stage_is_not_stuck() -> None:
    stages = Stages()
    watchdog = Watchdog(stages)
    for look in range(10 * STUCK_AFTER_LOOKS):
        stages.now = {"face": Progress(look // STUCK_AFTER_LOOKS, has_work=True)}
        assert not watchdog.stuck()


def test_work_that_has_just_come_is_given_time() -> None:
    stages = Stages()
    watchdog = Watchdog(stages)
    for look in range(3 * STUCK_AFTER_LOOKS):
        stages.now = {"face": Progress(7, has_work=look % STUCK_AFTER_LOOKS == 0)}
        assert not watchdog.stuck()


def test_a_stage_that_is_gone_is_not_missed() -> None:
    stages = Stages()
    watchdog = Watchdog(stages)
    for _ in range(STUCK_AFTER_LOOKS):
        watchdog.stuck()
    stages.now = {}
    assert not watchdog.stuck()


def test_it_feeds_every_second_and_bites_within_six_of_the_last_work(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stages = Stages()
    told: list[tuple[float, str]] = []
    clock = VirtualClock()

    async def watched() -> None:
        watchdog = Watchdog(stages, tell=lambda word: told.append((clock.now_s(), word)))
        watching = asyncio.create_task(watchdog.run())
        for tick in range(1, 11):
            await clock.sleep_until(tick - 0.1)
            stages.now["fusion"] = Progress(tick, has_work=True)
        await watching

    run(watched(), clock=clock)
    assert told[:-1] == [(float(second), "WATCHDOG=1") for second in range(15)]
    assert told[-1] == (15.0, "WATCHDOG=trigger")
    assert caplog.messages == ["stuck: fusion; the service is started again"]


def test_what_the_loop_itself_writes_may_take_longer() -> None:
    told: list[str] = []
    with contextlib.suppress(OSError), Watchdog(Stages(), tell=told.append).patient():
        told.append("written")
        raise OSError
    assert told == ["WATCHDOG_USEC=30000000", "written", "WATCHDOG_USEC=5000000"]


def test_a_loop_that_stood_still_is_no_stage_that_is_stuck() -> None:
    stages = Stages()
    told: list[str] = []

    async def watched() -> None:
        watching = asyncio.create_task(Watchdog(stages, tell=told.append).run())
        stages.now = {"face": Progress(7, has_work=True)}
        await asyncio.sleep(2.0)
        # The other looks of these seconds never come.
        asyncio.get_running_loop()._leaping.now_s += 20.0  # type: ignore[attr-defined]
        await asyncio.sleep(0.0)
        stages.now = {"face": Progress(8, has_work=False)}
        await asyncio.sleep(10.0)
        watching.cancel()

    run(watched(), clock=VirtualClock())
    assert set(told) == {"WATCHDOG=1"}


async def test_it_tells_nothing_without_systemd(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WATCHDOG_USEC")
    told: list[str] = []
    watchdog = Watchdog(Stages(), tell=told.append)
    with watchdog.patient():
        await asyncio.wait_for(watchdog.run(), timeout=60)
    assert not told
