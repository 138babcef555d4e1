"""Blocking drivers on a thread of their own: a generator there becomes an async iterator here."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator

T = TypeVar("T")


class Pump:
    """Runs a generator on a daemon thread; at most `room` items wait for the street.

    When there is no more room the oldest is dropped and counted in `dropped`.
    """

    def __init__(self, *, room: int) -> None:
        self._room = room
        self.dropped = 0

    async def run(
        self, name: str, produce: Callable[[threading.Event], Generator[T, None, None]]
    ) -> AsyncGenerator[T, None]:
        """Yield what `produce(stop)` yields, raise what it raises; once this is closed, it has ended.

        It must return soon after `stop` is set. A driver that never returns keeps the closing
        waiting, but not the loop, nor the process.
        """
        belt: _Belt[T] = _Belt(self._room, on_drop=self._count)
        stop = threading.Event()
        thread = threading.Thread(target=_work, args=(produce, stop, belt), name=name, daemon=True)
        thread.start()
        try:
            while await belt.filled():
                yield belt.items.popleft()
        finally:
            stop.set()
            await belt.ended.wait()
        failure, belt.failure = belt.failure, None
        try:
            if failure is not None:
                raise failure
        finally:
            # An error whose traceback leads back to itself would keep the last item for a long time.
            del failure

    def _count(self) -> None:
        self.dropped += 1


class _Belt(Generic[T]):
    """Items on their way from a thread to the loop."""

    def __init__(self, room: int, *, on_drop: Callable[[], None]) -> None:
        self.loop = asyncio.get_running_loop()
        self.items: deque[T] = deque()
        self.ended = asyncio.Event()
        self.failure: BaseException | None = None
        self._room = room
        self._on_drop = on_drop
        self._news = asyncio.Event()

    def put(self, item: T) -> None:
        if len(self.items) >= self._room:
            self.items.popleft()
            self._on_drop()
        self.items.append(item)
        self._news.set()

    def end(self) -> None:
        self.ended.set()
        self._news.set()

    async def filled(self) -> bool:
        """Wait for an item; False when none will come."""
        while not self.items and not self.ended.is_set():
            self._news.clear()
            await self._news.wait()
        return bool(self.items)


def _work(
    produce: Callable[[threading.Event], Generator[T, None, None]], stop: threading.Event, belt: _Belt[T]
) -> None:
    # A loop that is closed belongs to a process that ends while its driver is stuck.
    with contextlib.suppress(RuntimeError):
        try:
            with contextlib.closing(produce(stop)) as produced:
                for item in produced:
                    belt.loop.call_soon_threadsafe(belt.put, item)
                    if stop.is_set():
                        break
        except BaseException as error:  # noqa: BLE001  (raised again on the loop)
            belt.failure = error
        belt.loop.call_soon_threadsafe(belt.end)
