"""Feeds systemd's watchdog, but only while every stage gets its work done.

A stage that has nothing to do is healthy: a muted or lost sensor must not restart the service. A
stage that holds work and finishes none from look to look is stuck, and the watchdog is made to bite.
When all hangs, nobody feeds it, and it bites by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from edge.service.notify import notify, watchdog_s

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_LOG: Final = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 1.0
STUCK_AFTER_LOOKS: Final = 5
"""Looks rather than seconds: when the loop itself stood still, nobody could finish anything."""
DISK_S: Final = 30.0
"""So long a slow memory card may hold up all; to restart for that would be worse."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Pieces of work that a stage has finished, and whether it holds more."""

    finished: int
    has_work: bool


class Watchdog:
    """Judges progress from look to look.

    Parameters
    ----------
    progress
        Gives the progress of each stage.
    tell
        Takes what systemd is to know.
    """

    def __init__(
        self, progress: Callable[[], Mapping[str, Progress]], *, tell: Callable[[str], object] = notify
    ) -> None:
        self._progress = progress
        self._tell = tell
        self._limit_s = watchdog_s()
        self._before: Mapping[str, Progress] = {}
        self._in_vain: Mapping[str, int] = {}

    def stuck(self) -> list[str]:
        """Name the stages that held work at the last looks and have finished none of it."""
        now = self._progress()
        self._in_vain = {
            name: self._in_vain.get(name, 0) + 1
            for name, before in self._before.items()
            if before.has_work and now.get(name) == before
        }
        self._before = now
        return sorted(name for name, looks in self._in_vain.items() if looks >= STUCK_AFTER_LOOKS)

    async def run(self) -> None:
        """Feed until a stage is stuck or this is cancelled; return at once if systemd asks for nothing.

        Real time, whatever the street's clock: systemd waits in real time too.
        """
        if self._limit_s is None:
            return
        while not (stuck := self.stuck()):
            self._tell("WATCHDOG=1")
            await asyncio.sleep(min(LOOK_EVERY_S, self._limit_s / 2))
        _LOG.error("stuck: %s; the service is started again", ", ".join(stuck))
        self._tell("WATCHDOG=trigger")

    @contextlib.contextmanager
    def patient(self) -> Iterator[None]:
        """Have systemd wait longer while the loop itself writes to a disk."""
        if self._limit_s is None:
            yield
            return
        self._tell(f"WATCHDOG_USEC={max(DISK_S, self._limit_s) * 1e6:.0f}")
        try:
            yield
        finally:
            self._tell(f"WATCHDOG_USEC={self._limit_s * 1e6:.0f}")
