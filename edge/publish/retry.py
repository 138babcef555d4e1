"""When to try the broker again, and in which dialect: pure decisions, no clock and no socket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from edge.publish.options import Protocol

if TYPE_CHECKING:
    import random

_DOUBTS: Final = 3
"""So many silences in a row bring a dialect that once worked into question."""


class Backoff:
    """Waits that double up to a limit, with jitter so that many devices do not come back at once."""

    def __init__(self, *, first_s: float = 0.5, rng: random.Random) -> None:
        self._first_s = first_s
        self._rng = rng
        self._next_s = first_s

    def next_s(self, *, most_s: float) -> float:
        """How long to wait now; between half of the present limit and all of it."""
        limit_s = min(most_s, self._next_s)
        self._next_s = 2 * limit_s
        return limit_s * self._rng.uniform(0.5, 1.0)

    def reset(self) -> None:
        """Begin with the short wait again: the broker answered."""
        self._next_s = self._first_s


class Dialect:
    """Which MQTT to speak next: what the config says, else what the broker was found to know."""

    def __init__(self, wanted: Protocol) -> None:
        self._fixed = wanted is not Protocol.AUTO
        self._proven = self._fixed
        self._silences = 0
        self.current = wanted if self._fixed else Protocol.V5

    def answered(self) -> None:
        """Note that the broker accepted the connection in the current dialect."""
        self._proven = True
        self._silences = 0

    def misunderstood(self) -> bool:
        """Note that the broker does not know the current dialect, or did not answer.

        True when another dialect is to be tried at once.

        A broker that is only starting does not answer either: it must be silent several times
        before a dialect that once worked is given up.
        """
        if self._fixed:
            return False
        self._silences += 1
        if self._proven and self._silences < _DOUBTS:
            return False
        self._proven = False
        self.current = Protocol.V311 if self.current is Protocol.V5 else Protocol.V5
        return self.current is Protocol.V311
