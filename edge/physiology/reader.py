"""One wearer's heart and skin in, stress and arousal out."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.emotion import EMOTIONS
from edge.physiology.baseline import Baseline
from edge.physiology.beats import judge_from
from edge.physiology.body import Body
from edge.physiology.breathing import follow
from edge.physiology.features import WINDOW_S
from edge.physiology.stress import StressTracker
from edge.signals import Affect, Breathing, Modality

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge.inference import ModelStore, Runtime
    from edge.physiology.body import Signal
    from edge.physiology.features import Minute
    from edge.physiology.options import PhysiologyOptions

EVERY_S: Final = 5.0
LEAST_QUALITY: Final = 0.05
BEATS_MODEL: Final = "beats"
COHERENCE_S: Final = 64.0
"""Coherence speaks for this long (McCraty and Childre 2010)."""


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
    recall
        The baseline that is kept of the wearer, if any; asked at the start and after forgetting.

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
        recall: Callable[[], Baseline | None] = lambda: None,
    ) -> None:
        self._stress = StressTracker(
            store.load(options.model, runtime=runtime, threads=threads), store.entry(options.model)
        )
        self._judge = judge_from(store.load(BEATS_MODEL, runtime=runtime, threads=threads))
        self._options = options
        self._recall = recall
        self.forget()

    def forget(self) -> None:
        """Drop every signal, the token of the wearer, and the baseline unless it is kept."""
        self.who = secrets.randbits(63)
        self.baseline: Baseline | None = self._recall()
        self._stress.forget()
        self._body = Body(self._judge)
        self._begun_s: float | None = None
        self._now_s = 0.0
        self._due_s = 0.0
        self._rest: list[Minute] = []
        self._is_resting = bool(self._options.rest_s)

    def read(self, sample: Signal) -> list[Affect]:
        """Take the next sample of any of the wearer's sensors.

        Returns
        -------
        One reading for the last minute, every 5 s, once there are 30 s of beats or of skin
        conductance in it; mostly none.
        """
        end_s = self._body.take(sample)
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

    def _read_minute(self, end_s: float) -> list[Affect]:
        now = self._body.minute(end_s)
        self._note_rest(end_s, now)
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
                breathing=self._breathing(end_s),
            )
        ]

    def _note_rest(self, end_s: float, now: Minute) -> None:
        """Make the first minutes the baseline, where none is kept."""
        if self.baseline is not None or not self._is_resting or self._begun_s is None:
            return
        self._rest.append(now)
        if end_s - self._begun_s >= self._options.rest_s:
            self.baseline = Baseline.from_minutes([one.values for one in self._rest])
            self._rest, self._is_resting = [], False

    def _breathing(self, end_s: float) -> Breathing | None:
        """How well the heart follows the pace; None without one, or while that cannot be told."""
        if not self._options.paced_breathing:
            return None
        followed = follow(self._body.rr_ms(end_s - COHERENCE_S, end_s))
        if followed is None:
            return None
        own_pace = self.baseline.breaths_per_minute if self.baseline else None
        return Breathing(own_pace or self._options.breaths_per_minute, followed)
