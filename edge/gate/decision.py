"""What the gate decided of a window, and why; fit for logs, as it carries no affect."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge.release import Profile, Release


class Reason(StrEnum):
    """Why a window was published or withheld.

    In `household` an empty room and a person alone share one reason, in `public` every reason rests on
    noisy numbers or on the calendar alone: a log must not tell who was there either.
    """

    ALLOWED = "allowed"
    TOO_FEW = "too_few"
    NO_EVIDENCE = "no_evidence"
    NOT_ALONE = "not_alone"
    BELOW_K = "below_k"
    BUDGET_SPENT = "budget_spent"
    CLOCK_WENT_BACK = "clock_went_back"
    LEDGER_UNUSABLE = "ledger_unusable"


@dataclass(frozen=True, slots=True)
class Decision:
    """The gate's decision on one window of one zone."""

    zone: str
    window: int
    profile: Profile
    reason: Reason

    @property
    def published(self) -> bool:
        """Whether the release says more than `insufficient`."""
        return self.reason is Reason.ALLOWED

    def __str__(self) -> str:
        verb = "published" if self.published else "withheld"
        return f"zone {self.zone} window {self.window} {verb}: {self.reason} ({self.profile})"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One closed window: what may leave, and the decision behind it."""

    release: Release
    decision: Decision
