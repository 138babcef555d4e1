"""The wearable sources through bleak's own client and scanner, with bumble peripherals in this process."""

from __future__ import annotations

import asyncio
import logging
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from bleak import BleakClient, BleakScanner
from bleak.exc import BleakError

from edge.capture.supervisor import SourceState, Supervisor
from edge.capture.wearable import make_source
from edge.capture.wearable.link import LEAST_SILENCE_S
from edge.capture.wearable.options import BitalinoOptions, GattOptions, HeartRateStrapOptions, PolarH10Options
from edge.capture.wearable.radio import BleakRadio
from edge.clock import VirtualClock, run
from edge.signals import EcgChunk, SkinConductance

pytest.importorskip("bumble")

from virtual_wearables.air import Air
from virtual_wearables.peripherals import Bitalino, Peripheral, PolarH10, SkinSensor, Strap

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from edge.signals import Sample

LIMIT_S = 10.0

log = logging.getLogger(__name__)


class Body:
    """A supervised wearable and its peripheral, on the virtual clock."""

    def __init__(
        self, peripheral: Peripheral, options: Any, *, radio: BleakRadio, clock: VirtualClock
    ) -> None:
        self.samples: list[Any] = []
        self.peripheral = peripheral
        self.source: Any = make_source(peripheral.device.name, options, clock=clock, radio=radio)

        async def take(sample: Sample) -> None:
            self.samples.append(sample)

        self.supervisor = Supervisor(self.source, clock=clock, deliver=take, seed=1)


def on_air(script: Callable[[Callable[..., Body]], Awaitable[None]]) -> None:
    clock = VirtualClock()

    async def main() -> None:
        async with Air() as air, asyncio.timeout(600):
            radio = BleakRadio(scanner_options=air.scanner_options, client_options=air.client_options)
            tasks: list[asyncio.Task[None]] = []
            bodies: list[Body] = []

            def wear(make: Callable[..., Peripheral], options: Any, **fields: Any) -> Body:
                peripheral = make(controller=air.controller(make.__name__), **fields)
                body = Body(peripheral, options, radio=radio, clock=clock)
                bodies.append(body)
                tasks.append(asyncio.create_task(body.supervisor.run()))
                return body

            try:
                await script(wear)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                for body in bodies:
                    await body.peripheral.power_off()

    run(main(), clock=clock)


def test_strap_connects_streams_drops_and_comes_back_twice() -> None:
    async def script(wear: Callable[..., Body]) -> None:
        body = wear(Strap, HeartRateStrapOptions(kind="heart_rate_strap"))
        await asyncio.sleep(8)
        assert body.supervisor.status.samples == 0
        await body.peripheral.power_on()
        await asyncio.sleep(30)
        assert body.supervisor.state is SourceState.OK
        assert body.source.battery_percent == 90
        for _ in range(2):
            heard = len(body.samples)
            await body.peripheral.drop()
            await asyncio.sleep(0.5)
            assert body.supervisor.state is not SourceState.OK
            await asyncio.sleep(9.5)
            assert body.supervisor.state is SourceState.OK
            await asyncio.sleep(10)
            assert len(body.samples) > heard + 15
        rr_ms = np.concatenate([beats.rr_ms for beats in body.samples])
        assert 799 < rr_ms.min() < rr_ms.max() < 901

    on_air(script)


@pytest.mark.parametrize(
    ("make", "options"),
    [
        (Strap, HeartRateStrapOptions(kind="heart_rate_strap")),
        (PolarH10, PolarH10Options(kind="polar_h10")),
        (Bitalino, BitalinoOptions(kind="bitalino", rate_hz=100, ecg="A1", eda="A2")),
    ],
)
def test_one_that_falls_silent_on_a_living_connection_is_back_in_time(
    make: Callable[..., Peripheral], options: Any
) -> None:
    async def script(wear: Callable[..., Body]) -> None:
        body = wear(make, options)
        await body.peripheral.power_on()
        await asyncio.sleep(30)
        loop = asyncio.get_running_loop()
        for _ in range(3):
            await body.peripheral.fall_silent()
            silent_s, heard = loop.time(), len(body.samples)
            while len(body.samples) == heard:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.05)
            back_s = loop.time() - silent_s
            log.info("%s: back %.1f s after it fell silent", options.kind, back_s)
            assert LEAST_SILENCE_S < back_s < LIMIT_S
            await asyncio.sleep(20)

    on_air(script)


def test_four_kinds_at_once() -> None:
    profile = {
        "service": SkinSensor.SERVICE,
        "signals": [
            {
                "characteristic": SkinSensor.CONDUCTANCE,
                "measures": "skin_conductance",
                "type": "u16",
                "offset": 1,
                "counter": {"offset": 0, "type": "u8"},
                "rate_hz": 10,
                "scaling": {"kind": "linear", "scale": 0.001},
            }
        ],
    }

    async def script(wear: Callable[..., Body]) -> None:
        strap = wear(Strap, HeartRateStrapOptions(kind="heart_rate_strap"))
        h10 = wear(PolarH10, PolarH10Options(kind="polar_h10"), rate_hz=129.1)
        box = wear(Bitalino, BitalinoOptions(kind="bitalino", rate_hz=100, ecg="A1", eda="A2"))
        skin = wear(SkinSensor, GattOptions.model_validate({"kind": "gatt", "profile": profile}))
        for body in (strap, h10, box, skin):
            await body.peripheral.power_on()
        await asyncio.sleep(40)
        for body in (strap, h10, box, skin):
            assert body.supervisor.state is SourceState.OK
            assert body.supervisor.status.restarts <= 2
        ecg_mv = np.concatenate([chunk.ecg_mv for chunk in h10.samples])
        np.testing.assert_allclose(np.diff(ecg_mv), 0.001)
        assert h10.samples[-1].rate_hz == pytest.approx(129.1, rel=1e-4)
        for kind in (EcgChunk, SkinConductance):
            chunks = [sample for sample in box.samples if isinstance(sample, kind)]
            assert len(chunks) > 100
            assert all(abs(b.start_s - a.end_s) < 0.002 for a, b in pairwise(chunks))
        level_us = np.concatenate([chunk.skin_conductance_us for chunk in skin.samples])
        assert 4.5 <= level_us.min() < level_us.max() <= 5.5

    on_air(script)


async def test_the_air_pairs_and_forgets_as_a_real_adapter_does() -> None:
    async with Air() as air:
        peripheral = Strap(controller=air.controller("strap"))
        await peripheral.power_on()
        device = await BleakScanner.find_device_by_filter(lambda *_: True, **air.scanner_options)
        assert device is not None
        client = BleakClient(device, pair=True, **air.client_options)
        keys = air.central.keystore
        assert keys is not None
        await client.connect()
        assert [name for name, _ in await keys.get_all()] == [device.address]
        await client.unpair()
        await client.unpair()
        assert not await keys.get_all()
        await client.disconnect()
        with pytest.raises(BleakError, match="Not connected"):
            await client.pair()
        await peripheral.power_off()
