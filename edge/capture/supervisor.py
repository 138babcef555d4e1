"""Keeps one source alive: starts it, hands on its samples, notices its loss, tries again.

    absent -> starting -> ok <-> stale -> failed -> starting ...      muted      ended

`muted` is entered only once the source has let go of its device.
"""

from __future__ import annotations

import asyncio
import logging
import random
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

from edge.capture.backoff import Backoff
from edge.errors import SourceError, SourceReason

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from edge.capture.source import Source
    from edge.clock import Clock
    from edge.signals import Sample

logger = logging.getLogger(__name__)

START_TIMEOUT_S: Final = 30.0
"""A source that has given no sample by then has failed (finding a wearable takes its time)."""
RELEASE_TIMEOUT_S: Final = 5.0
"""A source that holds its device for longer is stuck in its driver."""
HOPELESS: Final = frozenset(
    {
        SourceReason.UNREADABLE,
        SourceReason.UNSUPPORTED,
        SourceReason.WRONG_RATE,
        SourceReason.NOT_INSTALLED,
    }
)
"""Reasons that no second try mends; a broken recording must not start over."""


class SourceState(StrEnum):
    """Where a source is in its life."""

    ABSENT = "absent"
    STARTING = "starting"
    OK = "ok"
    STALE = "stale"
    FAILED = "failed"
    MUTED = "muted"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """What can be told of a source at one moment; `counters` are its own (drops, bad packets)."""

    name: str
    state: SourceState
    since_s: float
    reason: SourceReason | None
    detail: str
    restarts: int
    samples: int
    counters: Mapping[str, int] = field(default_factory=dict)
    battery_percent: int | None = None


@runtime_checkable
class Counting(Protocol):
    """A source that counts what it loses."""

    @property
    def counters(self) -> Mapping[str, int]:
        """Name and number of each loss so far."""
        ...


@runtime_checkable
class BatteryPowered(Protocol):
    """A source that knows how full its battery is."""

    @property
    def battery_percent(self) -> int | None:
        """Charge, once the device has told it."""
        ...


@runtime_checkable
class Living(Protocol):
    """A source that may be well and yet have nothing to say, as a strap that nobody wears."""

    @property
    def alive_s(self) -> float:
        """When the device last gave a sign of life, with or without a sample."""
        ...


class Supervisor:
    """Runs one source until it ends, fails for good, or `run` is cancelled.

    Parameters
    ----------
    source
        What to keep alive.
    clock
        The street's time.
    deliver
        Awaited with each sample, in order. The source waits meanwhile, and that time is never
        taken for silence. An exception of `deliver` is the street's and leaves through `run`.
    on_state
        Called with the status at each change of state.
    seed
        Makes the jitter of the waits repeatable.
    """

    def __init__(
        self,
        source: Source,
        *,
        clock: Clock,
        deliver: Callable[[Sample], Awaitable[None]],
        on_state: Callable[[SourceStatus], None] | None = None,
        backoff: Backoff | None = None,
        start_timeout_s: float = START_TIMEOUT_S,
        release_timeout_s: float = RELEASE_TIMEOUT_S,
        seed: int | None = None,
    ) -> None:
        self._source = source
        self._clock = clock
        self._deliver = deliver
        self._on_state = on_state
        self._backoff = backoff or Backoff()
        self._start_timeout_s = max(start_timeout_s, 2 * source.stale_after_s)
        self._release_timeout_s = release_timeout_s
        self._random = random.Random(seed)
        self._state = SourceState.ABSENT
        self._since_s = 0.0
        self._reason: SourceReason | None = None
        self._detail = ""
        self._starts = 0
        self._samples = 0
        self._silent_since_s: float | None = None
        self._heard = False
        self._ok_since_s = 0.0
        self._down_since_s: float | None = None
        self._street_error: Exception | None = None
        self._mute = asyncio.Event()
        self._unmute = asyncio.Event()

    @property
    def name(self) -> str:
        """The source's name."""
        return self._source.name

    @property
    def state(self) -> SourceState:
        """The state at this moment."""
        return self._state

    @property
    def status(self) -> SourceStatus:
        """All that can be told at this moment."""
        return SourceStatus(
            name=self._source.name,
            state=self._state,
            since_s=self._since_s,
            reason=self._reason,
            detail=self._detail,
            restarts=max(0, self._starts - 1),
            samples=self._samples,
            counters=dict(self._source.counters) if isinstance(self._source, Counting) else {},
            battery_percent=self._source.battery_percent
            if isinstance(self._source, BatteryPowered)
            else None,
        )

    def mute(self) -> None:
        """Let go of the device; the state is `muted` as soon as that is done."""
        self._unmute.clear()
        self._mute.set()

    def unmute(self) -> None:
        """Open the device again."""
        self._mute.clear()
        self._unmute.set()

    async def run(self) -> None:
        """Keep the source alive; return when it has ended or failed for good."""
        delays_s = self._backoff.delays_s(self._random)
        while True:
            if self._mute.is_set():
                self._enter(SourceState.MUTED)
                await self._unmute.wait()
                delays_s = self._backoff.delays_s(self._random)
            self._starts += 1
            self._enter(SourceState.STARTING)
            try:
                if await self._session():
                    self._enter(SourceState.ENDED)
                    return
            except SourceError as error:
                missing = error.reason is SourceReason.MISSING
                self._enter(SourceState.ABSENT if missing else SourceState.FAILED, error)
                if error.reason in HOPELESS:
                    return
                if self._heard and self._clock.now_s() - self._ok_since_s > self._backoff.longest_s:
                    delays_s = self._backoff.delays_s(self._random)
                await self._wait(next(delays_s))

    async def _session(self) -> bool:
        """Open once and read; True when the source ended by itself, False when it was muted."""
        self._heard = False
        self._silent_since_s = self._clock.now_s()
        reader = asyncio.create_task(self._read())
        watch = asyncio.create_task(self._watch())
        mute = asyncio.create_task(self._mute.wait())
        try:
            await asyncio.wait({reader, watch, mute}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            watch.cancel()
            mute.cancel()
            stopped = await self._release(reader)
        error = None if reader.cancelled() else reader.exception()
        try:
            if error is None and not stopped:
                return True
            if error is None and self._mute.is_set():
                return False
            if error is None:
                raise SourceError(self.name, SourceReason.TIMEOUT, self._silence())
            if self._street_error is not None:
                raise self._street_error
            if isinstance(error, SourceError):
                raise error
            logger.debug("%s: unexpected error", self.name, exc_info=error)
            raise SourceError(self.name, SourceReason.PROTOCOL, f"{type(error).__name__}: {error}") from error
        finally:
            # An error whose traceback leads back to itself would keep the last picture for a long time.
            del error, reader

    async def _read(self) -> None:
        samples = self._source.samples()
        try:
            async for sample in samples:
                self._silent_since_s = None
                self._heard = True
                self._samples += 1
                if self._state is not SourceState.OK:
                    self._ok_since_s = self._clock.now_s()
                    self._enter(SourceState.OK)
                try:
                    await self._deliver(sample)
                except Exception as error:
                    self._street_error = error
                    raise
                self._silent_since_s = self._clock.now_s()
        finally:
            close = getattr(samples, "aclose", None)
            if close is not None:
                await close()

    async def _watch(self) -> None:
        """Return when the source has been silent for so long that it must be opened again."""
        stale_after_s = self._source.stale_after_s
        due_s = self._clock.now_s()
        while True:
            now_s = self._clock.now_s()
            if self._silent_since_s is None:
                due_s = now_s + stale_after_s
                await self._clock.sleep_until(due_s)
                continue
            # While the loop itself was held up no source could be heard.
            self._silent_since_s = min(now_s, self._silent_since_s + now_s - due_s)
            if not self._heard:
                limit_s = self._silent_since_s + self._start_timeout_s
            else:
                limit_s = self._silent_since_s + stale_after_s * (1 if self._state is SourceState.OK else 2)
            due_s = now_s
            if now_s < limit_s:
                due_s = min(limit_s, now_s + stale_after_s)
            elif self._state is SourceState.OK:
                error = SourceError(self.name, SourceReason.TIMEOUT, self._silence())
                self._enter(SourceState.STALE, error)
                continue
            elif isinstance(self._source, Living) and now_s - self._source.alive_s < stale_after_s:
                due_s = now_s + stale_after_s
            else:
                return
            await self._clock.sleep_until(due_s)

    async def _release(self, reader: asyncio.Task[None]) -> bool:
        """Stop `reader` and wait until it has closed the source; False when it was done already.

        A reader that is stuck is waited for without end, so that no device is opened twice; only
        the cancelling of `run` leaves it behind.
        """
        if reader.done():
            return False
        reader.cancel()
        _, stuck = await asyncio.wait({reader}, timeout=self._release_timeout_s)
        task = asyncio.current_task()
        if stuck and not (task and task.cancelling()):
            detail = "is stuck in its driver and does not let go of the device"
            self._enter(SourceState.FAILED, SourceError(self.name, SourceReason.BUSY, detail))
            await asyncio.wait(stuck)
        return True

    async def _wait(self, delay_s: float) -> None:
        """Wait before the next try; muting cuts it short."""
        pause = asyncio.create_task(self._clock.sleep_until(self._clock.now_s() + delay_s))
        mute = asyncio.create_task(self._mute.wait())
        try:
            await asyncio.wait({pause, mute}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            pause.cancel()
            mute.cancel()

    def _silence(self) -> str:
        since_s = self._silent_since_s if self._silent_since_s is not None else self._clock.now_s()
        return f"has been silent for {self._clock.now_s() - since_s:.0f} s"

    def _enter(self, state: SourceState, error: SourceError | None = None) -> None:
        self._reason = error.reason if error else None
        self._detail = error.detail if error else ""
        if state is self._state:
            return
        now_s = self._clock.now_s()
        self._state = state
        self._since_s = now_s
        if error and self._down_since_s is None:
            self._down_since_s = now_s
            logger.warning("%s (%s)", error, state)
        elif state is SourceState.OK and self._down_since_s is not None:
            logger.info("%s: back after %.0f s", self.name, now_s - self._down_since_s)
            self._down_since_s = None
        elif state in (SourceState.MUTED, SourceState.ENDED):
            logger.info("%s: %s", self.name, state)
            self._down_since_s = None
        if self._on_state is not None:
            self._on_state(self.status)
