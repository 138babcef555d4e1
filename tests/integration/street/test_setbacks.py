"""How long the whole street takes to get over what befalls the machine it runs on, and what it counts."""

from __future__ import annotations

import asyncio
import logging
import threading
import wave
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from edge import app
from edge.apart import Outcome
from edge.clock import RealClock, VirtualClock, run
from edge.config.schema import Config
from edge.inference import delegate
from edge.street import Observer

if TYPE_CHECKING:
    from pathlib import Path

    from edge.release import Release

LIMIT_S = 10.0
WINDOW_S = 5.0
END_S = 60.0
FAST = 4.0

log = logging.getLogger(__name__)


def quiet_room(directory: Path, **changes: Any) -> Config:
    with wave.open(str(directory / "silence.wav"), "wb") as sound:
        sound.setparams((1, 2, 16_000, 0, "NONE", "not compressed"))
        sound.writeframes(bytes(2 * 16_000))
    room = {
        "privacy": {"profile": "personal", "window_s": WINDOW_S, "dwell_s": WINDOW_S},
        "sources": {"microphone": {"kind": "replay_audio", "path": directory / "silence.wav", "loop": True}},
        "state_directory": directory,
    }
    return Config.model_validate(room | changes)


class SetClock(VirtualClock):
    """Somebody sets it by `step_s` after `SET_S`."""

    def __init__(self, step_s: float, *, into_window_s: float) -> None:
        super().__init__(start_wall_s=1.7e9)
        self._step_s = step_s
        self.set_s = 4 * WINDOW_S + into_window_s

    def wall_s(self) -> float:
        return super().wall_s() + (self._step_s if self.now_s() >= self.set_s else 0.0)


class Released(Observer):
    """When something left, and the window that it was for."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self.at_s: list[float] = []
        self.windows: list[int] = []

    def on_release(self, release: Release) -> None:
        self.at_s.append(self._clock.now_s())
        self.windows.append(release.window)


@pytest.mark.parametrize("step_s", [-7200.0, -48.0, -9.0, -4.9, -0.3, 3.0, 48.0, 7200.0])
def test_releases_go_on_in_time_when_the_clock_is_set(tmp_path: Path, step_s: float) -> None:
    slowest_s = 0.0
    for into_window_s in (0.1, 1.5, 2.5, 4.9):
        clock = SetClock(step_s, into_window_s=into_window_s)
        released = Released(clock)

        async def main() -> None:
            await app.Street(quiet_room(tmp_path), clock=clock, observer=released).run(seconds=END_S)  # noqa: B023

        run(main(), clock=clock)
        back_s = next(at_s for at_s in released.at_s if at_s >= clock.set_s) - clock.set_s
        slowest_s = max(slowest_s, back_s)
        assert released.at_s[-1] > END_S - WINDOW_S - 1
        if step_s > -WINDOW_S:
            assert len(set(released.windows)) == len(released.windows)
    log.info("set by %.1f s: the next release after %.1f s", step_s, slowest_s)
    assert slowest_s < LIMIT_S


async def test_an_accelerator_that_hangs_keeps_nobody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    given_up = threading.Event()

    def hang(*_: Any, **__: Any) -> Outcome:
        given_up.wait()
        return Outcome(None, "no answer within 20 s")

    monkeypatch.setattr(delegate, "ask", hang)

    class FirstRelease(Observer):
        def on_release(self, _: Release) -> None:
            assert "accelerator" not in caplog.text
            given_up.set()

    config = quiet_room(tmp_path, inference={"delegate": "/usr/lib/libedgetpu.so.1"})
    street = app.Street(config, clock=RealClock(FAST), observer=FirstRelease())
    running = asyncio.create_task(street.run())
    async with asyncio.timeout(60):
        while "no answer within 20 s); models run on the processor" not in caplog.text:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        street.stop()
        await running


async def test_readings_are_as_fast_again_soon_after_the_heat(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temperature_c = 85.0
    monkeypatch.setattr(app, "hottest_c", lambda _: temperature_c)
    clock = RealClock(FAST)
    street = app.Street(quiet_room(tmp_path), clock=clock)

    async def until(slowdown: int) -> float:
        began_s = clock.now_s()
        while street._cooling.slowdown != slowdown:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
        return clock.now_s() - began_s

    running = asyncio.create_task(street.run())
    async with asyncio.timeout(60):
        await until(4)
        temperature_c = 60.0
        back_s = await until(1)
        street.stop()
        await running
    log.info("cool again: as fast as before after %.1f s", back_s)
    assert back_s < LIMIT_S


def test_whatever_is_lost_is_counted_somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = VirtualClock()
    street = app.Street(quiet_room(tmp_path), clock=clock)
    before = street._tallies()
    assert set(before) == {"source microphone", "cooling", "history", "reader microphone"}
    source, (station,) = street._sensors._supervisors["microphone"], street._stations.by_name.values()
    monkeypatch.setattr(source._source, "counters", {"overruns": 2, "dropped_chunks": 1}, raising=False)
    station.inbox.dropped, station.failures, station.worked_off = 3, 4, 10
    street._cooling.feel(80.0)
    assert [street._cooling.admits("camera", at_s) for at_s in (0.0, 0.1)] == [True, False]
    monkeypatch.setattr(
        type(street.publisher), "status", replace(street.publisher.status, windows=9, windows_lost=5)
    )
    now = street._tallies()
    assert {name: (tally.samples, tally.dropped, tally.failed) for name, tally in now.items()} == {
        "source microphone": (3, 3, 0),
        "cooling": (2, 1, 0),
        "history": (9, 5, 0),
        "reader microphone": (13, 3, 4),
    }
    street._cleanup.close()
