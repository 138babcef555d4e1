"""All signals of one wearer, by the sensor that gives them."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from edge.physiology.beats import RPeakDetector
from edge.physiology.features import WINDOW_S, Minute, minute
from edge.physiology.pulse import PulseDetector
from edge.physiology.quality import ECG_RELIABLE, PULSE_RELIABLE
from edge.physiology.skin import WORK_RATE_HZ, SkinTrace, widen_invalid
from edge.physiology.streams import BeatStream, SkinStream, WaveStream
from edge.signals import EcgChunk, HeartBeats, PulseChunk, SkinConductance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.physiology.beats import Judge

Signal = EcgChunk | PulseChunk | HeartBeats | SkinConductance


class Organ(StrEnum):
    """What a sensor looks at."""

    HEART = "heart"
    SKIN = "skin"


class Body:
    """The last two minutes of one wearer.

    Parameters
    ----------
    judge
        Decides which candidate in an ECG is a beat.
    """

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._ecg: dict[str, WaveStream] = {}
        self._pulse: dict[str, WaveStream] = {}
        self._counted: dict[str, BeatStream] = {}
        self._skin: dict[str, SkinStream] = {}

    @property
    def organs(self) -> frozenset[Organ]:
        """What has been heard of so far."""
        has_heart = bool(self._ecg or self._pulse or self._counted)
        return frozenset([Organ.HEART] * has_heart + [Organ.SKIN] * bool(self._skin))

    def take(self, sample: Signal) -> float | None:
        """Feed the stream of its source; the time it reaches, None when it is of no use."""
        if isinstance(sample, HeartBeats):
            self._counted.setdefault(sample.source, BeatStream()).add_beats(sample)
            finite = sample.at_s[np.isfinite(sample.at_s)]
            return float(finite.max()) if len(finite) else None
        if not (np.isfinite(sample.start_s) and np.isfinite(sample.rate_hz) and sample.rate_hz > 0):
            return None
        if isinstance(sample, EcgChunk):
            if sample.source not in self._ecg:
                self._ecg[sample.source] = WaveStream(
                    lambda rate_hz: RPeakDetector(rate_hz, self._judge), reliable=ECG_RELIABLE
                )
            ecg = self._ecg[sample.source]
            ecg.push(sample.start_s, sample.rate_hz, sample.ecg_mv)
        elif isinstance(sample, PulseChunk):
            pulse = self._pulse.setdefault(sample.source, WaveStream(PulseDetector, reliable=PULSE_RELIABLE))
            pulse.push(sample.start_s, sample.rate_hz, sample.pulse)
        else:
            skin = self._skin.setdefault(sample.source, SkinStream())
            skin.push(sample.start_s, sample.rate_hz, sample.skin_conductance_us)
        return sample.end_s

    def rr_ms(self, start_s: float, end_s: float) -> NDArray[np.float64]:
        """RR intervals that ended in a window, from the best sensor."""
        return self._heart(start_s, end_s).within(start_s, end_s)

    def minute(self, end_s: float) -> Minute:
        """Features of the minute up to `end_s`; a poor waveform lowers the quality of the heart."""
        start_s = end_s - WINDOW_S
        heart = self._heart(start_s, end_s)
        found = minute(heart.within(start_s, end_s), self._trace(start_s, end_s))
        return replace(found, heart_quality=found.heart_quality * heart.quality(start_s, end_s))

    def quality(self, organ: Organ, start_s: float, end_s: float) -> float:
        """How good the signal of an organ was in a window, in [0, 1]."""
        length_s = end_s - start_s
        if organ is Organ.SKIN:
            trace = self._trace(start_s, end_s)
            return min(1.0, float(widen_invalid(trace.valid).sum()) / WORK_RATE_HZ / length_s)
        heart = self._heart(start_s, end_s)
        covered_s = float(heart.within(start_s, end_s).sum()) / 1000
        return min(1.0, covered_s / length_s) * heart.quality(start_s, end_s)

    def _heart(self, start_s: float, end_s: float) -> BeatStream:
        """The sensor whose beats cover most of a window, poor waveforms counting less."""
        beats: list[BeatStream] = [*self._ecg.values(), *self._counted.values(), *self._pulse.values()]
        return max(
            beats,
            key=lambda stream: stream.within(start_s, end_s).sum() * stream.quality(start_s, end_s),
            default=BeatStream(),
        )

    def _trace(self, start_s: float, end_s: float) -> SkinTrace:
        """Skin conductance of a window, from the sensor that has most."""
        traces = [stream.within(start_s, end_s) for stream in self._skin.values()]
        return max(traces, key=lambda trace: trace.valid.sum(), default=SkinTrace.nothing())
