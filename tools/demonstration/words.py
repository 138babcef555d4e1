"""How readings, decisions and states are put into words and colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from edge.emotion import EMOTIONS
from edge.gate.decision import Reason
from edge.publish.lights.palette import colour
from edge.publish.options import Palette
from edge.release import State

if TYPE_CHECKING:
    from edge.signals import Affect, RoomState

REASONS: Final = {
    Reason.ALLOWED: "published",
    Reason.TOO_FEW: "withheld, too few people",
    Reason.NO_EVIDENCE: "withheld, little evidence",
    Reason.NOT_ALONE: "withheld, wearer not alone",
    Reason.BELOW_K: "withheld, fewer than k",
    Reason.BUDGET_SPENT: "withheld, budget is spent",
    Reason.CLOCK_WENT_BACK: "withheld, clock went back",
    Reason.LEDGER_UNUSABLE: "withheld, ledger unusable",
}


def colour_of(state: str) -> str:
    """The colour that the lamp's palette gives a state, `#rrggbb`; grey for what has none."""
    if state == State.INSUFFICIENT:
        return "#808080"
    return "#{:02x}{:02x}{:02x}".format(*colour(Palette.CIRCUMPLEX, State(state)))


def ranking(of: Affect | RoomState) -> list[tuple[str, float]]:
    """Classes and their probabilities, the likeliest first; empty when there is no opinion."""
    if not of.probabilities.any():
        return []
    order = of.probabilities.argsort(kind="stable")[::-1]
    return [(EMOTIONS[index].value, float(of.probabilities[index])) for index in order]


def gist(of: Affect | RoomState) -> str:
    """Say what a reading or the room says, in a few words."""
    parts = [f"{name} {share:.0%}" for name, share in ranking(of)[:1]]
    if of.stress is not None:
        parts.append(f"stress {of.stress:.0%}")
    if not parts and of.arousal is not None:
        parts.append(f"arousal {of.arousal:+.2f}")
    return ", ".join(parts) or "nothing to say"
