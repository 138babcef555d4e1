from __future__ import annotations

import asyncio
import contextlib

import pytest

from edge.clock import VirtualClock, run
from edge.service.watchdog import Progress, Watchdog


class Stages:
    def __init__(self) -> None:
        self.now = {"face": Progress(0, has_work=False), "fusion": Progress(0, has_work=True)}

    def __call__(self) -> dict[str, Progress]:
        return dict(self.now)


def test_an_idle_stage_is_healthy() -> None:
    stages = Stages()
    watchdog = Watchdog(stages)
    for tick in range(5):
        stages.now["fusion"] = Progress(tick, has_work=True)
        assert not watchdog.stuck()


def test_a_stage_that_holds_work_and_finishes_none_is_stuck(caplog: pytest.LogCaptureFixture) -> None:
    stages = Stages()
    watchdog = Watchdog(stages)
    stages.now = {"face": Progress(7, has_work=True)}
    assert not watchdog.stuck()
    assert watchdog.stuck() == {"face"}
    assert watchdog.stuck() == {"face"}
    stages.now = {"face": Progress(8, has_work=True)}
    assert not watchdog.stuck()
    assert [record.message for record in caplog.records] == ["stage face is stuck"]


def test_work_that_has_just_come_is_given_time() -> None:
    stages = Stages()
    watchdog = Watchdog(stages)
    stages.now = {"face": Progress(7, has_work=False)}
    watchdog.stuck()
    stages.now = {"face": Progress(7, has_work=True)}
    assert not watchdog.stuck()


def test_a_stage_that_is_gone_is_not_missed() -> None:
    stages = Stages()
    watchdog = Watchdog(stages)
    watchdog.stuck()
    stages.now = {}
    assert not watchdog.stuck()


def test_it_feeds_twice_as_often_as_asked_until_a_stage_is_stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "30000000")
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    stages = Stages()
    told: list[tuple[float, str]] = []

    async def watched() -> None:
        clock = VirtualClock()
        feeding = asyncio.create_task(
            Watchdog(stages).run(tell=lambda word: told.append((clock.now_s(), word)))
        )
        for tick in range(1, 4):
            await clock.sleep_until(tick * 15.0 - 1.0)
            stages.now["fusion"] = Progress(tick, has_work=True)
        await clock.sleep_until(200.0)
        feeding.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await feeding

    run(watched(), clock=VirtualClock())
    assert told == [(0.0, "WATCHDOG=1"), (15.0, "WATCHDOG=1"), (30.0, "WATCHDOG=1"), (45.0, "WATCHDOG=1")]


async def test_it_ends_at_once_without_systemd(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    await asyncio.wait_for(Watchdog(Stages()).run(), timeout=1)
