"""How long to wait before a lost device is tried again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits that double from `first_s` to `longest_s`, each shortened at random by up to `jitter`."""

    first_s: float = 0.5
    longest_s: float = 6.0
    jitter: float = 0.5

    def delays_s(self, random_numbers: random.Random) -> Iterator[float]:
        """Yield one wait after another, for ever."""
        delay_s = self.first_s
        while True:
            yield delay_s * (1 - self.jitter * random_numbers.random())
            delay_s = min(2 * delay_s, self.longest_s)
