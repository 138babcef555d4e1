"""One wearable's way through a connection: found, connected, set up, streaming, lost.

    idle -> searching -> connecting -> preparing -> streaming -> lost -> (supervisor waits) -> searching ...

A link goes this way once for each `open`; waiting and trying again is the supervisor's part.
What outlives a connection is kept here and in the sources: the address once chosen, the battery's
level, the time base.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeVar

from edge.capture.wearable.decoders.battery import BATTERY_LEVEL, decode_battery_level
from edge.capture.wearable.radio import CONNECT_S, SCAN_S
from edge.errors import DecodeError, SourceError, SourceReason

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from edge.capture.wearable.radio import Connection, Radio
    from edge.clock import Clock

logger = logging.getLogger(__name__)
T = TypeVar("T")

OPERATION_S: Final = 10.0
"""A read, a write or an answer that takes longer will not come."""
QUEUE_PACKETS: Final = 4096


RHYTHM_PACKETS: Final = 10
"""So many gaps between packets make a rhythm."""
MISSED_BEATS: Final = 3.0
LEAST_SILENCE_S: Final = 4.0
"""A body in the way holds packets up for seconds without a loss of the connection."""


class LinkState(StrEnum):
    """How far a link has come."""

    IDLE = "idle"
    SEARCHING = "searching"
    CONNECTING = "connecting"
    PREPARING = "preparing"
    STREAMING = "streaming"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Packet:
    """A notification and the street second at which it arrived."""

    characteristic: str
    payload: bytes
    arrival_s: float


class Link:
    """Finds one wearable by its address, or by its service and then always the same one.

    Parameters
    ----------
    silence_s
        A connection on which nothing has come for so long is lost.
    has_rhythm
        Miss a wearable that speaks often sooner: after three of its longer gaps, but not before
        `LEAST_SILENCE_S`.
    """

    def __init__(
        self,
        name: str,
        *,
        radio: Radio,
        clock: Clock,
        service: str,
        address: str | None,
        silence_s: float,
        has_rhythm: bool = False,
    ) -> None:
        self.name = name
        self.state = LinkState.IDLE
        self.battery_percent: int | None = None
        self.heard_s = float("-inf")
        self.dropped_packets = 0
        self._radio = radio
        self._clock = clock
        self._service = service
        self._address = address
        self._silence_s = silence_s
        self._has_rhythm = has_rhythm

    @property
    def alive_s(self) -> float:
        """When the last packet came; now, while each step on the way has its own time limit."""
        on_the_way = self.state in (LinkState.SEARCHING, LinkState.CONNECTING, LinkState.PREPARING)
        return self._clock.now_s() if on_the_way else self.heard_s

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[Session]:
        """Find and connect; what is claimed and connected is given back at the end."""
        session = Session(self, clock=self._clock, silence_s=self._silence_s, has_rhythm=self._has_rhythm)
        claimed: str | None = None
        try:
            self.state = LinkState.SEARCHING
            async with self._radio.lock:
                found = await session.guard(
                    self._radio.find(self.name, address=self._address, service=self._service),
                    at_most_s=SCAN_S + OPERATION_S,
                )
                if found is None:
                    raise SourceError(self.name, SourceReason.MISSING, "is not in sight over Bluetooth")
                address = self._radio.address(found)
                if address in self._radio.taken:
                    raise SourceError(self.name, SourceReason.BUSY, "another source uses this wearable")
                claimed = address
                self._radio.taken.add(address)
                self.state = LinkState.CONNECTING
                session.connection = await session.guard(
                    self._radio.connect(self.name, found, on_lost=session.lose),
                    at_most_s=CONNECT_S + OPERATION_S,
                )
            self._address = address
            self.state = LinkState.PREPARING
            await self._watch_battery(session)
            yield session
        finally:
            lost = self.state is LinkState.LOST
            if session.connection is not None:
                await session.connection.close()
            if claimed is not None:
                self._radio.taken.discard(claimed)
            self.state = LinkState.LOST if lost else LinkState.IDLE

    async def _watch_battery(self, session: Session) -> None:
        if session.connection is None or not session.connection.offers(BATTERY_LEVEL):
            return

        def note(payload: bytes) -> None:
            with contextlib.suppress(DecodeError):
                self.battery_percent = decode_battery_level(payload)

        try:
            note(await session.read(BATTERY_LEVEL))
            if session.connection.notifies(BATTERY_LEVEL):
                await session.guard(session.connection.subscribe(BATTERY_LEVEL, note))
        except SourceError as error:
            logger.debug("%s: no battery level: %s", self.name, error.detail)


class Session:
    """One connection of a link."""

    def __init__(self, link: Link, *, clock: Clock, silence_s: float, has_rhythm: bool) -> None:
        self.connection: Connection | None = None
        self._link = link
        self._clock = clock
        self._silence_s = silence_s
        self._gaps_s: deque[float] | None = deque(maxlen=RHYTHM_PACKETS) if has_rhythm else None
        self._last_s: float | None = None
        self._packets: deque[Packet] = deque()
        self._answers: deque[bytes] = deque()
        self._news = asyncio.Event()
        self._lost: str | None = None

    @property
    def patience_s(self) -> float:
        """The longest silence that is borne: `silence_s`, less for a wearable that speaks often."""
        if self._gaps_s is None or len(self._gaps_s) < RHYTHM_PACKETS:
            return self._silence_s
        # One packet that was late once tells nothing.
        usual_s = sorted(self._gaps_s)[-2]
        return min(self._silence_s, max(LEAST_SILENCE_S, MISSED_BEATS * usual_s))

    def lose(self, detail: str = "has broken the connection") -> None:
        """Note that nothing more will come."""
        self._lost = detail
        self._news.set()

    async def read(self, characteristic: str) -> bytes:
        """Read a value."""
        return await self.guard(self._live().read(characteristic))

    async def write(self, characteristic: str, payload: bytes) -> None:
        """Write a value."""
        await self.guard(self._live().write(characteristic, payload))

    async def subscribe(self, characteristic: str) -> None:
        """Have its payloads come out of `packets`."""
        if not self._live().notifies(characteristic):
            raise SourceError(self._link.name, SourceReason.UNSUPPORTED, f"does not notify {characteristic}")

        def take(payload: bytes) -> None:
            if len(self._packets) >= QUEUE_PACKETS:
                self._packets.popleft()
                self._link.dropped_packets += 1
            self._link.heard_s = self._clock.now_s()
            if self._gaps_s is not None and self._last_s is not None:
                self._gaps_s.append(self._link.heard_s - self._last_s)
            self._last_s = self._link.heard_s
            self._packets.append(Packet(characteristic, payload, self._link.heard_s))
            self._news.set()

        await self.guard(self._live().subscribe(characteristic, take))

    async def listen(self, control: str, *, ends_stream: Callable[[bytes], bool]) -> None:
        """Have the payloads of a control point answer `ask`; one that `ends_stream` ends the session."""

        def take(payload: bytes) -> None:
            if ends_stream(payload):
                self.lose("has stopped its stream")
                return
            self._answers.append(payload)
            self._news.set()

        await self.guard(self._live().subscribe(control, take))

    async def ask(self, control: str, command: bytes, answer: Callable[[bytes], T | None]) -> T:
        """Write `command` and wait for the payload of which `answer` makes something."""
        self._answers.clear()
        await self.write(control, command)
        try:
            async with asyncio.timeout(OPERATION_S):
                while True:
                    while self._answers:
                        if (found := answer(self._answers.popleft())) is not None:
                            return found
                    await self._wait()
        except TimeoutError as error:
            raise SourceError(self._link.name, SourceReason.TIMEOUT, "does not answer a command") from error

    async def packets(self) -> AsyncIterator[Packet]:
        """Payloads as they come, until the connection breaks or falls silent."""
        self._link.state = LinkState.STREAMING
        while True:
            while self._packets:
                yield self._packets.popleft()
            patience_s = self.patience_s
            try:
                async with asyncio.timeout(patience_s):
                    await self._wait()
            except TimeoutError as error:
                if self._packets:
                    # The loop itself was held up; they came while nobody could look.
                    continue
                self._link.state = LinkState.LOST
                detail = f"has sent nothing for {patience_s:.0f} s"
                raise SourceError(self._link.name, SourceReason.TIMEOUT, detail) from error

    async def guard(self, operation: Awaitable[T], *, at_most_s: float = OPERATION_S) -> T:
        """Await `operation`, but not for ever."""
        try:
            async with asyncio.timeout(at_most_s):
                return await operation
        except TimeoutError as error:
            raise SourceError(
                self._link.name, SourceReason.TIMEOUT, "does not answer over Bluetooth"
            ) from error

    def _live(self) -> Connection:
        if self.connection is None or self._lost:
            self._link.state = LinkState.LOST
            raise SourceError(self._link.name, SourceReason.DISCONNECTED, self._lost or "is not connected")
        return self.connection

    async def _wait(self) -> None:
        """Return when something new has come; raise when the connection is broken and all is read."""
        self._live()
        self._news.clear()
        await self._news.wait()
