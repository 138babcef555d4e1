"""Sessions of the stress protocols, minute by minute, made by the same streams as the daemon's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from corpora.physiology import SCORED, StressRecord
from edge.physiology.baseline import Baseline
from edge.physiology.features import WINDOW_S, Minute, minute
from edge.physiology.pulse import PulseDetector
from edge.physiology.quality import PULSE_RELIABLE
from edge.physiology.streams import BeatStream, SkinStream, WaveStream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

STEP_S: Final = 30.0
TICK_S: Final = 10.0
FILL_S: Final = 1.0
"""What happened in a minute is certain this much later."""


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """One person: a minute at every tick, which of them are scored, their labels, and the rest."""

    dataset: str
    subject: str
    baseline: Baseline | None
    ends_s: NDArray[np.float64]
    minutes: list[Minute]
    scored: NDArray[np.intp]
    stress: NDArray[np.int64]
    segments: list[str]


def session(record: StressRecord) -> Session:
    """Cut a session: windows of 60 s every 30 s inside each scored segment, and ticks between them."""
    rest_start_s, rest_end_s = record.baseline
    labelled: dict[float, tuple[str, bool]] = {}
    for segment in record.segments:
        if segment.name in SCORED:
            start_s = rest_end_s if segment.start_s == rest_start_s else segment.start_s
            for end_s in np.arange(start_s + WINDOW_S, segment.end_s + 1e-6, STEP_S):
                labelled[float(end_s)] = (segment.name, segment.stress)
    ticks = np.arange(rest_start_s + WINDOW_S, max(segment.end_s for segment in record.segments), TICK_S)
    ends_s = np.array(sorted({*ticks.tolist(), *labelled}))
    minutes = list(_minutes(record, ends_s))
    resting = [
        one.values
        for end_s, one in zip(ends_s, minutes, strict=True)
        if rest_start_s + WINDOW_S <= end_s <= rest_end_s
    ]
    return Session(
        dataset=record.dataset,
        subject=record.subject,
        baseline=Baseline.from_minutes(resting),
        ends_s=ends_s,
        minutes=minutes,
        scored=np.flatnonzero(np.isin(ends_s, list(labelled))),
        stress=np.array([stress for _, (_, stress) in sorted(labelled.items())], dtype=np.int64),
        segments=[name for _, (name, _) in sorted(labelled.items())],
    )


def _minutes(record: StressRecord, ends_s: NDArray[np.float64]) -> Iterator[Minute]:
    """Feed the streams up to each end in turn and measure the minute before it."""
    waves, skin = WaveStream(PulseDetector, reliable=PULSE_RELIABLE), SkinStream()
    beats: BeatStream = waves
    pulse_at = skin_at = 0
    for end_s in ends_s:
        if record.pulse is not None:
            upto = min(int((end_s + FILL_S) * record.pulse_rate_hz), len(record.pulse))
            if upto > pulse_at:
                start_s = pulse_at / record.pulse_rate_hz
                waves.push(start_s, record.pulse_rate_hz, record.pulse[pulse_at:upto])
                pulse_at = upto
        upto = int((end_s + FILL_S - record.skin_start_s) * record.skin_rate_hz)
        upto = min(upto, len(record.skin_conductance_us))
        if upto > skin_at:
            start_s = record.skin_start_s + skin_at / record.skin_rate_hz
            skin.push(start_s, record.skin_rate_hz, record.skin_conductance_us[skin_at:upto])
            skin_at = upto
        one = minute(beats.within(end_s - WINDOW_S, end_s), skin.within(end_s - WINDOW_S, end_s))
        yield one if record.heart_rate_bpm is None else _with_rate(one, record.heart_rate_bpm, end_s)


def _with_rate(one: Minute, heart_rate_bpm: NDArray[np.float64], end_s: float) -> Minute:
    """A monitor that tells an averaged heart rate once a second says nothing of variability."""
    rates = heart_rate_bpm[max(0, int(end_s - WINDOW_S)) : int(end_s)]
    rates = rates[(rates > 30) & (rates < 220)]
    values = one.values.copy()
    values[0] = np.log(rates.mean()) if len(rates) >= WINDOW_S / 2 else np.nan
    return Minute(values, len(rates) / WINDOW_S, one.skin_quality, rate_only=True)
