"""Independent causes of muting; a sensor is heard only when none of them holds."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class MuteCause(StrEnum):
    """Who wants a sensor muted. None of them can lift the wish of another."""

    SWITCH = "switch"
    COMMAND = "command"
    CONSENT = "consent"


class Mutes:
    """Which sensors are muted, and why.

    Parameters
    ----------
    sensors
        Names of all sensors.
    on_change
        Called with a sensor and whether it is muted now, each time that changes.
    initially
        Causes that hold for all sensors at first: the switch, until it has been read.
    """

    def __init__(
        self,
        sensors: Iterable[str],
        *,
        on_change: Callable[[str, bool], None],
        initially: Iterable[MuteCause] = (),
    ) -> None:
        self._causes = {sensor: set(initially) for sensor in sensors}
        self._on_change = on_change

    def causes(self, sensor: str) -> frozenset[MuteCause]:
        """Why a sensor is muted; empty when it is not."""
        return frozenset(self._causes[sensor])

    def is_muted(self, sensor: str) -> bool:
        """Whether a sensor is muted."""
        return bool(self._causes[sensor])

    def set(self, cause: MuteCause, *, muted: bool, sensor: str | None = None) -> None:
        """Let one cause hold or not, for one sensor or, with None, for all.

        Lifting a cause from all sensors leaves other causes as they are, so that what was muted one by one
        before the switch was thrown stays muted when it is thrown back.
        """
        for name in self._causes if sensor is None else [sensor]:
            causes = self._causes[name]
            was_muted = bool(causes)
            (causes.add if muted else causes.discard)(cause)
            if bool(causes) != was_muted:
                self._on_change(name, bool(causes))
