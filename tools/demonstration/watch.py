"""Remembers what the views show: the last of everything that passed along the street."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from edge.capture.supervisor import SourceState
from edge.signals import AudioChunk, EcgChunk, HeartBeats, PulseChunk, SkinConductance, VideoFrame
from edge.street import Observer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from edge.capture.supervisor import SourceStatus
    from edge.gate.decision import Decision
    from edge.release import Release
    from edge.signals import Affect, Modality, RoomState, Sample

REMEMBERED_WINDOWS: Final = 60


@dataclass(slots=True)
class Sensed:
    """What is known of one source."""

    modality: Modality
    state: SourceState = SourceState.ABSENT
    detail: str = ""
    flow: str = ""
    frames_s: deque[float] = field(default_factory=lambda: deque(maxlen=30))


@dataclass(frozen=True, slots=True)
class Window:
    """One closed window: the gate's decision and what left."""

    number: int
    decision: Decision
    release: Release
    colours: Mapping[str, str]


class Watch(Observer):
    """Watches the street.

    Parameters
    ----------
    sources
        Each source and which reader takes its samples.
    on_window
        Called after each closed window.
    """

    def __init__(
        self, sources: Mapping[str, Modality], *, on_window: Callable[[Window], None] = lambda _: None
    ) -> None:
        self.sources = {name: Sensed(modality) for name, modality in sources.items()}
        self.readings: dict[Modality, Affect] = {}
        self.room: RoomState | None = None
        self.windows: deque[Window] = deque(maxlen=REMEMBERED_WINDOWS)
        self.closed = 0
        self.published = 0
        self._on_window = on_window
        self._decision: Decision | None = None
        self._release: Release | None = None

    def on_source_status(self, status: SourceStatus) -> None:
        """Note the state of a source."""
        self.sources[status.name].state = status.state
        self.sources[status.name].detail = status.detail

    def on_sample(self, sample: Sample) -> None:
        """Note how a source flows."""
        source = self.sources[sample.source]
        if isinstance(sample, VideoFrame):
            source.frames_s.append(sample.taken_s)
            took_s = source.frames_s[-1] - source.frames_s[0]
            rate = f"{(len(source.frames_s) - 1) / took_s:.0f}/s" if took_s > 0 else ""
            source.flow = f"{sample.rgb.shape[1]}x{sample.rgb.shape[0]} {rate}"
        else:
            source.flow = _flow(sample)

    def on_affect(self, affect: Affect) -> None:
        """Note a reading."""
        self.readings[affect.modality] = affect

    def on_room(self, room: RoomState) -> None:
        """Note the fused state; a reading that fusion no longer counts is forgotten."""
        self.room = room
        fresh = {affect.modality for affect in room.evidence}
        self.readings = {key: value for key, value in self.readings.items() if key in fresh}

    def on_decision(self, decision: Decision) -> None:
        """Note what the gate decided."""
        self._decision = decision

    def on_release(self, release: Release) -> None:
        """Note what left."""
        self._release = release

    def on_lamps(self, colours: Mapping[str, str]) -> None:
        """Note the lamps; they come last of what a window brings."""
        if self._decision is None or self._release is None:
            return
        self.closed += 1
        self.published += self._decision.published
        window = Window(self.closed, self._decision, self._release, dict(colours))
        self.windows.append(window)
        self._on_window(window)


def _flow(sample: AudioChunk | EcgChunk | PulseChunk | HeartBeats | SkinConductance) -> str:
    match sample:
        case AudioChunk():
            return "16 kHz"
        case HeartBeats():
            return "beat by beat"
        case _:
            return f"{sample.rate_hz:.0f} Hz"
