"""What each profile promises: its limits, its defaults, and the words it may use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from edge.release import Profile


@dataclass(frozen=True, slots=True)
class Promise:
    """Limits and defaults of one profile."""

    least_window_s: float
    window_s: float
    dwell_s: float
    may_say: str
    may_not_say: str


PROMISES: Final[dict[Profile, Promise]] = {
    Profile.PERSONAL: Promise(
        least_window_s=1.0,
        window_s=5.0,
        dwell_s=5.0,
        may_say="local, coarse, consented",
        may_not_say="anonymous or aggregate: it speaks of one known person",
    ),
    Profile.HOUSEHOLD: Promise(
        least_window_s=10.0,
        window_s=10.0,
        dwell_s=10.0,
        may_say="local and coarse",
        may_not_say="anonymous: who lives here is known, and a household is no crowd",
    ),
    Profile.PUBLIC: Promise(
        least_window_s=60.0,
        window_s=300.0,
        dwell_s=0.0,
        may_say="aggregate and anonymized",
        may_not_say="",
    ),
}

LONGEST_WINDOW_S: Final = 86_400.0
LEAST_K: Final = 5
LEAST_EPSILON: Final = 0.01
LARGEST_EPSILON: Final = 1.0
LARGEST_SESSION_EPSILON: Final = 3.0
