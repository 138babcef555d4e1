"""The last minutes of each signal of one wearer, as beats and as skin conductance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from edge.physiology.quality import WaveGrader
from edge.physiology.rr import LONGEST_MS, SHORTEST_MS
from edge.physiology.skin import SkinAnalyser, SkinTrace
from edge.physiology.timeline import Timeline

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from edge.signals import HeartBeats

KEPT_S: Final = 130.0


class BeatDetector(Protocol):
    """Samples in, seconds of beats since the first sample out."""

    def push(self, samples: NDArray[np.float64], /) -> NDArray[np.float64]:
        """Take the next samples."""
        ...


class BeatStream:
    """Beats of one sensor: RR interval `rr_ms[i]` ended at `at_s[i]`."""

    def __init__(self) -> None:
        self.at_s: NDArray[np.float64] = np.empty(0)
        self.rr_ms: NDArray[np.float64] = np.empty(0)

    def quality(self, start_s: float, end_s: float) -> float:  # noqa: ARG002 - there is no waveform to judge
        """How far the signal in a window is to be believed, in [0, 1]."""
        return 1.0

    def within(self, start_s: float, end_s: float) -> NDArray[np.float64]:
        """RR intervals that ended in a window, in order of time."""
        return self.rr_ms[(self.at_s > start_s) & (self.at_s <= end_s)]

    def add(self, at_s: NDArray[np.float64], rr_ms: NDArray[np.float64]) -> None:
        """Append plausible intervals that are later than all before; a clock that jumped starts afresh."""
        good = np.isfinite(at_s) & np.isfinite(rr_ms) & (rr_ms >= SHORTEST_MS) & (rr_ms <= LONGEST_MS)
        at_s, rr_ms = at_s[good], rr_ms[good]
        if not len(at_s):
            return
        if len(self.at_s) and at_s[-1] < self.at_s[-1] - KEPT_S:
            self.at_s, self.rr_ms = np.empty(0), np.empty(0)
        if len(self.at_s):
            new = at_s > self.at_s[-1]
            at_s, rr_ms = at_s[new], rr_ms[new]
        self.at_s = np.concatenate([self.at_s, at_s])
        self.rr_ms = np.concatenate([self.rr_ms, rr_ms])
        if len(self.at_s):
            kept = self.at_s > self.at_s[-1] - KEPT_S
            self.at_s, self.rr_ms = self.at_s[kept], self.rr_ms[kept]

    def add_beats(self, beats: HeartBeats) -> None:
        """Append what a sensor counted itself."""
        self.add(np.asarray(beats.at_s, np.float64), np.asarray(beats.rr_ms, np.float64))


class WaveStream(BeatStream):
    """Beats found in a waveform (ECG or pulse wave).

    Parameters
    ----------
    make_detector
        Makes a detector for a sampling rate; raises `ValueError` when it cannot take the rate.
    reliable
        See `quality.wave_quality`.
    """

    def __init__(self, make_detector: Callable[[float], BeatDetector], *, reliable: float) -> None:
        super().__init__()
        self._make_detector = make_detector
        self._reliable = reliable
        self._detector: BeatDetector | None = None
        self._grader: WaveGrader | None = None
        self._timeline = Timeline()
        self._last_s: float | None = None
        self._grades: list[tuple[float, float]] = []

    def push(self, start_s: float, rate_hz: float, samples: NDArray[np.float64]) -> None:
        """Append a chunk; a rate that the detector cannot take is ignored."""
        begun, fresh = self._timeline.join(start_s, rate_hz, np.asarray(samples, np.float64))
        if begun or self._detector is None:
            self._last_s = None
            try:
                self._detector = self._make_detector(rate_hz)
            except ValueError:
                self._detector = None
                return
            self._grader = WaveGrader(rate_hz, reliable=self._reliable)
        found_s = self._detector.push(fresh)
        self._grade(fresh, found_s)
        found_s = found_s + self._timeline.start_s
        if not len(found_s):
            return
        times_s = found_s if self._last_s is None else np.concatenate([[self._last_s], found_s])
        self._last_s = float(times_s[-1])
        self.add(times_s[1:], np.diff(times_s) * 1000)

    def quality(self, start_s: float, end_s: float) -> float:
        """Mean grade of the stretches of 10 s whose middle lies in a window; 0 while there is none."""
        grades = [grade for middle_s, grade in self._grades if start_s <= middle_s < end_s]
        return sum(grades) / len(grades) if grades else 0.0

    def _grade(self, samples: NDArray[np.float64], found_s: NDArray[np.float64]) -> None:
        assert self._grader is not None  # noqa: S101 - made together with the detector
        fresh = [
            (self._timeline.start_s + middle_s, grade)
            for middle_s, grade in self._grader.push(samples, found_s)
        ]
        if not fresh:
            return
        newest_s = fresh[-1][0]
        kept = [one for one in self._grades if newest_s - KEPT_S < one[0] < newest_s]
        self._grades = [*kept, *fresh]


class SkinStream:
    """Skin conductance of one sensor on the 4 Hz grid."""

    def __init__(self) -> None:
        self._analyser: SkinAnalyser | None = None
        self._timeline = Timeline()
        self.trace = SkinTrace.nothing()

    def push(self, start_s: float, rate_hz: float, skin_conductance_us: NDArray[np.float64]) -> None:
        """Append a chunk; a rate that the analyser cannot take is ignored."""
        begun, fresh = self._timeline.join(start_s, rate_hz, np.asarray(skin_conductance_us, np.float64))
        if begun or self._analyser is None:
            self.trace = SkinTrace.nothing()
            try:
                self._analyser = SkinAnalyser(rate_hz)
            except ValueError:
                self._analyser = None
                return
        new = self._analyser.push(fresh)
        joined = SkinTrace(
            np.concatenate([self.trace.at_s, new.at_s + self._timeline.start_s]),
            np.concatenate([self.trace.level_us, new.level_us]),
            np.concatenate([self.trace.tonic_us, new.tonic_us]),
            np.concatenate([self.trace.phasic_us, new.phasic_us]),
            np.concatenate([self.trace.valid, new.valid]),
        )
        self.trace = joined.where(joined.at_s > joined.at_s[-1] - KEPT_S) if len(joined.at_s) else joined

    def within(self, start_s: float, end_s: float) -> SkinTrace:
        """Skin conductance of a window."""
        return self.trace.where((self.trace.at_s >= start_s) & (self.trace.at_s < end_s))
