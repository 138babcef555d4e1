"""The mechanics of the street: inboxes, stations and who may watch. It knows no room."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from edge.capture.supervisor import SourceStatus
    from edge.gate.decision import Decision
    from edge.release import Release
    from edge.signals import Affect, RoomState, Sample

_LOG: Final = logging.getLogger(__name__)


WELL_AGAIN_AFTER: Final = 50
"""Samples in a row that a reader must have worked off before a failure is news again."""


class Reader(Protocol):
    """Samples of one source or one wearer in, readings out. Called one sample at a time."""

    def read(self, sample: Any, /) -> Sequence[Affect]:
        """Take one sample; return the readings that it completes."""
        ...

    def forget(self) -> None:
        """Drop everything that was heard or seen so far."""
        ...


@runtime_checkable
class PatientReader(Reader, Protocol):
    """A reader that may hold a reading back until it knows more."""

    def finish(self) -> Sequence[Affect]:
        """Return what was held back: no more samples will come."""
        ...


class Observer:
    """Watches the street on the device itself: the terminal view, the benchmark, the watchdog.

    All hooks run on the event loop and must return at once. What they see is private.
    """

    def on_source_status(self, status: SourceStatus) -> None:
        """Take note: a source changed its state."""

    def on_sample(self, sample: Sample) -> None:
        """Take note: a source delivered a sample."""

    def on_affect(self, affect: Affect) -> None:
        """Take note: a reader gave a reading."""

    def on_room(self, room: RoomState) -> None:
        """Take note: fusion gave the state of the room."""

    def on_decision(self, decision: Decision) -> None:
        """Take note: the gate closed a window, and why it published or withheld."""

    def on_release(self, release: Release) -> None:
        """Take note: a release is handed to publish."""

    def on_lamps(self, colours: Mapping[str, str]) -> None:
        """Take note: the colour (`#rrggbb`) that each lamp was asked for last."""

    def on_stage(self, stage: str, seconds: float) -> None:
        """Take note: a stage finished one piece of work in so many real seconds."""


class Audience(Observer):
    """Several observers as one."""

    def __init__(self, *observers: Observer) -> None:
        self._observers = observers

    def on_source_status(self, status: SourceStatus) -> None:
        """Tell all."""
        for observer in self._observers:
            observer.on_source_status(status)

    def on_sample(self, sample: Sample) -> None:
        """Tell all."""
        for observer in self._observers:
            observer.on_sample(sample)

    def on_affect(self, affect: Affect) -> None:
        """Tell all."""
        for observer in self._observers:
            observer.on_affect(affect)

    def on_room(self, room: RoomState) -> None:
        """Tell all."""
        for observer in self._observers:
            observer.on_room(room)

    def on_decision(self, decision: Decision) -> None:
        """Tell all."""
        for observer in self._observers:
            observer.on_decision(decision)

    def on_release(self, release: Release) -> None:
        """Tell all."""
        for observer in self._observers:
            observer.on_release(release)

    def on_lamps(self, colours: Mapping[str, str]) -> None:
        """Tell all."""
        for observer in self._observers:
            observer.on_lamps(colours)

    def on_stage(self, stage: str, seconds: float) -> None:
        """Tell all."""
        for observer in self._observers:
            observer.on_stage(stage, seconds)


class Inbox:
    """A bounded queue before a reader that never blocks a sensor.

    Parameters
    ----------
    capacity
        Samples it holds. When full, the oldest one is dropped and counted.
    lossless
        Wait for room instead of dropping: for recordings on a virtual clock, and for physiology.
    """

    def __init__(self, *, capacity: int, lossless: bool) -> None:
        self._samples: deque[Sample] = deque()
        self._capacity = capacity
        self._lossless = lossless
        self._changed = asyncio.Condition()
        self._busy = False
        self.dropped = 0

    @property
    def has_work(self) -> bool:
        """Whether a sample waits or is being worked on."""
        return self._busy or bool(self._samples)

    async def put(self, sample: Sample) -> None:
        """Add a sample, under the rule of this inbox."""
        async with self._changed:
            if self._lossless:
                await self._changed.wait_for(lambda: len(self._samples) < self._capacity)
            elif len(self._samples) >= self._capacity:
                self._samples.popleft()
                self.dropped += 1
            self._samples.append(sample)
            self._changed.notify_all()

    async def get(self) -> Sample:
        """Take the oldest sample; the inbox counts as busy until `done`."""
        async with self._changed:
            await self._changed.wait_for(lambda: bool(self._samples))
            self._busy = True
            sample = self._samples.popleft()
            self._changed.notify_all()
            return sample

    async def done(self) -> None:
        """Tell that the sample taken last has been worked off."""
        async with self._changed:
            self._busy = False
            self._changed.notify_all()

    async def drained(self) -> None:
        """Wait until nothing is left and nothing is being worked on."""
        async with self._changed:
            await self._changed.wait_for(lambda: not self.has_work)


class Station:
    """One reader behind its inbox. A reader that fails is logged once and goes on with the next sample."""

    def __init__(
        self,
        name: str,
        reader: Reader,
        inbox: Inbox,
        *,
        run_blocking: Callable[[Callable[[Any], Any], Any], Awaitable[Any]],
        deliver: Callable[[Affect], None],
        observer: Observer,
    ) -> None:
        self.name = name
        self.inbox = inbox
        self.worked_off = 0
        self.failures = 0
        self._reader = reader
        self._run_blocking = run_blocking
        self._deliver = deliver
        self._observer = observer
        self._good_ones_to_go = 0
        self._must_forget = False

    def forget(self) -> None:
        """Have the reader forget; at once, or before its next sample when it is at work."""
        if self.inbox.has_work:
            self._must_forget = True
        else:
            self._reader.forget()

    async def run(self) -> None:
        """Work off samples until cancelled."""
        while True:
            sample = await self.inbox.get()
            try:
                await self._work(self._reader.read, sample)
            except Exception as error:  # noqa: BLE001 - one bad sample must not stop the street
                self._went_wrong(error)
            finally:
                self.worked_off += 1
                await self.inbox.done()

    async def finish(self) -> None:
        """Deliver what the reader has held back, once the last sample of a recording is worked off."""
        await self.inbox.drained()
        reader = self._reader
        if not isinstance(reader, PatientReader):
            return
        try:
            await self._work(lambda _: reader.finish(), None)
        except Exception as error:  # noqa: BLE001 - the other stations must end as well
            self._went_wrong(error)

    async def _work(self, work: Callable[[Any], Sequence[Affect]], sample: Sample | None) -> None:
        began_s = time.perf_counter()
        if self._must_forget:
            self._reader.forget()
            self._must_forget = False
        readings = await self._run_blocking(work, sample)
        self._observer.on_stage(self.name, time.perf_counter() - began_s)
        self._went_well()
        for affect in readings:
            self._observer.on_affect(affect)
            self._deliver(affect)

    def _went_well(self) -> None:
        if self._good_ones_to_go == 1:
            _LOG.info("reader %s works again", self.name)
        self._good_ones_to_go = max(0, self._good_ones_to_go - 1)

    def _went_wrong(self, error: Exception) -> None:
        self.failures += 1
        if not self._good_ones_to_go:
            # The message of an error may quote values, so only its kind and place are logged.
            place = error.__traceback__
            while place and place.tb_next:
                place = place.tb_next
            where = (
                f"{Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno}" if place else "unknown"
            )
            _LOG.error("reader %s failed: %s at %s", self.name, type(error).__name__, where)
        self._good_ones_to_go = WELL_AGAIN_AFTER
