"""Measuring a wearer at rest, and the pace of breath the heart follows best; driven by samples alone.

Time here is the time of the samples, so that a recording measures the same as the sensor did.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.physiology.baseline import Baseline
from edge.physiology.body import Body, Organ
from edge.physiology.breathing import PACES_PER_MIN, TRIAL_S, resonance_per_min
from edge.physiology.features import HEART, SKIN, WINDOW_S

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from edge.physiology.beats import Judge
    from edge.physiology.body import Signal

STEP_S: Final = 5.0
SHOWN_S: Final = 10.0
"""What is told of a signal is how its last 10 s were."""
GOOD: Final = 0.5
"""Quality from which on a signal counts."""
LEAST_S: Final = 120.0
"""Less good rest than this makes no baseline."""
PATIENCE: Final = 2.0
"""A weak signal is waited for this many times as long as was asked for."""

_CERTAIN_S: Final = 3.0


@dataclass(frozen=True, slots=True)
class RestProgress:
    """How far a rest has come: seconds since its start, good seconds and present quality of each organ."""

    elapsed_s: float
    good_s: Mapping[Organ, float]
    quality: Mapping[Organ, float]


class RestMeasure:
    """Gathers good minutes of rest until there are enough of every signal that comes.

    Parameters
    ----------
    judge
        Decides which candidate in an ECG is a beat.
    seconds
        How much good rest is asked for.
    """

    def __init__(self, judge: Judge, *, seconds: float) -> None:
        self.body = Body(judge)
        self.is_done = False
        self._seconds = seconds
        self._begun_s: float | None = None
        self._now_s = 0.0
        self._due_s = 0.0
        self._good_s = dict.fromkeys(Organ, 0.0)
        self._quality = dict.fromkeys(Organ, 0.0)
        self._minutes: list[NDArray[np.float64]] = []

    @property
    def progress(self) -> RestProgress:
        """How far it has come; only of organs that were heard of."""
        heard = [organ for organ in Organ if organ in self.body.organs]
        return RestProgress(
            elapsed_s=self._now_s - self._begun_s if self._begun_s is not None else 0.0,
            good_s={organ: self._good_s[organ] for organ in heard},
            quality={organ: self._quality[organ] for organ in heard},
        )

    def take(self, sample: Signal) -> None:
        """Take the next sample of any of the wearer's sensors."""
        end_s = self.body.take(sample)
        if end_s is None or self.is_done:
            return
        if self._begun_s is None or end_s < self._now_s - WINDOW_S:
            self._begun_s, self._now_s, self._due_s = end_s, end_s, end_s + STEP_S
        self._now_s = max(self._now_s, end_s)
        if self._now_s >= self._due_s:
            self._due_s = self._now_s + STEP_S
            self._step()

    def _step(self) -> None:
        for organ in self.body.organs:
            end_s = self._now_s - _CERTAIN_S
            self._quality[organ] = self.body.quality(organ, end_s - SHOWN_S, end_s)
            if self._quality[organ] >= GOOD:
                self._good_s[organ] += STEP_S
        minute = self.body.minute(self._now_s)
        self._minutes.append(
            _only(minute.values, heart=minute.heart_quality >= GOOD, skin=minute.skin_quality >= GOOD)
        )
        progress = self.progress
        enough = [good_s >= self._seconds for good_s in progress.good_s.values()]
        out_of_patience = progress.elapsed_s >= PATIENCE * self._seconds
        self.is_done = all(enough) or out_of_patience

    def baseline(self) -> Baseline | None:
        """What was measured; an organ with too little good rest stays unknown, None when both do."""
        heart, skin = (self._good_s[organ] >= LEAST_S for organ in (Organ.HEART, Organ.SKIN))
        return Baseline.from_minutes([_only(values, heart=heart, skin=skin) for values in self._minutes])


def _only(values: NDArray[np.float64], *, heart: bool, skin: bool) -> NDArray[np.float64]:
    """Features of a minute without those of an organ that is not to be believed."""
    believed = [heart] * len(HEART) + [skin] * len(SKIN)
    return np.where(believed, values, np.nan)


class ResonanceSweep:
    """Leads through all paces and finds the one that the heart follows best.

    Parameters
    ----------
    body
        Of the wearer; it goes on from what it knows.
    """

    def __init__(self, body: Body) -> None:
        self.is_done = False
        self._body = body
        self._begun_s: float | None = None
        self._trials: dict[float, NDArray[np.float64]] = {}

    @property
    def pace_per_min(self) -> float:
        """The pace to breathe at now."""
        return PACES_PER_MIN[min(len(self._trials), len(PACES_PER_MIN) - 1)]

    def take(self, sample: Signal) -> None:
        """Take the next sample of any of the wearer's sensors."""
        end_s = self._body.take(sample)
        if end_s is None or self.is_done:
            return
        if self._begun_s is None or end_s < self._begun_s - WINDOW_S:
            self._begun_s = end_s
        # The beats of the last seconds are not certain yet when a trial is over.
        if end_s >= self._begun_s + TRIAL_S + _CERTAIN_S:
            self._trials[self.pace_per_min] = self._body.rr_ms(self._begun_s, self._begun_s + TRIAL_S)
            self._begun_s = end_s
            self.is_done = len(self._trials) == len(PACES_PER_MIN)

    def resonance_per_min(self) -> float | None:
        """The pace that was found; None when too few trials were whole."""
        return resonance_per_min(self._trials)
