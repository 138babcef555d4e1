"""All sensors of the street: each kept alive by its supervisor, muted by whoever may mute it."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Final

from edge.capture.mute.gpio import open_input, open_output
from edge.capture.mute.rules import MuteCause, Mutes
from edge.capture.mute.switch import Indicator, MuteSwitch
from edge.capture.supervisor import SourceState, Supervisor

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from edge.capture.mute.options import MuteOptions
    from edge.capture.source import Source
    from edge.capture.supervisor import SourceStatus
    from edge.clock import Clock
    from edge.signals import Sample

CONSENT_CHECK_S: Final = 1.0
_CLOSED: Final = frozenset({SourceState.ABSENT, SourceState.MUTED, SourceState.ENDED})


class Sensors:
    """Runs all sources.

    Parameters
    ----------
    sources
        By the name they have in the config.
    mute
        The switch and the indicator light at the housing, if any.
    is_agreed
        Whether a sensor may be used now; asked over and over, so that a consent that is withdrawn
        stops the capture at once.
    deliver
        Awaited with the name of the source and each sample.
    on_status, on_muted
        Called when a source changes its state, and when a sensor has been muted.
    """

    def __init__(
        self,
        sources: Mapping[str, Source],
        *,
        clock: Clock,
        mute: MuteOptions,
        is_agreed: Callable[[str], bool],
        deliver: Callable[[str, Sample], Awaitable[None]],
        on_status: Callable[[SourceStatus], None],
        on_muted: Callable[[str], None],
    ) -> None:
        self._clock = clock
        self._mute = mute
        self._is_agreed = is_agreed
        self._on_status = on_status
        self._on_muted = on_muted
        self._indicator: Indicator | None = None
        self._supervisors = {
            name: Supervisor(source, clock=clock, deliver=partial(deliver, name), on_state=self._note)
            for name, source in sources.items()
        }
        self._mutes = Mutes(
            sources,
            on_change=self._apply,
            initially=(MuteCause.SWITCH,) if mute.switch else (),
        )

    @property
    def statuses(self) -> list[SourceStatus]:
        """What can be told of each sensor now."""
        return [supervisor.status for supervisor in self._supervisors.values()]

    def obey(self, *, muted: bool, sensor: str | None = None) -> None:
        """Mute or unmute one sensor, or with None all, on command; the switch has the last word."""
        if sensor is None or sensor in self._supervisors:
            self._mutes.set(MuteCause.COMMAND, muted=muted, sensor=sensor)

    async def run(self) -> None:
        """Run until every source has ended or failed for good; devices are released when cancelled.

        Raises
        ------
        SourceError
            The indicator light is configured and cannot be switched.
        """
        with ExitStack() as release:
            if self._mute.indicator:
                self._indicator = Indicator(open_output(self._mute.indicator))
                release.callback(self._indicator.close)
            for name in self._supervisors:
                if self._mutes.is_muted(name):
                    self._supervisors[name].mute()
            async with asyncio.TaskGroup() as group:
                watchers = [group.create_task(self._watch_consent())]
                if self._mute.switch:
                    watchers.append(group.create_task(self._switch().run()))
                sources = [group.create_task(supervisor.run()) for supervisor in self._supervisors.values()]
                await asyncio.wait(sources)
                for watcher in watchers:
                    watcher.cancel()

    def _switch(self) -> MuteSwitch:
        options = self._mute.switch
        assert options is not None  # noqa: S101 - the caller has looked
        return MuteSwitch(
            lambda: open_input(options),
            clock=self._clock,
            on_change=lambda allowed: self._mutes.set(MuteCause.SWITCH, muted=not allowed),
        )

    async def _watch_consent(self) -> None:
        while True:
            for name in self._supervisors:
                self._mutes.set(MuteCause.CONSENT, muted=not self._is_agreed(name), sensor=name)
            await self._clock.sleep_until(self._clock.now_s() + CONSENT_CHECK_S)

    def _apply(self, name: str, muted: bool) -> None:
        if muted:
            self._supervisors[name].mute()
            self._on_muted(name)
        else:
            self._supervisors[name].unmute()

    def _note(self, status: SourceStatus) -> None:
        if self._indicator:
            self._indicator.note(status.name, is_open=status.state not in _CLOSED)
        self._on_status(status)
