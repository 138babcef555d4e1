#!/usr/bin/env python3
"""Play wearables over Bluetooth, for trying edge-affect out without any."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

from bumble.controller import Controller
from bumble.transport import open_transport

from virtual_wearables import peripherals
from virtual_wearables.adapter import kernel_adapter

if TYPE_CHECKING:
    from collections.abc import Callable

DEVICES: Final[dict[str, Callable[..., peripherals.Peripheral]]] = {
    "strap": peripherals.Strap,
    "h10": peripherals.PolarH10,
    "bitalino": peripherals.Bitalino,
    "skin": peripherals.SkinSensor,
}


async def play(names: list[str], transport: str) -> None:
    """Advertise and stream until cancelled; one device at a time on an adapter, any number in the kernel."""
    async with contextlib.AsyncExitStack() as stack:
        if transport == "vhci":
            link = await stack.enter_async_context(kernel_adapter())
            playing = [DEVICES[name](controller=Controller(name, link=link)) for name in names]
        else:
            adapter = await stack.enter_async_context(await open_transport(transport))
            playing = [DEVICES[names[0]](controller=adapter)]
        for peripheral in playing:
            await peripheral.power_on()
            stack.push_async_callback(peripheral.power_off)
            print(f"{peripheral.device.name} advertises {peripheral.service}", flush=True)
        await asyncio.Event().wait()


def main() -> None:
    """Read the command line and play until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("devices", nargs="+", choices=sorted(DEVICES))
    parser.add_argument(
        "--transport",
        default="vhci",
        help="vhci (an adapter in the kernel, needs root), or bumble's name of a second one, as hci-socket:1",
    )
    arguments = parser.parse_args()
    if arguments.transport != "vhci" and len(arguments.devices) > 1:
        parser.error("an adapter plays one device at a time")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(play(arguments.devices, arguments.transport))


if __name__ == "__main__":
    main()
