"""Feeds systemd's watchdog, but only while every stage gets its work done.

A stage that has nothing to do is healthy: a muted or lost sensor must not restart the service. A
stage that holds work and has finished none since the last look is stuck, and the watchdog is left
to bite.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from edge.service.notify import notify, watchdog_s

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """Pieces of work that a stage has finished, and whether it holds more."""

    finished: int
    has_work: bool


class Watchdog:
    """Judges progress between two looks.

    Parameters
    ----------
    progress
        Gives the progress of each stage.
    """

    def __init__(self, progress: Callable[[], Mapping[str, Progress]]) -> None:
        self._progress = progress
        self._before: Mapping[str, Progress] = {}
        self._barked: frozenset[str] = frozenset()

    def stuck(self) -> frozenset[str]:
        """Name the stages that held work at the last look and have finished none of it."""
        now = self._progress()
        stuck = frozenset(
            name
            for name, before in self._before.items()
            if before.has_work and name in now and now[name] == before
        )
        self._before = now
        for name in sorted(stuck - self._barked):
            _LOG.error("stage %s is stuck", name)
        self._barked = stuck
        return stuck

    async def run(self, *, tell: Callable[[str], object] = notify) -> None:
        """Feed until cancelled, twice as often as systemd asks; return at once if it does not ask.

        Real time, whatever the street's clock: systemd waits in real time too.
        """
        limit_s = watchdog_s()
        while limit_s is not None:
            if not self.stuck():
                tell("WATCHDOG=1")
            await asyncio.sleep(limit_s / 2)
