"""Scripted sessions of one person: who feels what is known at every second.

A session walks through classes; while one lasts, its face readings, utterances and body windows are
drawn from items of that class (or, for the body, of its arousal band). The three come from
different people, so that whatever their true dependence is, it is not in here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.emotion import CIRCUMPLEX, EMOTIONS, Emotion
from edge.signals import Affect, Modality
from sessions.bank import Bank, moved

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from edge.fusion.room import Fusion

SEGMENT_S: Final = 45.0
SEGMENTS: Final = 8
FACE_PERIOD_S: Final = 0.5
BODY_PERIOD_S: Final = 5.0
BODY_LAG_S: Final = 30.0
"""A body window of a minute speaks for its middle."""

BODY_HOLD_S: Final = 30.0
"""Windows of a minute that overlap by more than half say nothing new."""

DELAY_S: Final = 2.0

TICK_S: Final = 0.5
SETTLING_S: Final = 5.0
"""After a change, readings of what was before are still on their way."""

STRESS: Final = "stress"
REST: Final = "rest"
AROUSED: Final = 0.3
"""Classes at least this aroused on the circumplex are paired with stress windows."""


class Disturbance(StrEnum):
    """What can happen to one modality of a session."""

    NONE = "none"
    NOISY = "noisy"
    """Readings of a degraded signal."""
    STALE = "stale"
    """In every second segment the reader repeats what it said last, under fresh times."""
    WRONG = "confidently_wrong"
    """Of another class than the true one in each segment, with sharpened probabilities."""
    DELAYED = "delayed"
    """Readings arrive `DELAY_S` late."""
    LOST = "lost_in_mid_stream"
    """Nothing comes from `lost_at_s` on."""


@dataclass(frozen=True, slots=True)
class Session:
    """Readings with the second each arrives, in that order, and the truth of each segment."""

    arrivals: tuple[tuple[float, Affect], ...]
    truth: tuple[Emotion, ...]

    @property
    def length_s(self) -> float:
        """Seconds until the end of the last segment."""
        return SEGMENT_S * len(self.truth)

    @property
    def lost_at_s(self) -> float:
        """When a modality that is lost in mid-stream was lost: half-way, in the middle of a segment."""
        return SEGMENT_S * (len(self.truth) // 2 + 0.5)

    def truth_at(self, at_s: float) -> Emotion:
        """The class in force."""
        return self.truth[min(int(at_s / SEGMENT_S), len(self.truth) - 1)]

    def only(self, modalities: Collection[Modality]) -> Session:
        """The same session with fewer sensors."""
        return replace(self, arrivals=tuple(a for a in self.arrivals if a[1].modality in modalities))


def make_session(
    bank: Bank,
    rng: np.random.Generator,
    *,
    classes: tuple[Emotion, ...],
    disturbed: Modality | None = None,
    disturbance: Disturbance = Disturbance.NONE,
) -> Session:
    """One session; the same state of `rng` gives the same script whatever the disturbance."""
    script_rng, *reader_rngs = (np.random.default_rng(rng.integers(2**32)) for _ in range(1 + len(Modality)))
    truth: list[Emotion] = []
    while len(truth) < SEGMENTS:
        candidate = classes[script_rng.integers(len(classes))]
        if not truth or candidate is not truth[-1]:
            truth.append(candidate)
    misled = [
        others[script_rng.integers(len(others))]
        for t in truth
        if (others := [c for c in classes if c is not t])
    ]
    arrivals: list[tuple[float, Affect]] = []
    for modality, reader_rng in zip(Modality, reader_rngs, strict=True):
        if not bank.labels(modality):
            continue
        what = disturbance if modality is disturbed else Disturbance.NONE
        script = misled if what is Disturbance.WRONG else truth
        arrivals += _read(bank, modality, reader_rng, script=script, what=what)
    return Session(tuple(sorted(arrivals, key=lambda arrival: arrival[0])), tuple(truth))


def _read(
    bank: Bank, modality: Modality, rng: np.random.Generator, *, script: list[Emotion], what: Disturbance
) -> list[tuple[float, Affect]]:
    who = int(rng.integers(2**31))
    length_s = SEGMENT_S * (len(script) // 2 + 0.5 if what is Disturbance.LOST else len(script))
    arrivals: list[tuple[float, Affect]] = []
    at_s, held, held_until_s, held_label = 0.0, None, 0.0, ""
    while (at_s := at_s + _pause_s(modality, rng)) < length_s:
        spoken_for_s = max(0.0, at_s - (BODY_LAG_S if modality is Modality.PHYSIOLOGY else 0.0))
        segment = int(spoken_for_s / SEGMENT_S)
        label = _label(script[segment], modality)
        is_stuck = what is Disturbance.STALE and segment % 2 == 1
        if held is None or (not is_stuck and (label != held_label or at_s >= held_until_s)):
            held = bank.draw(rng, modality, label, clean=what is not Disturbance.NOISY)
            if what is Disturbance.WRONG:
                held = _certain(held)
            held_until_s = at_s + _hold_s(modality, rng)
            held_label = label
        delay_s = DELAY_S if what is Disturbance.DELAYED else 0.0
        arrivals.append((at_s + delay_s, moved(held, end_s=at_s, who=who)))
    return arrivals


def _pause_s(modality: Modality, rng: np.random.Generator) -> float:
    if modality is Modality.SPEECH:
        return float(rng.uniform(2.0, 6.0))
    return FACE_PERIOD_S if modality is Modality.FACE else BODY_PERIOD_S


def _hold_s(modality: Modality, rng: np.random.Generator) -> float:
    """For how long a reader goes on to say the same: an utterance is read once."""
    if modality is Modality.SPEECH:
        return 0.0
    return float(rng.uniform(1.0, 5.0)) if modality is Modality.FACE else BODY_HOLD_S


def _label(emotion: Emotion, modality: Modality) -> str:
    if modality is not Modality.PHYSIOLOGY:
        return emotion.value
    return STRESS if CIRCUMPLEX[emotion][1] >= AROUSED else REST


def _certain(reading: Affect) -> Affect:
    """The same opinion, said with the conviction of the deluded; its quality is a matter of the signal."""
    if not reading.mask.any():
        return reading
    sharpened = reading.probabilities**4
    return replace(reading, probabilities=sharpened / sharpened.sum())


SHARED_CLASSES: Final = tuple(emotion for emotion in EMOTIONS if emotion is not Emotion.CONTEMPT)
"""No speech corpus has contempt, so that it cannot be paired."""


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    """What the fusion said of a session, one row a second in which the truth had lasted for `SETTLING_S`.

    `truth` (n,) indices of `EMOTIONS`; `probabilities` (n, 8); `valence`, `arousal`, `quality` (n,),
    NaN where nothing was said.
    """

    at_s: NDArray[np.float64]
    truth: NDArray[np.intp]
    probabilities: NDArray[np.float64]
    valence: NDArray[np.float64]
    arousal: NDArray[np.float64]
    quality: NDArray[np.float64]


def walk(session: Session, fusion: Fusion) -> Walk:
    """Play a session to the fusion as the street does, two ticks a second."""
    rows = []
    arrivals = iter(session.arrivals)
    coming = next(arrivals, None)
    for tick in range(1, int(session.length_s / TICK_S) + 1):
        at_s = tick * TICK_S
        while coming is not None and coming[0] <= at_s:
            fusion.add(coming[1])
            coming = next(arrivals, None)
        state = fusion.state(at_s)
        if at_s % 1.0 == 0.0 and at_s % SEGMENT_S >= SETTLING_S:
            rows.append((at_s, EMOTIONS.index(session.truth_at(at_s)), state))
    return Walk(
        at_s=np.array([at_s for at_s, _, _ in rows]),
        truth=np.array([truth for _, truth, _ in rows]),
        probabilities=np.array([state.probabilities for _, _, state in rows]),
        valence=np.array([_or_nan(state.valence) for _, _, state in rows]),
        arousal=np.array([_or_nan(state.arousal) for _, _, state in rows]),
        quality=np.array([state.quality for _, _, state in rows]),
    )


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value
