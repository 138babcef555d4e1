"""How long a sensor takes to come back, measured on virtual time; docs/reliability.md tells the numbers."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import numpy as np
import pytest

from edge.capture.supervisor import RELEASE_TIMEOUT_S, SourceState, Supervisor
from edge.clock import VirtualClock, run
from edge.errors import SourceError, SourceReason
from edge.signals import HeartBeats

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

LIMIT_S = 10.0
GOOD_S = 20.0
SEEDS = range(20)
CAN_MEND = ("missing", "permission", "busy", "disconnected", "timeout", "protocol")

log = logging.getLogger(__name__)


class Device:
    """Works for `GOOD_S`, then breaks in its own way until `mended_s`; gives ten samples a second."""

    name = "device"
    stale_after_s = 3.0

    def __init__(self, clock: VirtualClock, *, mended_s: float) -> None:
        self.clock = clock
        self.mended_s = mended_s
        self.opened = 0

    async def samples(self) -> AsyncIterator[HeartBeats]:
        self.opened += 1
        if self.opened > 1:
            await self.reopen()
        while self.opened > 1 or self.clock.now_s() < GOOD_S:
            await self.clock.sleep_until(self.clock.now_s() + 0.1)
            yield HeartBeats(self.name, np.zeros(1), np.zeros(1))
        await self.fail()

    async def reopen(self) -> None:
        """Open it once more; may fail."""

    async def fail(self) -> None:
        """Break."""


class Unplugged(Device):
    """Cannot be opened until it is plugged in, or permitted, again."""

    reason = SourceReason.MISSING

    async def reopen(self) -> None:
        if self.clock.now_s() < self.mended_s:
            raise SourceError(self.name, self.reason, "is gone")

    async def fail(self) -> None:
        raise SourceError(self.name, SourceReason.DISCONNECTED, "was unplugged")


class Silent(Device):
    """Says nothing more, without an error, until it is opened again."""

    async def fail(self) -> None:
        self.mended_s = self.clock.now_s()
        await asyncio.Event().wait()


class StuckInDriver(Device):
    """Blocks in its driver, which heeds nobody, until that returns."""

    async def fail(self) -> None:
        returning = asyncio.ensure_future(self.clock.sleep_until(self.mended_s))
        try:
            await asyncio.shield(returning)
        finally:
            await returning


def back_after_s(make: Callable[[VirtualClock], Device], *, seed: int) -> float:
    """From the moment when the device would work again to its first sample."""
    clock = VirtualClock()

    async def main() -> float:
        device, back = make(clock), asyncio.Event()

        async def take(_: HeartBeats) -> None:
            if device.opened > 1 and clock.now_s() > device.mended_s:
                back.set()

        supervisor = Supervisor(device, clock=clock, deliver=take, seed=seed)
        task = asyncio.create_task(supervisor.run())
        await back.wait()
        assert supervisor.state is SourceState.OK
        task.cancel()
        return clock.now_s() - device.mended_s

    return run(main(), clock=clock)


@pytest.mark.parametrize("away_s", [0.2, 2.0, 11.0, 90.0])
@pytest.mark.parametrize("reason", CAN_MEND)
def test_a_device_that_can_be_opened_again_is_back_in_time(reason: str, away_s: float) -> None:
    class Gone(Unplugged):
        pass

    Gone.reason = SourceReason(reason)
    slowest_s = max(
        back_after_s(lambda clock: Gone(clock, mended_s=GOOD_S + away_s), seed=seed) for seed in SEEDS
    )
    log.info("%s for %.1f s: back after %.1f s", reason, away_s, slowest_s)
    assert slowest_s < LIMIT_S


def test_a_device_that_falls_silent_is_back_in_time() -> None:
    slowest_s = max(back_after_s(lambda clock: Silent(clock, mended_s=0), seed=seed) for seed in SEEDS)
    log.info("silent: back after %.1f s", slowest_s)
    assert 2 * Device.stale_after_s < slowest_s < LIMIT_S


@pytest.mark.parametrize("stuck_s", [RELEASE_TIMEOUT_S, 60.0, 600.0])
def test_a_device_is_back_in_time_once_its_driver_returns(stuck_s: float) -> None:
    slowest_s = max(
        back_after_s(lambda clock: StuckInDriver(clock, mended_s=GOOD_S + 6 + stuck_s), seed=seed)
        for seed in SEEDS
    )
    log.info("stuck for %.0f s: back after %.1f s", stuck_s, slowest_s)
    assert slowest_s < LIMIT_S
