"""Engagement: attention, expressiveness, arousal and synchrony, kept apart as the field keeps them."""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.emotion import EMOTIONS, Emotion, valence_arousal
from edge.fusion.evidence import Weighted, weighted_mean
from edge.fusion.synchrony import synchrony
from edge.signals import Affect, Engagement, Modality

if TYPE_CHECKING:
    from collections.abc import Sequence

BASELINE_S: Final = 120.0
"""Time constant of what counts as usual in a room."""

TOGETHER_S: Final = 20.0
"""Span over which viewers are compared: a reaction, and a while before and after it."""

COMPARE_EVERY_S: Final = 0.5
"""How often viewers are compared: expressions last half a second at least."""

_COMPARED: Final = round(TOGETHER_S / COMPARE_EVERY_S)
_NEUTRAL: Final = EMOTIONS.index(Emotion.NEUTRAL)


class EngagementMeter:
    """Follows one room from tick to tick; memory only.

    With faces i of weight w_i::

        attention      = sum_i w_i facing_i / sum_i w_i
        expressiveness = E - mean of E over the last minutes (time constant `BASELINE_S`),
                         E = sum_i w_i e_i / sum_i w_i
        synchrony      = `synchrony` of the valences of those seen throughout the last `TOGETHER_S`

    The energy e_i of a face is that of its action units, as in McDuff et al. (2013), "Predicting ad
    liking and purchase intent", IEEE Trans. Affect. Comput. 6:223-235, where the reader measures
    them (`Affect.expressiveness`), over those faces alone; where it measures none, the probability
    that the face is not neutral. Each of the two has a baseline of its own.
    """

    def __init__(self) -> None:
        self._usual_units = _Usual()
        self._usual_classes = _Usual()
        self._at_s = -math.inf
        self._reactions: dict[int, deque[float]] = {}
        self._compared_at_s = -math.inf
        self._together: tuple[float, float] | None = None

    def measure(self, at_s: float, *, fresh: Sequence[Weighted], arousal: float | None) -> Engagement:
        """Engagement at `at_s`, from what is fresh then."""
        faces = [item for item in fresh if item.reading.modality is Modality.FACE]
        elapsed_s = max(0.0, at_s - self._at_s)
        self._at_s = at_s
        if at_s - self._compared_at_s >= COMPARE_EVERY_S:
            self._compared_at_s = at_s
            self._compare(faces)
        return Engagement(
            attention=weighted_mean((item.reading.facing, item.weight) for item in faces),
            expressiveness=self._expressiveness(elapsed_s, faces),
            arousal=arousal,
            synchrony=self._together[0] if self._together else None,
            synchrony_p=self._together[1] if self._together else None,
        )

    def _expressiveness(self, elapsed_s: float, faces: Sequence[Weighted]) -> float | None:
        by_units = weighted_mean((item.reading.expressiveness, item.weight) for item in faces)
        by_classes = weighted_mean((_energy(item.reading), item.weight) for item in faces)
        beyond_units = self._usual_units.beyond(by_units, elapsed_s)
        beyond_classes = self._usual_classes.beyond(by_classes, elapsed_s)
        return beyond_classes if beyond_units is None else beyond_units

    def _compare(self, faces: Sequence[Weighted]) -> None:
        seen = {item.reading.who: _valence(item.reading) for item in faces}
        self._reactions = {who: self._reactions.get(who) or deque(maxlen=_COMPARED) for who in seen}
        for who, valence in seen.items():
            self._reactions[who].append(valence)
        whole = [series for series in self._reactions.values() if len(series) == _COMPARED]
        self._together = synchrony(np.array(whole)) if len(whole) > 1 else None


class _Usual:
    """What is usual of a number: its mean with time constant `BASELINE_S`."""

    def __init__(self) -> None:
        self._mean: float | None = None
        self._seen_s = 0.0

    def beyond(self, value: float | None, elapsed_s: float) -> float | None:
        """How far the value lies beyond what is usual, itself included."""
        if value is None:
            return None
        if self._mean is None:
            self._mean = value
        else:
            # Until the room has been seen for one time constant, the plain mean of what was seen.
            self._seen_s = min(BASELINE_S, self._seen_s + elapsed_s)
            self._mean += min(1.0, elapsed_s / max(self._seen_s, COMPARE_EVERY_S)) * (value - self._mean)
        return value - self._mean


def _energy(face: Affect) -> float | None:
    return 1.0 - float(face.probabilities[_NEUTRAL]) if face.mask[_NEUTRAL] else None


def _valence(face: Affect) -> float:
    return face.valence if face.valence is not None else valence_arousal(face.probabilities)[0]
