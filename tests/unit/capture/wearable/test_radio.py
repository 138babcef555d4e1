from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import bleak
import pytest
from bleak import exc

from edge.capture.wearable.radio import BleakRadio
from edge.errors import SourceError, SourceReason

if TYPE_CHECKING:
    from collections.abc import Callable

SERVICE = "0000180d-0000-1000-8000-00805f9b34fb"


def dbus(name: str) -> exc.BleakDBusError:
    return exc.BleakDBusError(name, ["told"])


@pytest.mark.parametrize(
    ("error", "reason", "detail"),
    [
        (FileNotFoundError(2, "no bus"), SourceReason.MISSING, "no Bluetooth service"),
        (ConnectionRefusedError(), SourceReason.MISSING, "no Bluetooth service"),
        (PermissionError(), SourceReason.PERMISSION, "may not be used"),
        (TimeoutError(), SourceReason.TIMEOUT, "does not answer"),
        (EOFError(), SourceReason.DISCONNECTED, "Bluetooth failed"),
        (OSError(5, "Input/output error"), SourceReason.DISCONNECTED, "Input/output error"),
        (exc.BleakError("No Bluetooth adapters found."), SourceReason.MISSING, "no Bluetooth adapter"),
        (exc.BleakError("odd"), SourceReason.DISCONNECTED, "odd"),
        (exc.BleakDeviceNotFoundError("AA"), SourceReason.MISSING, "out of sight"),
        (exc.BleakCharacteristicNotFoundError("2a37"), SourceReason.UNSUPPORTED, "2a37"),
        (dbus("org.freedesktop.DBus.Error.ServiceUnknown"), SourceReason.MISSING, "no Bluetooth service"),
        (dbus("org.freedesktop.DBus.Error.AccessDenied"), SourceReason.PERMISSION, "may not be used"),
        (dbus("org.bluez.Error.NotReady"), SourceReason.MISSING, "switched off"),
        (dbus("org.bluez.Error.InProgress"), SourceReason.BUSY, "another program"),
        (dbus("org.bluez.Error.Failed"), SourceReason.DISCONNECTED, "Bluetooth: "),
    ],
)
async def test_errors_say_why(
    monkeypatch: pytest.MonkeyPatch, error: Exception, reason: SourceReason, detail: str
) -> None:
    async def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(bleak.BleakScanner, "find_device_by_filter", fail)
    with pytest.raises(SourceError) as caught:
        await BleakRadio().find("strap", address=None, service=SERVICE)
    assert caught.value.reason is reason
    assert detail in caught.value.detail


async def test_scan_takes_the_address_or_the_first_free_one_with_the_service(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    in_sight = [
        (SimpleNamespace(address="aa:00"), SimpleNamespace(service_uuids=[])),
        (SimpleNamespace(address="aa:01"), SimpleNamespace(service_uuids=[SERVICE])),
        (SimpleNamespace(address="aa:02"), SimpleNamespace(service_uuids=[SERVICE])),
    ]

    async def scan(wanted: Callable[[Any, Any], bool], **_: Any) -> Any:
        return next((device for device, advertised in in_sight if wanted(device, advertised)), None)

    monkeypatch.setattr(bleak.BleakScanner, "find_device_by_filter", scan)
    radio = BleakRadio()
    radio.taken.add("AA:01")
    found = [
        await radio.find("strap", address=address, service=SERVICE) for address in (None, "AA:00", "AA:09")
    ]
    assert found[0] is in_sight[2][0]
    assert found[1] is in_sight[0][0]
    assert found[2] is None
    assert radio.address(found[0]) == "AA:02"


async def test_closing_never_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    class Client:
        def __init__(self, *_: Any, **__: Any) -> None:
            pass

        async def connect(self) -> None:
            pass

        async def disconnect(self) -> None:
            await asyncio.Event().wait()

    monkeypatch.setattr(bleak, "BleakClient", Client)
    monkeypatch.setattr("edge.capture.wearable.radio.CLOSE_S", 0.01)
    connection = await BleakRadio().connect("strap", None, on_lost=lambda: None)
    async with asyncio.timeout(60):
        await connection.close()
