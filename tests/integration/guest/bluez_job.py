"""Runs inside the guest: our wearables on bleak's real BlueZ backend, the peripherals on bumble.

bleak - D-Bus - bluetoothd - kernel - /dev/vhci - bumble's controller ~ LocalLink ~ bumble's peripherals
"""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bumble.controller import Controller

from edge.capture.supervisor import SourceState, SourceStatus, Supervisor
from edge.capture.wearable import make_source
from edge.capture.wearable.options import HeartRateStrapOptions, PolarH10Options
from edge.capture.wearable.radio import BleakRadio
from edge.clock import RealClock
from virtual_wearables.adapter import kernel_adapter
from virtual_wearables.peripherals import PolarH10, Strap

if TYPE_CHECKING:
    from virtual_wearables.peripherals import Peripheral

SAMPLES = 12


class Body:
    """One wearable under a supervisor, its peripheral, and a diary."""

    def __init__(self, peripheral: Peripheral, options: Any, *, radio: BleakRadio, clock: RealClock) -> None:
        self.peripheral = peripheral
        self.heard = 0
        self.diary: list[tuple[float, str]] = []
        self.changed = asyncio.Event()
        self.source: Any = make_source(peripheral.device.name, options, clock=clock, radio=radio)
        self.supervisor = Supervisor(self.source, clock=clock, deliver=self.take, on_state=self.note, seed=1)

    async def take(self, _: Any) -> None:
        self.heard += 1
        self.changed.set()

    def note(self, status: SourceStatus) -> None:
        self.diary.append((round(status.since_s, 2), f"{status.state} {status.detail}".strip()))
        self.changed.set()

    async def until(self, reached: Any) -> None:
        while not reached():
            self.changed.clear()
            await self.changed.wait()

    async def stream(self) -> None:
        wanted = self.heard + SAMPLES
        await self.until(lambda: self.heard >= wanted)

    async def live(self) -> list[float]:
        """Stream, be dropped, come back, twice, then fall silent; how long each coming back took."""
        came_back_s = []
        await self.stream()
        for fault in (self.peripheral.drop, self.peripheral.drop, self.peripheral.fall_silent):
            began_s = time.monotonic()
            await fault()
            await self.until(lambda: self.supervisor.state is not SourceState.OK)
            await self.until(lambda: self.supervisor.state is SourceState.OK)
            came_back_s.append(round(time.monotonic() - began_s, 2))
            await self.stream()
        return came_back_s


async def main() -> None:
    clock = RealClock()
    async with kernel_adapter() as link:
        radio = BleakRadio()
        bodies = [
            Body(
                Strap(controller=Controller("strap", link=link)),
                HeartRateStrapOptions(kind="heart_rate_strap"),
                radio=radio,
                clock=clock,
            ),
            Body(
                PolarH10(controller=Controller("h10", link=link)),
                PolarH10Options(kind="polar_h10"),
                radio=radio,
                clock=clock,
            ),
        ]
        for body in bodies:
            await body.peripheral.power_on()
        supervised = [asyncio.create_task(body.supervisor.run()) for body in bodies]
        came_back_s = await asyncio.gather(*(body.live() for body in bodies))
        report = {
            body.source.name: {
                "state": str(body.supervisor.state),
                "samples": body.heard,
                "restarts": body.supervisor.status.restarts,
                "battery_percent": body.source.battery_percent,
                "came_back_s": times_s,
                "diary": body.diary,
            }
            for body, times_s in zip(bodies, came_back_s, strict=True)
        }
        for task in supervised:
            task.cancel()
        await asyncio.gather(*supervised, return_exceptions=True)
    Path("/mnt/bluez.json").write_text(json.dumps(report))  # noqa: ASYNC240


if __name__ == "__main__":
    asyncio.run(asyncio.wait_for(main(), 540))
