"""Finding out which way up a camera's picture is."""

from __future__ import annotations

from typing import Final

_TURNS: Final = 4
_ALONE_S: Final = 2.0
"""Without a sure face for so long, other ways up are tried, with every second look."""

_SURE: Final = 0.75
"""Score that no upside-down face reaches, though it may pass for one: 0.74 at most on film."""

_LOOKS: Final = 3
"""Trials in a row that must show so sure a face before the picture is turned."""


class Upright:
    """Quarter turns, anticlockwise, that bring a picture upright: found by trying.

    A camera that is mounted on its side, a film without its rotation, somebody who lies on a sofa: the
    detector sees no face in them, or an unsure one, or one that lies on its side. Where no face is sure,
    trying costs a second detection with every second look.
    """

    def __init__(self) -> None:
        self.turns = 0
        self._sure_s: float | None = None
        self._offset = 1
        self._hits = 0
        self._is_resting = True

    def trial(self, score: float, at_s: float) -> int | None:
        """Quarter turns to try at this look; None for none.

        `score` is that of the surest upright face of the picture as it is held now, 0 without any.
        """
        if score >= _SURE or self._sure_s is None:
            self._sure_s, self._hits = at_s, 0
        if at_s - self._sure_s < _ALONE_S:
            return None
        self._is_resting = not self._is_resting
        return None if self._is_resting else (self.turns + self._offset) % _TURNS

    def tried(self, score: float) -> bool:
        """Note the score of the surest upright face of the trial; true when this turns the picture."""
        if score < _SURE:
            self._hits = 0
            self._offset = self._offset % (_TURNS - 1) + 1
            return False
        self._hits += 1
        if self._hits < _LOOKS:
            return False
        self.turns = (self.turns + self._offset) % _TURNS
        self._hits, self._sure_s = 0, None
        return True
