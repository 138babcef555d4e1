"""A radio in which wearables are scripts: on a virtual clock, hours of drops pass in no time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edge.errors import SourceError, SourceReason

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(eq=False)
class FakePeripheral:
    """A wearable that is a script: what it holds, what it notifies, what it does when written to."""

    address: str
    service: str
    values: dict[str, bytes] = field(default_factory=dict)
    notifying: set[str] = field(default_factory=set)
    in_sight: bool = True
    hangs_on_connect: bool = False
    on_write: Callable[[FakeConnection, str, bytes], None] = lambda *_: None
    connection: FakeConnection | None = None
    connects: int = 0

    def notify(self, characteristic: str, payload: bytes) -> None:
        """Send a notification to whoever has subscribed."""
        if self.connection and characteristic in self.connection.subscribers:
            self.connection.subscribers[characteristic](payload)

    def drop(self) -> None:
        """Break the connection."""
        connection, self.connection = self.connection, None
        if connection:
            connection.on_lost()


class FakeConnection:
    """A connection to a `FakePeripheral`; see `edge.capture.wearable.radio.Connection`."""

    def __init__(self, peripheral: FakePeripheral, on_lost: Callable[[], None]) -> None:
        self.peripheral = peripheral
        self.on_lost = on_lost
        self.subscribers: dict[str, Callable[[bytes], None]] = {}
        self.closed = False

    def offers(self, characteristic: str) -> bool:
        """Whether it is there."""
        return characteristic in self.peripheral.values or self.notifies(characteristic)

    def notifies(self, characteristic: str) -> bool:
        """Whether it notifies."""
        return characteristic in self.peripheral.notifying

    def _live(self) -> None:
        if self.peripheral.connection is not self:
            raise SourceError("fake", SourceReason.DISCONNECTED, "is gone")

    async def read(self, characteristic: str) -> bytes:
        """Read what the peripheral holds."""
        self._live()
        return self.peripheral.values[characteristic]

    async def write(self, characteristic: str, payload: bytes) -> None:
        """Have the peripheral react."""
        self._live()
        self.peripheral.on_write(self, characteristic, payload)

    async def subscribe(self, characteristic: str, on_payload: Callable[[bytes], None]) -> None:
        """Listen."""
        self._live()
        self.subscribers[characteristic] = on_payload

    async def close(self) -> None:
        """Disconnect."""
        self.closed = True
        if self.peripheral.connection is self:
            self.peripheral.connection = None


class FakeRadio:
    """A radio among `FakePeripheral`s that notices when a scan and a connecting overlap."""

    def __init__(self, *peripherals: FakePeripheral, scan_s: float = 5.0, connect_s: float = 1.0) -> None:
        self.lock = asyncio.Lock()
        self.taken: set[str] = set()
        self.peripherals = list(peripherals)
        self.scan_s = scan_s
        self.connect_s = connect_s
        self.busy: list[str] = []
        self.overlaps = 0
        self.scans = 0

    async def _use(self, what: str, seconds: float) -> None:
        self.overlaps += bool(self.busy)
        self.busy.append(what)
        try:
            await asyncio.sleep(seconds)
        finally:
            self.busy.remove(what)

    async def find(self, _name: str, *, address: str | None, service: str) -> FakePeripheral | None:
        """Take half a second when it is in sight, else the whole `scan_s`."""
        self.scans += 1
        for peripheral in self.peripherals:
            fits = (
                peripheral.address == address
                if address
                else peripheral.service == service and peripheral.address not in self.taken
            )
            if fits and peripheral.in_sight and peripheral.connection is None:
                await self._use("scan", 0.5)
                return peripheral
        await self._use("scan", self.scan_s)
        return None

    def address(self, found: FakePeripheral) -> str:
        """Address of what was found."""
        return found.address

    async def connect(
        self, name: str, found: FakePeripheral, *, on_lost: Callable[[], None]
    ) -> FakeConnection:
        """Connect, or hang for as long as a real one would."""
        if found.hangs_on_connect:
            await self._use("connect", 20.0)
            raise SourceError(name, SourceReason.TIMEOUT, "does not answer")
        await self._use("connect", self.connect_s)
        found.connects += 1
        found.connection = FakeConnection(found, on_lost)
        return found.connection
