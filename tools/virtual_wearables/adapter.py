"""A Bluetooth adapter that exists in the kernel only (`/dev/vhci`), with peripherals around it."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
from typing import TYPE_CHECKING, Final

from bumble import hci
from bumble.controller import Controller
from bumble.link import LocalLink
from bumble.transport import open_transport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

POWER_ON_S: Final = 60.0


@contextlib.asynccontextmanager
async def kernel_adapter() -> AsyncIterator[LocalLink]:
    """Show the kernel a new adapter and switch it on in bluetoothd; give the air that it is in."""
    async with await open_transport("vhci") as transport:
        link = LocalLink()
        adapter = Controller("adapter", host_source=transport.source, host_sink=transport.sink, link=link)
        # bumble answers in the legacy way, so the kernel must not see these features.
        adapter.le_features &= ~(hci.LeFeatureMask.LL_PRIVACY | hci.LeFeatureMask.LE_EXTENDED_ADVERTISING)
        async with asyncio.timeout(POWER_ON_S):
            await _power_on()
        yield link


async def _power_on() -> None:
    adapter = ("org.bluez", "/org/bluez/hci0", "org.bluez.Adapter1", "Powered", "b", "true")
    command = ["busctl", "--system", "set-property", *adapter]
    while True:
        done = await asyncio.to_thread(subprocess.run, command, capture_output=True, check=False)
        if done.returncode == 0:
            return
        await asyncio.sleep(0.2)
