"""Who may be one viewer: tokens of faces that follow each other, put together into seats.

A face that is lost and found again gets a new token, as nobody is recognised. For statistics over a
whole recording that would make many viewers of one, so tokens whose spans do not overlap share a
seat. A seat is a place in memory, no person, and is never written down.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.emotion import valence_arousal
from edge.fusion.moments import SAMPLE_S, stack, viewers
from edge.signals import Modality

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edge.fusion.moments import Viewers
    from edge.signals import Affect, RoomState

SEEN_LATELY_S: Final = 1.0
"""A face that was read this long ago is still in view."""


@dataclass(slots=True)
class _Visit:
    start_s: float
    end_s: float


class Seats:
    """Collects what each face showed, in memory, for statistics over all of it."""

    def __init__(self) -> None:
        self._visits: dict[int, _Visit] = {}
        self._at_s: list[float] = []
        self._seen: list[Viewers] = []
        self._valences: list[dict[int, float]] = []

    def note(self, room: RoomState) -> None:
        """Take a state of the room in which something is known."""
        for face in _faces(room):
            visit = self._visits.setdefault(face.who, _Visit(face.start_s, face.end_s))
            visit.end_s = max(visit.end_s, face.end_s)
        if not room.probabilities.any() or (self._at_s and room.at_s - self._at_s[-1] < SAMPLE_S - 1e-9):
            return
        self._at_s.append(room.at_s)
        self._seen.append(viewers(room))
        self._valences.append({face.who: _valence(face) for face in faces_in_view(room)})

    @property
    def visits_s(self) -> list[float]:
        """How long each face was in view."""
        return [visit.end_s - visit.start_s for visit in self._visits.values()]

    @property
    def at_s(self) -> NDArray[np.float64]:
        """When the room was looked at, shape (ticks,)."""
        return np.array(self._at_s)

    def reactions(self) -> NDArray[np.float64]:
        """What each seat showed, as `edge.fusion.moments.stack`: shape (seats, ticks, kinds)."""
        seat_of = self._seated()
        seated: list[Viewers] = []
        for at_s, seen in zip(self._at_s, self._seen, strict=True):
            here = {who: shares for who, shares in seen.items() if who is None or self._was_there(who, at_s)}
            # What is only remembered speaks where nobody is in view.
            seated.append(
                {0 if who is None else seat_of[who]: shares for who, shares in (here or seen).items()}
            )
        return stack(seated)

    def valences(self) -> NDArray[np.float64]:
        """Valence of each seat, shape (seats, ticks), NaN while nobody sat there."""
        seat_of = self._seated()
        series = np.full((max(seat_of.values(), default=-1) + 1, len(self._at_s)), np.nan)
        for tick, seen in enumerate(self._valences):
            for who, valence in seen.items():
                series[seat_of[who], tick] = valence
        return series

    def _was_there(self, who: int, at_s: float) -> bool:
        visit = self._visits[who]
        return at_s <= visit.end_s + SEEN_LATELY_S

    def _seated(self) -> dict[int, int]:
        """A seat for each token: the first that is free when it appears."""
        free_from_s: list[float] = []
        seat_of = {}
        for who, visit in sorted(self._visits.items(), key=lambda item: item[1].start_s):
            seat = next((s for s, at_s in enumerate(free_from_s) if at_s <= visit.start_s), len(free_from_s))
            free_from_s[seat : seat + 1] = [visit.end_s]
            seat_of[who] = seat
        return seat_of


def faces_in_view(room: RoomState) -> list[Affect]:
    """The faces that were read just now, not those that are only remembered."""
    return [face for face in _faces(room) if room.at_s - face.end_s <= SEEN_LATELY_S]


def _faces(room: RoomState) -> Sequence[Affect]:
    return [reading for reading in room.evidence if reading.modality is Modality.FACE]


def _valence(face: Affect) -> float:
    return face.valence if face.valence is not None else valence_arousal(face.probabilities)[0]
