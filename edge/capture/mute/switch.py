"""The switch at the housing: whatever it says that is not clearly "sense" mutes."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final, Protocol

from edge.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge.clock import Clock

_LOG: Final = logging.getLogger(__name__)

POLL_S: Final = 0.1
STEADY_READS: Final = 3
"""Equal readings in a row before sensing is allowed; muting needs one."""


class Line(Protocol):
    """One digital line, read or written."""

    def read(self) -> bool:
        """Whether the line is active.

        Raises
        ------
        SourceError
            It cannot be read.
        """
        ...

    def write(self, *, active: bool) -> None:
        """Drive the line.

        Raises
        ------
        SourceError
            It cannot be written.
        """
        ...

    def close(self) -> None:
        """Let go of the line."""
        ...


class MuteSwitch:
    """Reads the switch over and over; calls `on_change` when sensing becomes allowed or forbidden.

    It starts forbidden, and is forbidden again as soon as one reading says so or fails.

    Parameters
    ----------
    open_line
        Opens the line; tried again for as long as it fails.
    on_change
        Called with whether sensing is allowed.
    """

    def __init__(
        self, open_line: Callable[[], Line], *, clock: Clock, on_change: Callable[[bool], None]
    ) -> None:
        self._open_line = open_line
        self._clock = clock
        self._on_change = on_change
        self._line: Line | None = None
        self._steady = 0
        self._failing = False
        self.is_allowed = False

    async def run(self) -> None:
        """Watch the switch until cancelled; the line is let go of then, and sensing forbidden."""
        try:
            while True:
                self._take(
                    await asyncio.to_thread(self._read) if not self._clock.is_virtual else self._read()
                )
                await self._clock.sleep_until(self._clock.now_s() + POLL_S)
        finally:
            self._take(allowed=False)
            self._let_go()

    def _read(self) -> bool:
        try:
            if self._line is None:
                self._line = self._open_line()
            allowed = self._line.read()
        except SourceError as error:
            if not self._failing:
                _LOG.error("%s; everything stays muted until it can be read", error)
            self._failing = True
            self._let_go()
            return False
        if self._failing:
            _LOG.info("the mute switch can be read again")
        self._failing = False
        return allowed

    def _take(self, allowed: bool) -> None:
        self._steady = self._steady + 1 if allowed else 0
        allowed = self._steady >= STEADY_READS
        if allowed != self.is_allowed:
            self.is_allowed = allowed
            self._on_change(allowed)

    def _let_go(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None


class Indicator:
    """A light that is on while any sensor's device is open; on before it opens, off after it closed.

    It shows what the program knows. Only a light wired to the sensor's own power shows more.
    """

    def __init__(self, line: Line) -> None:
        self._line = line
        self._open: set[str] = set()
        self._line.write(active=False)

    def note(self, sensor: str, *, is_open: bool) -> None:
        """Take note that a sensor's device opens or has closed.

        Raises
        ------
        SourceError
            The light cannot be switched; sensing must not begin then.
        """
        (self._open.add if is_open else self._open.discard)(sensor)
        self._line.write(active=bool(self._open))

    def close(self) -> None:
        """Switch the light off and let go of it."""
        self._open.clear()
        self._line.write(active=False)
        self._line.close()
