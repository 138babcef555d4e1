"""Windows of the stress protocols, made by the same streams as the daemon's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from corpora.physiology import SCORED, StressRecord
from edge.physiology.baseline import Baseline
from edge.physiology.features import WINDOW_S, Minute, minute
from edge.physiology.pulse import PulseDetector
from edge.physiology.streams import BeatStream, SkinStream, WaveStream

if TYPE_CHECKING:
    from numpy.typing import NDArray

STEP_S: Final = 30.0
REST_STEP_S: Final = 5.0
CHUNK_S: Final = 5.0
FILL_S: Final = 1.0
"""Beats and skin conductance of a window are certain this much later."""


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """One person: the rest, and the scored windows with their labels."""

    dataset: str
    subject: str
    baseline: Baseline | None
    rest: list[Minute]
    windows: list[Minute]
    stress: NDArray[np.int64]
    segments: list[str]


def windows(record: StressRecord) -> Session:
    """Cut a session: 60 s every 30 s inside each scored segment; the baseline every 5 s."""
    rest_start_s, rest_end_s = record.baseline
    rest_s = np.arange(rest_start_s + WINDOW_S, rest_end_s + 1e-6, REST_STEP_S)
    ends: list[tuple[float, str, bool]] = []
    for segment in record.segments:
        if segment.name not in SCORED:
            continue
        start_s = rest_end_s if segment.start_s == rest_start_s else segment.start_s
        ends += [
            (end_s, segment.name, segment.stress)
            for end_s in np.arange(start_s + WINDOW_S, segment.end_s + 1e-6, STEP_S)
        ]
    found = _minutes(record, sorted({*rest_s, *(end_s for end_s, _, _ in ends)}))
    return Session(
        dataset=record.dataset,
        subject=record.subject,
        baseline=Baseline.from_minutes([found[end_s].values for end_s in rest_s]),
        rest=[found[end_s] for end_s in rest_s],
        windows=[found[end_s] for end_s, _, _ in ends],
        stress=np.array([stress for _, _, stress in ends], dtype=np.int64),
        segments=[name for _, name, _ in ends],
    )


def _minutes(record: StressRecord, ends_s: list[float]) -> dict[float, Minute]:
    """Feed the streams up to each end in turn and measure the minute before it."""
    beats: BeatStream = WaveStream(PulseDetector)
    skin = SkinStream()
    found = {}
    pulse_at = skin_at = 0
    for end_s in ends_s:
        if record.pulse is not None and isinstance(beats, WaveStream):
            upto = min(int((end_s + FILL_S) * record.pulse_rate_hz), len(record.pulse))
            if upto > pulse_at:
                beats.push(pulse_at / record.pulse_rate_hz, record.pulse_rate_hz, record.pulse[pulse_at:upto])
                pulse_at = upto
        upto = min(
            int((end_s + FILL_S - record.skin_start_s) * record.skin_rate_hz), len(record.skin_conductance_us)
        )
        if upto > skin_at:
            start_s = record.skin_start_s + skin_at / record.skin_rate_hz
            skin.push(start_s, record.skin_rate_hz, record.skin_conductance_us[skin_at:upto])
            skin_at = upto
        one = minute(beats.within(end_s - WINDOW_S, end_s), skin.within(end_s - WINDOW_S, end_s))
        found[end_s] = _with_rate_only(record, one, end_s) if record.heart_rate_bpm is not None else one
    return found


def _with_rate_only(record: StressRecord, one: Minute, end_s: float) -> Minute:
    """A monitor that tells an averaged heart rate once a second says nothing of variability."""
    assert record.heart_rate_bpm is not None  # noqa: S101
    rates = record.heart_rate_bpm[max(0, int(end_s - WINDOW_S)) : int(end_s)]
    rates = rates[(rates > 30) & (rates < 220)]
    values = one.values.copy()
    values[0] = np.log(rates.mean()) if len(rates) >= WINDOW_S / 2 else np.nan
    return Minute(values, len(rates) / WINDOW_S, one.skin_quality)
