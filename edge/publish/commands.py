"""Commands from the broker: whatever is not exactly a command is ignored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from edge.publish.node import Node
    from edge.publish.topics import Topics

_MUTED: Final = {b"ON": True, b"OFF": False}


@dataclass(frozen=True, slots=True)
class Command:
    """Mute or unmute one sensor, or all of them when `sensor` is None.

    A request, not a fact: whoever executes it never lifts a mute that was set at the device itself.
    """

    sensor: str | None
    muted: bool


def command_topics(node: Node, topics: Topics) -> dict[str, str | None]:
    """Map each command topic of a node to the sensor it is for, None for all."""
    own: dict[str, str | None] = {topics.mute_set: None}
    own.update({topics.sensor_mute_set(sensor.name): sensor.name for sensor in node.muted_one_by_one})
    return own


def parse_command(
    topics: dict[str, str | None], topic: str, payload: bytes, *, retained: bool
) -> Command | None:
    """Return the command in a message, or None.

    A retained command is ignored: it would be repeated at every reconnection, long after anybody
    wanted it.
    """
    muted = _MUTED.get(payload)
    if retained or muted is None or topic not in topics:
        return None
    return Command(sensor=topics[topic], muted=muted)
