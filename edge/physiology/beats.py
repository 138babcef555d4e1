"""Which candidates are heart beats: a small net that judges each in the light of the beats before it.

Classic detectors compare a candidate with one adaptive threshold. Here 22 such comparisons (energy,
slope, waveform and timing against the last eight beats; the neighbours within half a second) go
into a net, trained on records of the MIT-BIH Arrhythmia Database by `tools/train_beats.py`. There
is no search back: a beat is decided 0.57 s after it, once and for all. Where there is no beat to
compare with (at the start, or after 2 s without one), a rule decides: the candidate must reach half
of the level, be the strongest around, and stand out of what lies between beats.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from edge.physiology.candidates import CONTEXT, LIMIT, SHAPE_S, CandidateFinder, Candidates

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.inference import Model

FEATURES: Final = CONTEXT + 14
MEMORY_BEATS: Final = 8
DECISION_DELAY_S: Final = 0.6
"""A beat is reported at most this long after it, plus the length of a chunk; later in the first 2 s."""

_PAUSE_S: Final = 3.0
_FORGOTTEN_S: Final = 2.0
_FIRST_LEAST: Final = (0.0, -0.2, 0.0, -0.2)
_FIRST_LEVEL: Final = -0.7
_FIRST_FLATNESS: Final = -1.0
_TYPICAL_RR_S: Final = 0.8
_TEMPLATE_RATE: Final = 0.2


class Judge(Protocol):
    """The odds, as a logarithm, that a candidate with these `FEATURES` features is a beat."""

    def __call__(self, features: NDArray[np.float32]) -> float:
        """Judge one candidate."""
        ...


@dataclass(slots=True)
class BeatMemory:
    """What is remembered of the last beats."""

    last_s: float = -math.inf
    energy: deque[float] = field(default_factory=lambda: deque(maxlen=MEMORY_BEATS))
    slow: deque[float] = field(default_factory=lambda: deque(maxlen=MEMORY_BEATS))
    fast: deque[float] = field(default_factory=lambda: deque(maxlen=MEMORY_BEATS))
    rr_s: deque[float] = field(default_factory=lambda: deque(maxlen=MEMORY_BEATS))
    shapes: NDArray[np.float64] = field(default_factory=lambda: np.zeros((MEMORY_BEATS + 1, len(SHAPE_S))))
    beats: int = 0

    def features(self, candidates: Candidates, index: int) -> NDArray[np.float32]:
        """The features of one candidate, each clipped to +-LIMIT."""
        energy, level = float(candidates.energy[index]), float(candidates.level[index])
        usual, since_last, slow, fast = level, energy - level, 0.0, 0.0
        elapsed = elapsed_usual = elapsed_last = 0.0
        like_template = like_last = like_any = 0.5
        if self.energy:
            usual = median(self.energy)
            since_last = energy - self.energy[-1]
            slow = float(candidates.slow[index]) - median(self.slow)
            fast = float(candidates.fast[index]) - median(self.fast)
            elapsed_s = float(candidates.at_s[index]) - self.last_s
            elapsed = math.log(elapsed_s)
            elapsed_usual = math.log(elapsed_s / (median(self.rr_s) if self.rr_s else _TYPICAL_RR_S))
            elapsed_last = math.log(elapsed_s / (self.rr_s[-1] if self.rr_s else _TYPICAL_RR_S))
            likeness = self.shapes @ candidates.shape[index]
            norm = float(np.sqrt(self.shapes[-1] @ self.shapes[-1])) or 1.0
            like_template = float(likeness[-1]) / norm
            like_last = float(likeness[(self.beats - 1) % MEMORY_BEATS])
            like_any = float(likeness[: len(self.energy)].max())
        own = (
            energy - usual,
            since_last,
            slow,
            fast,
            elapsed,
            elapsed_usual,
            elapsed_last,
            like_template,
            like_last,
            like_any,
            float(candidates.soon[index]) - usual,
            float(candidates.later[index]) - usual,
            len(self.energy) / MEMORY_BEATS,
            usual - level,
        )
        features = np.empty(FEATURES, np.float32)
        features[:CONTEXT] = candidates.context[index]
        features[CONTEXT:] = [min(max(value, -LIMIT), LIMIT) for value in own]
        return features

    def accepts(self, candidates: Candidates, index: int, judge: Judge) -> bool:
        """Whether a candidate is a beat."""
        if float(candidates.at_s[index]) - self.last_s > _FORGOTTEN_S:
            return _is_first_beat(candidates.context[index])
        return judge(self.features(candidates, index)) > 0

    def remember(self, candidates: Candidates, index: int) -> None:
        """Take a candidate as a beat; after a pause of 3 s, start afresh with it."""
        at_s = float(candidates.at_s[index])
        if self.energy:
            rr_s = at_s - self.last_s
            if rr_s < _PAUSE_S:
                self.rr_s.append(rr_s)
            else:
                for kept in (self.energy, self.slow, self.fast, self.rr_s):
                    kept.clear()
                self.beats = 0
        shape = candidates.shape[index]
        self.shapes[self.beats % MEMORY_BEATS] = shape
        rate = _TEMPLATE_RATE if self.energy else 1.0
        self.shapes[-1] += rate * (shape - self.shapes[-1])
        self.energy.append(float(candidates.energy[index]))
        self.slow.append(float(candidates.slow[index]))
        self.fast.append(float(candidates.fast[index]))
        self.last_s = at_s
        self.beats += 1


def _is_first_beat(context: NDArray[np.float64]) -> bool:
    """Whether a candidate is a beat, by its neighbours, the level and the flatness between beats alone."""
    stronger = all(value > least for value, least in zip(context[:4], _FIRST_LEAST, strict=True))
    return bool(stronger and context[5] > _FIRST_LEVEL and context[7] < _FIRST_FLATNESS)


class RPeakDetector:
    """Finds R peaks in a stream of one ECG lead, the same ones however it is cut into chunks.

    Parameters
    ----------
    rate_hz
        Sampling rate, 100 to 1000 Hz.
    judge
        Decides on each candidate; `judge_from(model)` makes one from the shipped model.

    Raises
    ------
    ValueError
        The rate is out of range.
    """

    def __init__(self, rate_hz: float, judge: Judge) -> None:
        self.rate_hz = rate_hz
        self._finder = CandidateFinder(rate_hz)
        self._judge = judge
        self._memory = BeatMemory()

    def push(self, ecg: NDArray[np.float64]) -> NDArray[np.float64]:
        """Take the next samples; any scale and sign, NaN where there are none.

        Returns
        -------
        Seconds from the first sample ever pushed to each beat that is now certain, ascending, finer
        than the sampling grid.
        """
        candidates = self._finder.push(ecg)
        beats = []
        for index in range(len(candidates.at_s)):
            if self._memory.accepts(candidates, index, self._judge):
                self._memory.remember(candidates, index)
                beats.append(float(candidates.at_s[index]))
        return np.array(beats, dtype=np.float64)


def judge_from(model: Model) -> Judge:
    """Judge by the model `beats`: features in, the logarithm of the odds out."""

    def judge(features: NDArray[np.float32]) -> float:
        (odds,) = model(features[np.newaxis])
        return float(odds[0, 0])

    return judge
