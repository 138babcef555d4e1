"""Bluetooth peripherals on bumble: a heart rate strap, a Polar H10, a BITalino box, a skin sensor."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Any, Final

from bumble import data_types
from bumble.core import UUID, AdvertisingData
from bumble.device import Device, DeviceConfiguration
from bumble.gatt import Characteristic, CharacteristicValue, Service
from bumble.hci import Address
from bumble.transport.common import Transport

from edge.capture.wearable.decoders import battery, bitalino, heart_rate, polar
from virtual_wearables import payloads

if TYPE_CHECKING:
    from collections.abc import Callable

_READ: Final = Characteristic.Properties.READ
_WRITE: Final = Characteristic.Properties.WRITE
_NOTIFY: Final = Characteristic.Properties.NOTIFY
_INDICATE: Final = Characteristic.Properties.INDICATE


class Peripheral:
    """One advertising device; `controller` is its radio: one of `air.Air`, or an open transport."""

    def __init__(self, name: str, address: str, *, controller: Any, service: str) -> None:
        self.device = Device.from_config_with_hci(
            DeviceConfiguration(
                name=name,
                address=Address(address),
                advertising_interval_min=100,
                advertising_interval_max=100,
            ),
            *(
                (controller.source, controller.sink)
                if isinstance(controller, Transport)
                else (controller,) * 2
            ),
        )
        self.service = service
        self._characteristics: dict[str, Any] = {}
        self._charge = self.add(battery.BATTERY_LEVEL, _READ | _NOTIFY, value=b"\x5a")
        self._playing: asyncio.Task[None] | None = None
        self.device.advertising_data = bytes(
            AdvertisingData(
                [
                    data_types.Flags(
                        AdvertisingData.Flags.LE_GENERAL_DISCOVERABLE_MODE
                        | AdvertisingData.Flags.BR_EDR_NOT_SUPPORTED
                    ),
                    self._advertised(UUID(service)),
                ]
            )
        )
        self.device.scan_response_data = bytes(AdvertisingData([data_types.CompleteLocalName(name)]))

    @staticmethod
    def _advertised(uuid: Any) -> Any:
        if uuid.to_bytes(force_128=True)[:12] == UUID.BASE_UUID[:12]:
            return data_types.IncompleteListOf16BitServiceUUIDs(
                [UUID.from_16_bits(int(str(uuid.to_hex_str())[4:8], 16))]
            )
        return data_types.IncompleteListOf128BitServiceUUIDs([uuid])

    def add(
        self,
        uuid: str,
        properties: Any,
        *,
        value: bytes = b"",
        on_write: Callable[[bytes], None] | None = None,
    ) -> Any:
        """Add a characteristic to the device."""
        held: Any = value
        if on_write is not None:
            held = CharacteristicValue(read=lambda _: value, write=lambda _, data: on_write(bytes(data)))
        permissions = Characteristic.READABLE | (Characteristic.WRITEABLE if on_write else 0)
        characteristic = Characteristic(UUID(uuid), properties, permissions, held)
        self._characteristics[uuid] = characteristic
        return characteristic

    async def power_on(self) -> None:
        """Advertise, and again after each loss of connection."""
        own = [held for uuid, held in self._characteristics.items() if uuid != battery.BATTERY_LEVEL]
        self.device.add_services(
            [Service(UUID(self.service), own), Service(UUID.from_16_bits(0x180F), [self._charge])]
        )
        await self.device.power_on()
        await self.device.start_advertising(auto_restart=True)
        self._play_on()

    async def power_off(self) -> None:
        """Vanish."""
        if self._playing:
            self._playing.cancel()
            await asyncio.gather(self._playing, return_exceptions=True)
        await self.device.power_off()

    async def drop(self) -> None:
        """Break every connection; it goes on advertising."""
        for connection in list(self.device.connections.values()):
            await connection.disconnect()

    async def fall_silent(self) -> None:
        """Send nothing more, on a connection that lives on, until somebody connects anew."""
        if self._playing:
            self._playing.cancel()
            await asyncio.gather(self._playing, return_exceptions=True)
        self.device.once("connection", self._play_on)

    def _play_on(self, *_: Any) -> None:
        self._playing = asyncio.create_task(self.play())

    async def notify(self, uuid: str, payload: bytes) -> None:
        """Send to all who have subscribed."""
        characteristic = self._characteristics[uuid]
        await self.device.notify_subscribers(characteristic, payload)

    async def indicate(self, uuid: str, payload: bytes) -> None:
        """Send to all who have subscribed, each of whom confirms."""
        await self.device.indicate_subscribers(self._characteristics[uuid], payload)

    async def play(self) -> None:
        """Send what the wearable measures, until cancelled."""


class Strap(Peripheral):
    """Heart Rate Service: a heart that breathes, between 800 and 900 ms."""

    def __init__(self, name: str = "Strap", address: str = "C0:00:00:00:00:01", *, controller: Any) -> None:
        super().__init__(name, address, controller=controller, service=heart_rate.HEART_RATE_SERVICE)
        self.add(heart_rate.HEART_RATE_MEASUREMENT, _NOTIFY)

    async def play(self) -> None:
        """One packet a beat."""
        elapsed_s = 0.0
        while True:
            rr_ms = 850 + 50 * math.sin(2 * math.pi * elapsed_s / 10)
            await asyncio.sleep(rr_ms / 1000)
            elapsed_s += rr_ms / 1000
            payload = payloads.heart_rate(round(60_000 / rr_ms), [rr_ms])
            await self.notify(heart_rate.HEART_RATE_MEASUREMENT, payload)


class PolarH10(Peripheral):
    """PMD service with an ECG ramp of 1 microvolt a sample, so that a lost sample shows."""

    def __init__(
        self,
        name: str = "Polar H10",
        address: str = "C0:00:00:00:00:02",
        *,
        controller: Any,
        rate_hz: float = 130.0,
    ) -> None:
        super().__init__(name, address, controller=controller, service=polar.PMD_SERVICE)
        self.rate_hz = rate_hz
        self.streaming = False
        self.commands: list[bytes] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.add(
            polar.PMD_CONTROL, _READ | _WRITE | _INDICATE, value=bytes.fromhex("0F0500"), on_write=self._obey
        )
        self.add(polar.PMD_DATA, _NOTIFY)

    def _obey(self, command: bytes) -> None:
        self.commands.append(command)
        status, parameters = 0, b""
        match command[0]:
            case polar.Opcode.GET_SETTINGS:
                parameters = bytes.fromhex("0001820001010E00")
            case polar.Opcode.START:
                status = polar.Status.ALREADY_IN_STATE if self.streaming else polar.Status.OK
                self.streaming = True
            case polar.Opcode.STOP:
                self.streaming = False
        answer = bytes((0xF0, command[0], command[1], status, 0)) + parameters
        task = asyncio.create_task(self.indicate(polar.PMD_CONTROL, answer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def play(self) -> None:
        """One frame of 73 samples after another."""
        index = 0
        while True:
            await asyncio.sleep(73 / self.rate_hz)
            index += 73
            last_ns = 599_616_000_000_000_000 + round(index / self.rate_hz * 1e9)
            if self.streaming:
                await self.notify(polar.PMD_DATA, payloads.polar_ecg(last_ns, range(index - 73, index)))


class Bitalino(Peripheral):
    """BITalino (r)evolution: a ramp on each channel that was asked for."""

    def __init__(
        self, name: str = "BITalino", address: str = "C0:00:00:00:00:03", *, controller: Any
    ) -> None:
        super().__init__(name, address, controller=controller, service=bitalino.BITALINO_SERVICE)
        self.rate_hz = 1
        self.channels = 0
        self.add(bitalino.BITALINO_COMMAND, _WRITE, on_write=self._obey)
        self.add(bitalino.BITALINO_FRAMES, _NOTIFY)

    def _obey(self, command: bytes) -> None:
        if command[0] == 0:
            self.channels = 0
        elif command[0] & 0x03 == 0x03:
            self.rate_hz = 10 ** (command[0] >> 6)
        else:
            self.channels = (command[0] >> 2).bit_count()

    async def play(self) -> None:
        """One frame a sampling instant."""
        index = 0
        while True:
            await asyncio.sleep(1 / self.rate_hz)
            if self.channels:
                adc = tuple((index + 100 * i) % (1 << bitalino.adc_bits(i)) for i in range(self.channels))
                frame = bitalino.Frame(index % bitalino.SEQUENCE_LENGTH, 0, adc)
                await self.notify(bitalino.BITALINO_FRAMES, payloads.bitalino_frame(frame))
                index += 1


class SkinSensor(Peripheral):
    """The open layout of `docs/wearables.md`: a packet number, then conductance in 0.001 microsiemens."""

    SERVICE: Final = "ea5e0001-8f1c-4d5e-9a37-2f6b0c5d7e10"
    CONDUCTANCE: Final = "ea5e0002-8f1c-4d5e-9a37-2f6b0c5d7e10"

    def __init__(self, name: str = "Skin", address: str = "C0:00:00:00:00:04", *, controller: Any) -> None:
        super().__init__(name, address, controller=controller, service=self.SERVICE)
        self.add(self.CONDUCTANCE, _NOTIFY)

    async def play(self) -> None:
        """Ten values a second, five in a packet."""
        packet = 0
        while True:
            await asyncio.sleep(0.5)
            level_nus = [round(5000 + 500 * math.sin(2 * math.pi * (5 * packet + i) / 600)) for i in range(5)]
            body = b"".join(level.to_bytes(2, "little") for level in level_nus)
            await self.notify(self.CONDUCTANCE, (packet % 256).to_bytes(1, "little") + body)
            packet += 1
