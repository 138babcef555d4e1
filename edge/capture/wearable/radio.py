"""The seam to Bluetooth: what a link asks of a radio, and bleak as the real one."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Final, Protocol

from edge.errors import SourceError, SourceReason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SCAN_S: Final = 5.0
CONNECT_S: Final = 20.0
CLOSE_S: Final = 3.0

_SIGNS: Final = (
    ("denied", SourceReason.PERMISSION, "Bluetooth may not be used by this user (group bluetooth)"),
    ("powered_off", SourceReason.MISSING, "Bluetooth is switched off"),
    ("notready", SourceReason.MISSING, "Bluetooth is switched off"),
    ("serviceunknown", SourceReason.MISSING, "no Bluetooth service runs on this machine"),
    ("no_bluetooth", SourceReason.MISSING, "this machine has no Bluetooth adapter"),
    ("adapter", SourceReason.MISSING, "this machine has no Bluetooth adapter"),
    ("inprogress", SourceReason.BUSY, "another program uses the Bluetooth adapter"),
)
"""What an error's names hold, and what that means."""


class Connection(Protocol):
    """One peripheral while it is connected; every call may raise `SourceError`."""

    def offers(self, characteristic: str) -> bool:
        """Whether the peripheral has this characteristic."""
        ...

    def notifies(self, characteristic: str) -> bool:
        """Whether it can be subscribed to."""
        ...

    async def read(self, characteristic: str) -> bytes:
        """Read a value."""
        ...

    async def write(self, characteristic: str, payload: bytes) -> None:
        """Write a value and wait until the peripheral has taken it."""
        ...

    async def subscribe(self, characteristic: str, on_payload: Callable[[bytes], None]) -> None:
        """Have `on_payload` called with each notification or indication."""
        ...

    async def close(self) -> None:
        """Disconnect; never raises."""
        ...


class Radio(Protocol):
    """One Bluetooth adapter, shared by all links.

    `lock` is held while scanning and while connecting, so that the two never overlap; `taken`
    holds the addresses that links have claimed.
    """

    lock: asyncio.Lock
    taken: set[str]

    async def find(self, name: str, *, address: str | None, service: str) -> Any:
        """Scan for `address`, or for the first untaken peripheral with `service`; None when out of sight."""
        ...

    def address(self, found: Any) -> str:
        """Address of what was found."""
        ...

    async def connect(self, name: str, found: Any, *, on_lost: Callable[[], None]) -> Connection:
        """Connect to what was found; `on_lost` is called once when the connection breaks."""
        ...


class BleakRadio:
    """The machine's adapter through bleak; `options` go to its scanner and client (`backend`, `adapter`)."""

    def __init__(
        self, *, scanner_options: dict[str, Any] | None = None, client_options: dict[str, Any] | None = None
    ) -> None:
        self.lock = asyncio.Lock()
        self.taken: set[str] = set()
        self._scanner_options = scanner_options or {}
        self._client_options = client_options or {}

    async def find(self, name: str, *, address: str | None, service: str) -> Any:
        """Scan for at most `SCAN_S`."""
        from bleak import BleakScanner

        def wanted(device: Any, advertisement: Any) -> bool:
            if address is not None:
                return bool(device.address.upper() == address)
            return service in advertisement.service_uuids and device.address.upper() not in self.taken

        with _explained(name):
            return await BleakScanner.find_device_by_filter(wanted, timeout=SCAN_S, **self._scanner_options)

    def address(self, found: Any) -> str:
        """Address in capitals."""
        return str(found.address).upper()

    async def connect(self, name: str, found: Any, *, on_lost: Callable[[], None]) -> Connection:
        """Connect and resolve services within `CONNECT_S`."""
        from bleak import BleakClient

        client = BleakClient(
            found, disconnected_callback=lambda _: on_lost(), timeout=CONNECT_S, **self._client_options
        )
        with _explained(name):
            await client.connect()
        return _BleakConnection(name, client)


class _BleakConnection:
    def __init__(self, name: str, client: Any) -> None:
        self._name = name
        self._client = client

    def offers(self, characteristic: str) -> bool:
        return self._client.services.get_characteristic(characteristic) is not None

    def notifies(self, characteristic: str) -> bool:
        found = self._client.services.get_characteristic(characteristic)
        return found is not None and bool({"notify", "indicate"} & set(found.properties))

    async def read(self, characteristic: str) -> bytes:
        with _explained(self._name):
            return bytes(await self._client.read_gatt_char(characteristic))

    async def write(self, characteristic: str, payload: bytes) -> None:
        with _explained(self._name):
            await self._client.write_gatt_char(characteristic, payload)

    async def subscribe(self, characteristic: str, on_payload: Callable[[bytes], None]) -> None:
        with _explained(self._name):
            await self._client.start_notify(characteristic, lambda _, payload: on_payload(bytes(payload)))

    async def close(self) -> None:
        with contextlib.suppress(Exception):
            async with asyncio.timeout(CLOSE_S):
                await self._client.disconnect()


@contextlib.contextmanager
def _explained(name: str) -> Iterator[None]:
    """Turn what bleak, D-Bus and the system raise into a `SourceError`."""
    from bleak.exc import BleakCharacteristicNotFoundError, BleakDeviceNotFoundError, BleakError

    try:
        yield
    except SourceError:
        raise
    except BleakDeviceNotFoundError as error:
        raise SourceError(name, SourceReason.MISSING, "went out of sight") from error
    except BleakCharacteristicNotFoundError as error:
        raise SourceError(name, SourceReason.UNSUPPORTED, f"does not offer {error.char_specifier}") from error
    except TimeoutError as error:
        raise SourceError(name, SourceReason.TIMEOUT, "does not answer over Bluetooth") from error
    except (FileNotFoundError, ConnectionRefusedError) as error:
        raise SourceError(name, SourceReason.MISSING, "no Bluetooth service runs on this machine") from error
    except PermissionError as error:
        raise SourceError(name, SourceReason.PERMISSION, "Bluetooth may not be used by this user") from error
    except (BleakError, OSError, EOFError) as error:
        raise SourceError(name, *_told_by(error)) from error


def _told_by(error: Exception) -> tuple[SourceReason, str]:
    """Look for what is wrong in the names that bleak, D-Bus and BlueZ give it."""
    names = (
        getattr(error, "dbus_error", None),
        getattr(getattr(error, "reason", None), "name", None),
        str(error),
    )
    told = " ".join(map(str, names)).lower()
    for sign, reason, detail in _SIGNS:
        if sign in told:
            return reason, detail
    return SourceReason.DISCONNECTED, f"Bluetooth: {error}" if str(error) else "Bluetooth failed"
