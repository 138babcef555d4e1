"""bleak without an operating system: its client and scanner over a bumble link inside this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import BleakDeviceNotFoundError, BleakError
from bleak.uuids import normalize_uuid_str
from bumble.controller import Controller
from bumble.core import AdvertisingData, BaseBumbleError
from bumble.device import Device, Peer
from bumble.hci import Address
from bumble.link import LocalLink

if TYPE_CHECKING:
    from collections.abc import Callable

_SERVICE_LISTS = (
    AdvertisingData.INCOMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS,
    AdvertisingData.COMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS,
    AdvertisingData.INCOMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS,
    AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS,
)


class Air:
    """What radio waves are to real devices: give its backends to bleak, its controllers to peripherals."""

    def __init__(self) -> None:
        self.link = LocalLink()
        controller = Controller("central", link=self.link)
        self.central = Device.with_hci("central", Address("F0:F1:F2:F3:F4:F5"), controller, controller)

    async def __aenter__(self) -> Self:
        await self.central.power_on()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.central.power_off()

    def controller(self, name: str) -> Controller:
        """Make the radio of one more peripheral."""
        return Controller(name, link=self.link)

    @property
    def scanner_options(self) -> dict[str, Any]:
        """For `BleakScanner`."""
        return {"backend": type("Scanner", (_Scanner,), {"central": self.central})}

    @property
    def client_options(self) -> dict[str, Any]:
        """For `BleakClient`."""
        return {"backend": type("Client", (_Client,), {"central": self.central})}


def _uuid(uuid: Any) -> str:
    return normalize_uuid_str(uuid.to_hex_str("-"))


class _Scanner(BaseBleakScanner):
    central: Device

    def __init__(self, detection_callback: Any = None, service_uuids: Any = None, *_: Any, **__: Any) -> None:
        super().__init__(detection_callback, service_uuids)

    async def start(self) -> None:
        self.seen_devices = {}
        self.central.on("advertisement", self._hear)
        await self.central.start_scanning(filter_duplicates=False)

    async def stop(self) -> None:
        self.central.remove_listener("advertisement", self._hear)
        await self.central.stop_scanning()

    def _hear(self, heard: Any) -> None:
        services = [_uuid(uuid) for kind in _SERVICE_LISTS for uuid in heard.data.get(kind) or []]
        if not self.is_allowed_uuid(services):
            return
        address = heard.address.to_string(with_type_qualifier=False)
        name = heard.data.get(AdvertisingData.COMPLETE_LOCAL_NAME)
        data = AdvertisementData(
            local_name=name,
            manufacturer_data={},
            service_data={},
            service_uuids=services,
            tx_power=None,
            rssi=heard.rssi,
            platform_data=(heard,),
        )
        device = self.create_or_update_device(address, address, name, heard.address, data)
        self.call_detection_callbacks(device, data)


class _Client(BaseBleakClient):
    central: Device

    def __init__(self, found: Any, _services: Any = None, **options: Any) -> None:
        super().__init__(
            found,
            timeout=options.get("timeout", 10.0),
            disconnected_callback=options.get("disconnected_callback"),
        )
        self._target = getattr(found, "details", None) or Address(self.address)
        self._connection: Any = None
        self._callbacks: dict[int, Callable[[bytes], None]] = {}

    @property
    def name(self) -> str:
        return str(self.address)

    @property
    def mtu_size(self) -> int:
        return int(self._connection.att_mtu)

    @property
    def is_connected(self) -> bool:
        return self._connection is not None

    async def connect(self, pair: bool = False, **_options: Any) -> None:
        try:
            self._connection = await self.central.connect(self._target, timeout=self._timeout)
        except (BaseBumbleError, TimeoutError) as error:
            raise BleakDeviceNotFoundError(self.address, str(error)) from error
        self._connection.on("disconnection", self._gone)
        peer = Peer(self._connection)
        await peer.request_mtu(247)
        await peer.discover_services()
        collection = BleakGATTServiceCollection()
        for service in peer.services:
            known = BleakGATTService(service, service.handle, _uuid(service.uuid))
            collection.add_service(known)
            for characteristic in await service.discover_characteristics():
                kinds = type(characteristic.properties)
                properties = [
                    kind.name.lower().replace("_", "-") for kind in kinds if kind in characteristic.properties
                ]
                collection.add_characteristic(
                    found := BleakGATTCharacteristic(
                        characteristic,
                        characteristic.handle,
                        _uuid(characteristic.uuid),
                        properties,
                        lambda: self.mtu_size - 3,
                        known,
                    )
                )
                for descriptor in await characteristic.discover_descriptors():
                    collection.add_descriptor(
                        BleakGATTDescriptor(descriptor, descriptor.handle, _uuid(descriptor.type), found)
                    )
        self.services = collection
        if pair:
            await self.pair()

    def _gone(self, *_: Any) -> None:
        self._connection = None
        self.services = None
        if self._disconnected_callback:
            self._disconnected_callback()

    async def disconnect(self) -> None:
        if self._connection:
            await self._connection.disconnect()

    async def pair(self, *_: Any, **__: Any) -> None:
        self._live()
        try:
            await self._connection.pair()
        except BaseBumbleError as error:
            raise BleakError(f"Not paired: {error}") from error

    async def unpair(self) -> None:
        keys = self.central.keystore
        bonded = self.address in {name for name, _ in await keys.get_all()} if keys else False
        if keys and bonded:
            await keys.delete(self.address)

    def _live(self) -> None:
        if not self._connection:
            raise BleakError("Not connected")

    async def read_gatt_char(self, characteristic: Any, **_: Any) -> bytearray:
        self._live()
        return bytearray(await characteristic.obj.read_value())

    async def write_gatt_char(self, characteristic: Any, data: Any, response: bool) -> None:
        self._live()
        await characteristic.obj.write_value(bytes(data), with_response=response)

    async def read_gatt_descriptor(self, descriptor: Any, **_: Any) -> bytearray:
        self._live()
        return bytearray(await descriptor.obj.read_value())

    async def write_gatt_descriptor(self, descriptor: Any, data: Any) -> None:
        self._live()
        await descriptor.obj.write_value(bytes(data), with_response=True)

    async def start_notify(self, characteristic: Any, callback: Any, **_: Any) -> None:
        self._live()
        hear = self._callbacks[characteristic.handle] = lambda value: callback(bytearray(value))
        await characteristic.obj.subscribe(hear, prefer_notify=True)

    async def stop_notify(self, characteristic: Any) -> None:
        self._live()
        await characteristic.obj.unsubscribe(self._callbacks.pop(characteristic.handle))
