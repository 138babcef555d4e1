"""Rooms full of made-up people for the tests of the gate."""

from __future__ import annotations

import numpy as np

from edge.emotion import EMOTIONS, Emotion
from edge.signals import Affect, Modality, RoomState


def affect(
    who: int,
    emotion: Emotion = Emotion.HAPPINESS,
    *,
    modality: Modality = Modality.FACE,
    at_s: float = 0.0,
    length_s: float = 0.0,
    quality: float = 0.8,
    stress: float | None = None,
    facing: float | None = None,
) -> Affect:
    probabilities = np.full(len(EMOTIONS), 0.3 / (len(EMOTIONS) - 1))
    probabilities[EMOTIONS.index(emotion)] = 0.7
    return Affect(
        modality=modality,
        who=who,
        start_s=at_s - length_s,
        end_s=at_s,
        probabilities=probabilities,
        mask=np.ones(len(EMOTIONS), dtype=bool),
        valence=0.4,
        arousal=-0.3,
        quality=quality,
        stress=stress,
        facing=facing,
    )


def room(*evidence: Affect, at_s: float = 0.0, stress: float | None = None) -> RoomState:
    probabilities = np.zeros(len(EMOTIONS))
    for reading in evidence:
        probabilities += reading.probabilities / len(evidence)
    return RoomState(
        at_s=at_s,
        probabilities=probabilities,
        valence=0.4 if evidence else None,
        arousal=-0.3 if evidence else None,
        quality=0.8 if evidence else 0.0,
        stress=stress,
        evidence=tuple(evidence),
        weights={},
    )


def crowd(votes: list[int], *, at_s: float = 0.0, first_token: int = 0) -> RoomState:
    """A room with `votes[i]` faces that show emotion i."""
    emotions = [emotion for emotion, count in zip(EMOTIONS, votes, strict=True) for _ in range(count)]
    faces = [affect(first_token + number, emotion, at_s=at_s) for number, emotion in enumerate(emotions)]
    return room(*faces, at_s=at_s)
