"""Counts what goes wrong, and tells it so coarsely that nobody's presence shows.

How much work there is, and so what is dropped, what fails and how hot it gets, depends on who is
there. These counts never leave as they are. They are summed up over a day, put into one of three
bands, and only the worst day so far is told: whatever people do, such a value changes twice in the
life of the process at the most, on the hour of a day at which the process began. In the profile
`public`, which promises more, they are not told at all.

The rest does not depend on people: whether a cable holds is no more than the status of the sensor
says already, to the same audience, and the broker knows when it was away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from edge.health import Health, Heat, Share
from edge.release import Profile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from edge.capture.supervisor import SourceStatus
    from edge.publish.node import Node

LOOK_EVERY_S: Final = 5.0
HOUR_S: Final = 3600.0
DAY_S: Final = 24 * HOUR_S
SOME: Final = 0.001
MUCH: Final = 0.05
WARM_C: Final = 70.0
HOT_C: Final = 80.0
"""A Raspberry Pi slows down from 80 degrees on."""
_SHARES: Final = list(Share)
_HEATS: Final = list(Heat)

Band = TypeVar("Band", Share, Heat)


@dataclass(frozen=True, slots=True)
class Tally:
    """Samples so far: how many came, were dropped on the way, and could not be read."""

    samples: int
    dropped: int
    failed: int

    def since(self, before: Tally) -> Tally:
        """What came on top."""
        return Tally(
            self.samples - before.samples, self.dropped - before.dropped, self.failed - before.failed
        )


class HealthKeeper:
    """Looks every `LOOK_EVERY_S` and keeps what may be told.

    Parameters
    ----------
    node
        Who we are; its profile says which sensors others may know of.
    tallies
        Gives the tally of each sensor, by any name.
    """

    def __init__(self, node: Node, *, tallies: Callable[[], dict[str, Tally]]) -> None:
        self._node = node
        self._told = {sensor.name for sensor in node.sensors if node.may_report(sensor)}
        self._tallies = tallies
        self._began_s: float | None = None
        self._days = 0
        self._before: dict[str, Tally] = {}
        self._hottest_c: float | None = None
        self._lost, self._failed, self._heat = Share.UNKNOWN, Share.UNKNOWN, Heat.UNKNOWN

    def look(
        self,
        now_s: float,
        *,
        statuses: Iterable[SourceStatus],
        broker_losses: int,
        temperature_c: float | None,
    ) -> Health:
        """Take everything in, and give what may be told now; the first look begins the first day."""
        self._began_s = now_s if self._began_s is None else self._began_s
        running_s = now_s - self._began_s
        if temperature_c is not None:
            self._hottest_c = max(temperature_c, self._hottest_c or temperature_c)
        days = int(running_s // DAY_S)
        if days > self._days:
            self._days = days
            self._close_day()
        is_public = self._node.profile is Profile.PUBLIC
        return Health(
            running_h=int(running_s // HOUR_S),
            broker_losses=broker_losses,
            restarts=tuple((each.name, each.restarts) for each in statuses if each.name in self._told),
            lost=Share.UNKNOWN if is_public else self._lost,
            failed=Share.UNKNOWN if is_public else self._failed,
            heat=Heat.UNKNOWN if is_public else self._heat,
        )

    def _close_day(self) -> None:
        now = self._tallies()
        nothing = Tally(0, 0, 0)
        for name, tally in now.items():
            today = tally.since(self._before.get(name, nothing))
            came = max(1, today.samples)
            self._lost = _worse(_SHARES, self._lost, _share(today.dropped / came))
            self._failed = _worse(_SHARES, self._failed, _share(today.failed / came))
        if self._hottest_c is not None:
            heat = Heat.HOT if self._hottest_c >= HOT_C else Heat.COOL
            heat = Heat.WARM if WARM_C <= self._hottest_c < HOT_C else heat
            self._heat = _worse(_HEATS, self._heat, heat)
        self._before, self._hottest_c = now, None


def _share(part: float) -> Share:
    if part > MUCH:
        return Share.MUCH
    return Share.SOME if part > SOME else Share.NONE


def _worse(order: list[Band], one: Band, other: Band) -> Band:
    return max(one, other, key=order.index)
