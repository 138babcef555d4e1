"""Playing a recording at the pace of the clock."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from edge.errors import SourceError, SourceReason

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator
    from pathlib import Path

    from edge.capture.replay.options import RecordingOptions
    from edge.clock import Clock
    from edge.signals import Sample

STALE_AFTER_S: Final = 10.0
AHEAD: Final = 4
"""Pieces made at once: to wake a thread for each costs more than to make most of them."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A sample of a recording; `end_s` counts from its beginning, `at` gives the sample its time."""

    end_s: float
    at: Callable[[float], Sample] | None
    """Takes the second on the street's clock at which the recording began; None: it only lasts so long."""


class Recording:
    """A source that plays `pieces`: each is handed on when its last value has been taken.

    On a virtual clock pieces are made inline, so that a run is the same each time; otherwise in a
    thread, as decoding blocks.
    """

    def __init__(
        self,
        name: str,
        options: RecordingOptions,
        *,
        clock: Clock,
        pieces: Callable[[], Generator[Piece, None, None]],
    ) -> None:
        self.name = name
        self.stale_after_s = STALE_AFTER_S
        self._options = options
        self._clock = clock
        self._pieces = pieces

    async def samples(self) -> AsyncIterator[Sample]:
        """Play once, or for ever."""
        began_s = self._clock.now_s() - self._options.start_s
        while True:
            end_s = self._options.start_s
            has_played = False
            async for piece in self._made():
                if 0 < self._options.start_s >= piece.end_s:
                    continue
                end_s = piece.end_s
                if piece.at is not None:
                    await self._clock.sleep_until(began_s + end_s)
                    yield piece.at(began_s)
                    has_played = True
            if not (self._options.loop and has_played and end_s > self._options.start_s):
                return
            began_s += end_s - self._options.start_s

    async def _made(self) -> AsyncIterator[Piece]:
        pieces = self._pieces()
        making: asyncio.Future[list[Piece]] | None = None
        try:
            while True:
                if self._clock.is_virtual:
                    made = list(islice(pieces, 1))
                else:
                    making = asyncio.get_running_loop().run_in_executor(None, list, islice(pieces, AHEAD))
                    made = await asyncio.shield(making)
                if not made:
                    return
                for piece in made:
                    yield piece
        finally:
            # A generator cannot be closed while a thread still runs it.
            if making is not None and not making.done():
                await asyncio.wait([making])
            pieces.close()


def unreadable(name: str, path: Path, why: str) -> SourceError:
    """Tell that a recording cannot be played."""
    return SourceError(name, SourceReason.UNREADABLE, f"cannot read {path}: {why}")
