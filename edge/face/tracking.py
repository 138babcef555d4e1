"""Following faces from frame to frame without knowing whose they are."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.face.detector import overlap
from edge.face.liveness import Liveness
from edge.face.smoothing import OneEuroFilter

if TYPE_CHECKING:
    from edge.face.detector import Face

_LEAST_OVERLAP: Final = 0.15
_FORGET_AFTER_S: Final = 1.5
_NEW_FACE_SCORE: Final = 0.65
"""A new face must be this sure; one already followed may grow less sure, as behind a hand."""


@dataclass(slots=True, eq=False)
class Track:
    """One face followed through time. `who` is random and dies with the track."""

    face: Face
    seen_s: float
    who: int = field(default_factory=lambda: secrets.randbits(63))
    read_s: float | None = None
    steady: OneEuroFilter = field(default_factory=OneEuroFilter)
    liveness: Liveness = field(default_factory=Liveness)


class FaceTracker:
    """Gives faces that overlap from one look to the next the same token, and unseen ones up."""

    def __init__(self) -> None:
        self._tracks: list[Track] = []

    def update(self, faces: list[Face], at_s: float) -> list[Track]:
        """Match the faces of one frame; returns the tracks seen in it, in their order."""
        free = [track for track in self._tracks if at_s - track.seen_s <= _FORGET_AFTER_S]
        seen = []
        for face in faces:
            track = _closest(face, free)
            if track is not None:
                free.remove(track)
                track.face, track.seen_s = face, at_s
                seen.append(track)
            elif face.score >= _NEW_FACE_SCORE:
                seen.append(Track(face=face, seen_s=at_s))
        self._tracks = seen + free
        return seen

    def forget(self) -> None:
        """Drop every track."""
        self._tracks = []


def _closest(face: Face, tracks: list[Track]) -> Track | None:
    if not tracks:
        return None
    overlaps = overlap(face.box, np.stack([track.face.box for track in tracks]))
    best = int(overlaps.argmax())
    return tracks[best] if overlaps[best] >= _LEAST_OVERLAP else None
