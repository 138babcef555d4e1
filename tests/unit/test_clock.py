from __future__ import annotations

import asyncio
import threading
import time

import pytest

from edge.clock import RealClock, VirtualClock, run


def test_virtual_time_costs_no_real_time() -> None:
    clock = VirtualClock(start_wall_s=1000.0)

    async def main() -> tuple[float, float]:
        await clock.sleep_until(3600.0)
        return clock.now_s(), clock.wall_s()

    began_s = time.perf_counter()
    now_s, wall_s = run(main(), clock=clock)
    assert now_s == pytest.approx(3600.0)
    assert wall_s == pytest.approx(4600.0)
    assert time.perf_counter() - began_s < 1.0


def test_sleepers_wake_in_the_order_of_their_time() -> None:
    clock = VirtualClock()
    woken: list[str] = []

    async def sleeper(name: str, at_s: float) -> None:
        await clock.sleep_until(at_s)
        woken.append(name)

    async def main() -> None:
        await asyncio.gather(sleeper("late", 2.0), sleeper("early", 1.0), sleeper("at once", 0.0))

    run(main(), clock=clock)
    assert woken == ["at once", "early", "late"]


def test_real_clock_runs_at_its_speed() -> None:
    clock = RealClock(speed=50.0)

    async def main() -> float:
        began_s = clock.now_s()
        await clock.sleep_until(began_s + 1.0)
        return clock.now_s() - began_s

    assert 1.0 <= run(main(), clock=clock) < 10.0


def test_a_thread_that_still_works_at_the_end_is_waited_for() -> None:
    going_on, ended = threading.Event(), []

    def work() -> None:
        going_on.wait(30)
        ended.append(True)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.run_in_executor(None, work)
        threading.Timer(0.2, going_on.set).start()

    run(main(), clock=VirtualClock())
    assert ended
