"""Scripted audiences before a screen: faces that idle, and at known seconds react together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from edge.emotion import Emotion, MomentKind
from edge.signals import Affect, Modality
from sessions.bank import Bank, moved

LENGTH_S: Final = 180.0
READING_PERIOD_S: Final = 0.2

IDLE: Final[dict[Emotion, float]] = {
    Emotion.NEUTRAL: 0.70,
    Emotion.HAPPINESS: 0.14,
    Emotion.SADNESS: 0.08,
    Emotion.SURPRISE: 0.08,
}
"""What people show while nothing happens."""

LIVELY: Final[dict[Emotion, float]] = {
    Emotion.NEUTRAL: 0.40,
    Emotion.HAPPINESS: 0.25,
    Emotion.SADNESS: 0.10,
    Emotion.SURPRISE: 0.25,
}
"""What they show before they are bored, each from some second of the last 6 to 20 on."""

REACTIONS: Final[dict[MomentKind, tuple[Emotion, ...]]] = {
    MomentKind.JOY: (Emotion.HAPPINESS,),
    MomentKind.SURPRISE: (Emotion.SURPRISE,),
    MomentKind.SADNESS: (Emotion.SADNESS,),
    MomentKind.TENSION: (Emotion.ANGER, Emotion.FEAR),
    MomentKind.BOREDOM: (Emotion.NEUTRAL,),
}


@dataclass(frozen=True, slots=True)
class Scripted:
    """A moment as the script has it."""

    at_s: float
    kind: MomentKind


@dataclass(frozen=True, slots=True)
class Audience:
    """Readings in order of arrival, and the moments behind them."""

    readings: tuple[Affect, ...]
    moments: tuple[Scripted, ...]


def make_audience(
    bank: Bank, rng: np.random.Generator, *, viewers: int, kinds: tuple[MomentKind, ...] = tuple(MomentKind)
) -> Audience:
    """An audience of `viewers` for `LENGTH_S`; no moments when `kinds` is empty.

    Of a moment each viewer takes part with probability 0.8, up to 0.8 s late, for 5 to 9 s. An
    expression is held for 0.5 to 2 s, then another picture of that class takes its place.
    """
    scripted: list[Scripted] = []
    at_s = rng.uniform(15.0, 25.0)
    while kinds and at_s < LENGTH_S - 15.0:
        scripted.append(Scripted(float(at_s), kinds[rng.integers(len(kinds))]))
        at_s += rng.uniform(15.0, 30.0)
    readings = [
        reading for who in range(viewers) for reading in _viewer(bank, rng, who=who, scripted=scripted)
    ]
    return Audience(tuple(sorted(readings, key=lambda reading: reading.end_s)), tuple(scripted))


def _viewer(bank: Bank, rng: np.random.Generator, *, who: int, scripted: list[Scripted]) -> list[Affect]:
    reactions: list[tuple[float, float, MomentKind]] = []
    stretches: list[tuple[float, float]] = []
    for moment in scripted:
        if rng.random() < 0.8:
            start_s = moment.at_s + rng.uniform(0.0, 0.8)
            if moment.kind is MomentKind.BOREDOM:
                stretches.append((moment.at_s - rng.uniform(6.0, 20.0), start_s))
            reactions.append((start_s, start_s + rng.uniform(5.0, 9.0), moment.kind))
    readings: list[Affect] = []
    shown, shown_until_s, shown_for = None, 0.0, None
    for at_s in np.arange(rng.uniform(0.0, READING_PERIOD_S), LENGTH_S, READING_PERIOD_S):
        kind = next((kind for start_s, end_s, kind in reactions if start_s <= at_s < end_s), None)
        if shown is None or at_s >= shown_until_s or kind is not shown_for:
            choice = REACTIONS.get(kind) if kind is not None else None
            lively = any(start_s <= at_s < end_s for start_s, end_s in stretches)
            emotion = choice[rng.integers(len(choice))] if choice else _any(rng, LIVELY if lively else IDLE)
            shown = bank.draw(rng, Modality.FACE, emotion.value)
            shown_until_s, shown_for = at_s + rng.uniform(0.5, 2.0), kind
        facing = 0.0 if kind is MomentKind.ATTENTION_LOST else 1.0
        readings.append(replace(moved(shown, end_s=float(at_s), who=who), facing=facing))
    return readings


def _any(rng: np.random.Generator, shares: dict[Emotion, float]) -> Emotion:
    return tuple(shares)[rng.choice(len(shares), p=list(shares.values()))]
