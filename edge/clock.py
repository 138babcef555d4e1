"""One notion of time: real, faster than real, or virtual for replay and tests."""

from __future__ import annotations

import asyncio
import math
import selectors
import time
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")

EARLY: Final = 0.25
"""Share of a period by which a thing may come early and still count as due."""


class Clock(Protocol):
    """Monotonic seconds for the street; wall seconds for the gate's window grid only."""

    @property
    def is_virtual(self) -> bool:
        """True when waiting costs no real time, so that blocking work must run inline."""
        ...

    def now_s(self) -> float:
        """Monotonic seconds."""
        ...

    def wall_s(self) -> float:
        """Seconds since 1970-01-01 UTC."""
        ...

    async def sleep_until(self, at_s: float) -> None:
        """Wait until `now_s()` is at least `at_s`."""
        ...


class RealClock:
    """The machine's clock; `speed` above 1 lets a replay run faster than it was recorded."""

    is_virtual = False

    def __init__(self, speed: float = 1.0) -> None:
        self._speed = speed
        self._start_s = time.monotonic()
        self._start_wall_s = time.time()

    def now_s(self) -> float:
        """Monotonic seconds, scaled by the speed."""
        return (time.monotonic() - self._start_s) * self._speed

    def wall_s(self) -> float:
        """Wall seconds; at a speed other than 1 they run on from the start at that speed."""
        return time.time() if self._speed == 1.0 else self._start_wall_s + self.now_s()

    async def sleep_until(self, at_s: float) -> None:
        """Wait until `now_s()` is at least `at_s`."""
        await asyncio.sleep(max(0.0, at_s - self.now_s()) / self._speed)


class VirtualClock:
    """The time of a `VirtualTimeLoop`: it leaps to the next timer whenever all tasks wait."""

    is_virtual = True

    def __init__(self, start_wall_s: float = 0.0) -> None:
        self._start_wall_s = start_wall_s

    def now_s(self) -> float:
        """Virtual seconds since the loop began."""
        return asyncio.get_running_loop().time()

    def wall_s(self) -> float:
        """Virtual wall seconds; they start at `start_wall_s`, so that every run is the same."""
        return self._start_wall_s + self.now_s()

    async def sleep_until(self, at_s: float) -> None:
        """Wait until `now_s()` is at least `at_s`."""
        await asyncio.sleep(max(0.0, at_s - self.now_s()))


class Pace:
    """Says when something that is to happen at a fixed rate is due, by the time of the samples."""

    def __init__(self, rate_hz: float) -> None:
        self._least_s = (1.0 - EARLY) / rate_hz
        self._last_s = -math.inf

    def is_due(self, at_s: float) -> bool:
        """Whether it is due at a second, which counts as done then."""
        if at_s - self._last_s < self._least_s:
            return False
        self._last_s = at_s
        return True

    def reset(self) -> None:
        """Be due at once."""
        self._last_s = -math.inf


class _LeapingSelector(selectors.DefaultSelector):
    """Instead of waiting for `timeout`, polls once and moves the virtual time on by it."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            return super().select(None)
        ready = super().select(0)
        if not ready and timeout > 0:
            self.now_s += timeout
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop in which waiting costs nothing and the order of events never varies."""

    def __init__(self) -> None:
        self._leaping = _LeapingSelector()
        super().__init__(self._leaping)

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._leaping.now_s

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:  # noqa: ARG002, ASYNC109
        """Wait for the threads however long they take: a virtual limit would pass at once."""
        await super().shutdown_default_executor()


def run(main: Coroutine[Any, Any, T], *, clock: Clock) -> T:
    """Run `main` on the loop that fits `clock`."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop if clock.is_virtual else None) as runner:
        return runner.run(main)
