"""Following faces from frame to frame without knowing whose they are."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.face.detector import overlap
from edge.face.liveness import Liveness, Play
from edge.face.smoothing import OneEuroFilter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.face.detector import Face
    from edge.face.geometry import Geometry
    from edge.face.units import Neutral

_LEAST_OVERLAP: Final = 0.15
_FORGET_AFTER_S: Final = 1.5
_NEW_FACE_SCORE: Final = 0.65
"""A new face must be this sure; one already followed may grow less sure, as behind a hand."""

_NEWEST_SHARE: Final = 0.5
"""Weight of the newest way in the velocity of a face."""

_FARTHEST_S: Final = 0.4
"""A face is not expected to go on longer than this as it went before."""


@dataclass(slots=True, eq=False)
class Track:
    """One face followed through time. `who` is random and dies with the track."""

    face: Face
    seen_s: float
    """When `face` was last seen, by the detector or by the mesh."""
    who: int = field(default_factory=lambda: secrets.randbits(63))
    velocity: NDArray[np.float64] = field(default_factory=lambda: np.zeros(2))
    """Of the middle of the face, pixels a second."""
    read_s: float | None = None
    steady: OneEuroFilter = field(default_factory=OneEuroFilter)
    liveness: Liveness = field(default_factory=Liveness)
    play: Play = field(default_factory=Play)
    geometry: Geometry | None = None
    meshed_s: float = -np.inf
    neutral: Neutral | None = None

    def see(self, face: Face, at_s: float) -> None:
        """Take the face as it is now."""
        passed_s = at_s - self.seen_s
        if passed_s > 0:
            way = _middle(face) - _middle(self.face)
            self.velocity = self.velocity + _NEWEST_SHARE * (way / passed_s - self.velocity)
        self.face, self.seen_s = face, at_s

    def expected(self, at_s: float) -> Face:
        """Where the face should be, if it goes on as it went."""
        way = self.velocity * min(at_s - self.seen_s, _FARTHEST_S)
        return replace(self.face, box=self.face.box + np.tile(way, 2), keypoints=self.face.keypoints + way)


class FaceTracker:
    """Gives faces that lie where one was expected that one's token, and unseen ones up."""

    def __init__(self) -> None:
        self._tracks: list[Track] = []

    def update(self, faces: list[Face], at_s: float) -> list[Track]:
        """Match the faces of one frame; returns the tracks seen in it, in their order."""
        known = self.followed(at_s)
        match = _matches(faces, [track.expected(at_s) for track in known])
        seen = []
        for index, face in enumerate(faces):
            if index in match:
                track = known[match[index]]
                track.see(face, at_s)
                seen.append(track)
            elif face.score >= _NEW_FACE_SCORE:
                seen.append(Track(face=face, seen_s=at_s))
        self._tracks = seen + [track for track in known if track not in seen]
        return seen

    def followed(self, at_s: float) -> list[Track]:
        """Tracks that are not given up yet, in the order of the last update."""
        return [track for track in self._tracks if at_s - track.seen_s <= _FORGET_AFTER_S]

    def forget(self) -> None:
        """Drop every track."""
        self._tracks = []


def _middle(face: Face) -> NDArray[np.float64]:
    return np.asarray((face.box[:2] + face.box[2:]) / 2)


def _matches(faces: list[Face], expected: list[Face]) -> dict[int, int]:
    """Pairs of a face and an expected one, those that overlap most first, each used once."""
    if not faces or not expected:
        return {}
    boxes = np.stack([face.box for face in expected])
    overlaps = np.stack([overlap(face.box, boxes) for face in faces])
    pairs: dict[int, int] = {}
    while overlaps.max() >= _LEAST_OVERLAP:
        row, column = np.unravel_index(int(overlaps.argmax()), overlaps.shape)
        pairs[int(row)] = int(column)
        overlaps[row], overlaps[:, column] = -1.0, -1.0
    return pairs
