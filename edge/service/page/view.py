"""What the page shows: only what passed the gate, why the rest did not, and how the sensors are.

The page is a publication like any other. It knows releases and decisions; readings and fused states
never reach it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from edge.capture.supervisor import SourceState
from edge.errors import EdgeError
from edge.street import Observer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from edge.capture.supervisor import SourceStatus
    from edge.gate.consent import Consent
    from edge.gate.decision import Decision
    from edge.gate.options import Notice
    from edge.publish.mqtt import ConnectionStatus
    from edge.publish.node import Node, Sensor
    from edge.release import Release

_WINDOWS_SHOWN: Final = 40


@dataclass(frozen=True, slots=True)
class Budget:
    """Privacy budget of a day: what its windows have cost so far, and what they may cost in all."""

    spent: float
    daily: float


@dataclass(frozen=True, slots=True)
class _Window:
    decision: Decision
    release: Release | None = None


class PageView(Observer):
    """Keeps what the page shows.

    Parameters
    ----------
    node
        The device.
    promise
        What the profile guarantees, in the gate's words.
    broker
        Asked for the state of the connection; None when nothing is sent.
    budget
        Asked for the budget of the day, which depends on the calendar alone; None where there is none.
    consents
        Asked for the consents that hold. Their handles, with which they are withdrawn, are not shown.
    notice
        The operator's word that people are told, if any.
    """

    def __init__(
        self,
        node: Node,
        *,
        promise: str,
        broker: Callable[[], ConnectionStatus] | None,
        budget: Callable[[], Budget] | None = None,
        consents: Callable[[], list[Consent]] = list,
        notice: Notice | None = None,
    ) -> None:
        self._node = node
        self._promise = promise
        self._broker = broker
        self._budget = budget
        self._consents = consents
        self._notice = notice
        self._windows: deque[_Window] = deque(maxlen=_WINDOWS_SHOWN)
        self._sources: dict[str, SourceStatus] = {}
        self._lamps: dict[str, str] = {}

    def on_source_status(self, status: SourceStatus) -> None:
        """Remember how a sensor is."""
        self._sources[status.name] = status

    def on_decision(self, decision: Decision) -> None:
        """Remember what was decided of a window."""
        self._windows.appendleft(_Window(decision))

    def on_release(self, release: Release) -> None:
        """Remember what left."""
        for index, window in enumerate(self._windows):
            if (window.decision.zone, window.decision.window) == (release.zone, release.window):
                self._windows[index] = _Window(window.decision, release)

    def on_lamps(self, colours: Mapping[str, str]) -> None:
        """Remember what the lamps were asked to show."""
        self._lamps = dict(colours)

    def has_sensor(self, name: object) -> bool:
        """Whether there is a sensor of that name."""
        return any(sensor.name == name for sensor in self._node.sensors)

    def snapshot(self) -> dict[str, object]:
        """Everything the page shows, as JSON values."""
        node = self._node
        return {
            "node": node.name,
            "version": node.version,
            "profile": node.profile.value,
            "window_s": node.window_s,
            "zones": list(node.zones),
            "promise": self._promise,
            "broker": self._broker_snapshot(),
            "budget": self._budget_snapshot(),
            "consents": self._consents_snapshot(),
            "notice": self._notice.model_dump(mode="json") if self._notice else None,
            "windows": [self._window_snapshot(window) for window in self._windows],
            "sensors": [self._sensor_snapshot(sensor) for sensor in node.sensors],
            "lamps": self._lamps,
        }

    def _broker_snapshot(self) -> dict[str, object] | None:
        status = self._broker() if self._broker is not None else None
        if status is None or not status.broker:
            return None
        return {
            "address": status.broker,
            "connected": status.connected,
            "protocol": status.protocol.value if status.protocol else None,
            "problem": status.problem.detail if status.problem else None,
            "published": status.published,
        }

    def _budget_snapshot(self) -> dict[str, float | None] | None:
        if self._budget is None:
            return None
        try:
            budget = self._budget()
        except EdgeError:  # the log says why, and nothing is published meanwhile
            return {"spent": None, "daily": None}
        return {"spent": round(budget.spent, 3), "daily": budget.daily}

    def _consents_snapshot(self) -> list[dict[str, object]] | None:
        try:
            consents = self._consents()
        except EdgeError:  # nothing is captured meanwhile
            return None
        return [
            {"sensor": each.sensor, "purpose": each.purpose.value, "until_s": each.until_s}
            for each in consents
        ]

    def _window_snapshot(self, window: _Window) -> dict[str, object]:
        decision, release = window.decision, window.release
        return {
            "zone": decision.zone,
            "window": decision.window,
            "ended_s": (decision.window + 1) * self._node.window_s,
            "withheld": None if decision.published else decision.reason.value,
            "sent": release.payload() if release else None,
        }

    def _sensor_snapshot(self, sensor: Sensor) -> dict[str, object]:
        status = self._sources.get(sensor.name)
        state = status.state if status else SourceState.ABSENT
        muted = state is SourceState.MUTED
        told = self._node.may_report(sensor)
        return {
            "name": sensor.name,
            "kind": sensor.kind.value,
            # What the profile keeps from others, it keeps from whoever opens this page.
            "state": state.value if told else ("muted" if muted else "not told"),
            "detail": status.detail if status and told else "",
            "muted": muted,
        }
