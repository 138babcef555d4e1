"""One wearer's heart and skin in, stress and arousal out."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.emotion import EMOTIONS
from edge.physiology.baseline import Baseline
from edge.physiology.beats import RPeakDetector, judge_from
from edge.physiology.features import WINDOW_S, Minute, minute
from edge.physiology.pulse import PulseDetector
from edge.physiology.skin import SkinTrace
from edge.physiology.streams import BeatStream, SkinStream, WaveStream
from edge.physiology.stress import StressTracker
from edge.signals import Affect, EcgChunk, HeartBeats, Modality, PulseChunk, SkinConductance

if TYPE_CHECKING:
    from edge.inference import ModelStore, Runtime
    from edge.physiology.options import PhysiologyOptions

EVERY_S: Final = 5.0
LEAST_QUALITY: Final = 0.05
BEATS_MODEL: Final = "beats"


class PhysiologyReader:
    """Reads all signals of one wearer.

    Parameters
    ----------
    options
        Which model, and whether the first seconds are rest.
    store
        Where the models come from.
    runtime, threads
        Which TFLite runtime runs them, and how many threads a call may use.
    baseline
        The wearer's rest, when it is known already.

    Attributes
    ----------
    who
        Random token of this wearer.
    baseline
        The wearer's rest, or None while it is unknown.

    Raises
    ------
    ModelError
        A model is missing, altered or cannot run.
    """

    def __init__(
        self,
        options: PhysiologyOptions,
        *,
        store: ModelStore,
        runtime: Runtime | None = None,
        threads: int = 1,
        baseline: Baseline | None = None,
    ) -> None:
        self._stress = StressTracker(
            store.load(options.model, runtime=runtime, threads=threads), store.entry(options.model)
        )
        self._judge = judge_from(store.load(BEATS_MODEL, runtime=runtime, threads=threads))
        self._rest_s = options.rest_s
        self.baseline: Baseline | None
        self.forget()
        self.baseline = baseline

    def forget(self) -> None:
        """Drop every signal, the baseline and the token of the wearer."""
        self.who = secrets.randbits(63)
        self.baseline = None
        self._stress.forget()
        self._ecg: dict[str, WaveStream] = {}
        self._pulse: dict[str, WaveStream] = {}
        self._counted: dict[str, BeatStream] = {}
        self._skin: dict[str, SkinStream] = {}
        self._begun_s: float | None = None
        self._now_s = 0.0
        self._due_s = 0.0
        self._rest: list[Minute] = []

    def read(self, sample: EcgChunk | PulseChunk | HeartBeats | SkinConductance) -> list[Affect]:
        """Take the next sample of any of the wearer's sensors.

        Returns
        -------
        One reading for the last minute, every 5 s, once there are 30 s of beats or of skin
        conductance in it; mostly none.
        """
        end_s = self._take(sample)
        if end_s is None:
            return []
        if self._begun_s is None or end_s < self._now_s - WINDOW_S:
            self._begun_s, self._due_s = end_s, end_s + EVERY_S
            self._now_s = end_s
        self._now_s = max(self._now_s, end_s)
        if self._now_s < self._due_s:
            return []
        self._due_s = self._now_s + EVERY_S
        return self._read_minute(self._now_s)

    def _take(self, sample: EcgChunk | PulseChunk | HeartBeats | SkinConductance) -> float | None:
        """Feed the stream of its source; the time it reaches, None when it is of no use."""
        if isinstance(sample, HeartBeats):
            self._counted.setdefault(sample.source, BeatStream()).add_beats(sample)
            finite = sample.at_s[np.isfinite(sample.at_s)]
            return float(finite.max()) if len(finite) else None
        if not (np.isfinite(sample.start_s) and np.isfinite(sample.rate_hz) and sample.rate_hz > 0):
            return None
        if isinstance(sample, EcgChunk):
            ecg = self._ecg.setdefault(
                sample.source, WaveStream(lambda rate_hz: RPeakDetector(rate_hz, self._judge))
            )
            ecg.push(sample.start_s, sample.rate_hz, sample.ecg_mv)
        elif isinstance(sample, PulseChunk):
            pulse = self._pulse.setdefault(sample.source, WaveStream(PulseDetector))
            pulse.push(sample.start_s, sample.rate_hz, sample.pulse)
        else:
            skin = self._skin.setdefault(sample.source, SkinStream())
            skin.push(sample.start_s, sample.rate_hz, sample.skin_conductance_us)
        return sample.end_s

    def _minute(self, end_s: float) -> Minute:
        """Features of the minute up to `end_s`, from the best source of each kind."""
        start_s = end_s - WINDOW_S
        beats: list[BeatStream] = [*self._ecg.values(), *self._counted.values(), *self._pulse.values()]
        skins = list(self._skin.values())
        rr_ms = max((stream.within(start_s, end_s) for stream in beats), key=np.sum, default=np.empty(0))
        traces = [stream.within(start_s, end_s) for stream in skins]
        return minute(rr_ms, max(traces, key=lambda trace: trace.valid.sum(), default=SkinTrace.nothing()))

    def _read_minute(self, end_s: float) -> list[Affect]:
        now = self._minute(end_s)
        if self.baseline is None and self._rest_s and self._begun_s is not None:
            self._rest.append(now)
            if end_s - self._begun_s >= self._rest_s:
                self.baseline = Baseline.from_minutes([one.values for one in self._rest])
                self._rest, self._rest_s = [], 0.0
        reading = self._stress.read(end_s, now, self.baseline)
        if reading.quality < LEAST_QUALITY:
            return []
        return [
            Affect(
                modality=Modality.PHYSIOLOGY,
                who=self.who,
                start_s=end_s - WINDOW_S,
                end_s=end_s,
                probabilities=np.zeros(len(EMOTIONS)),
                mask=np.zeros(len(EMOTIONS), bool),
                valence=None,
                arousal=reading.arousal,
                quality=reading.quality,
                stress=reading.stress,
            )
        ]
