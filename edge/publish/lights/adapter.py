"""What every kind of lamp looks like to `Lamp`: pure payloads, no connection."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from edge.publish.lights.palette import Glow
    from edge.publish.message import Message


class LampAdapter(Protocol):
    """Speaks one lamp's dialect.

    An adapter remembers the scene that it found, from what the lamp says before the first `show`,
    so that `restore` can bring it back.
    """

    @property
    def name(self) -> str:
        """Tells this lamp from the others, for people."""
        ...

    @property
    def topics(self) -> tuple[str, ...]:
        """Where the lamp says how it is."""
        ...

    def ask(self) -> tuple[Message, ...]:
        """Ask the lamp how it is; empty when it says so by itself."""
        ...

    def heard(self, topic: str, payload: bytes) -> None:
        """Learn the scene from what the lamp says; nonsense is ignored."""
        ...

    def show(self, glow: Glow, transition_s: float) -> tuple[Message, ...]:
        """Fade to a colour."""
        ...

    def restore(self, transition_s: float) -> tuple[Message, ...]:
        """Fade back to the scene that was found; empty when it never became known."""
        ...


def parse_object(payload: bytes) -> dict[str, object]:
    """Decode the JSON object in a payload; an empty one when it is anything else."""
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def whole_number(value: object, *, high: int) -> int | None:
    """`value` if it is a whole number in [0, high]."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= high:
        return None
    return value
