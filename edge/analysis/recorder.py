"""Watches the street over recordings and keeps what may be told."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from edge.analysis.seats import Seats, faces_in_view
from edge.analysis.timeline import Tick, Window
from edge.capture.supervisor import SourceState
from edge.emotion import EMOTIONS, Emotion
from edge.errors import SourceError, SourceReason
from edge.gate.decision import Reason
from edge.release import Level, Profile, State
from edge.signals import EcgChunk, HeartBeats, PulseChunk, SkinConductance, VideoFrame
from edge.street import Observer

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge.capture.supervisor import SourceStatus
    from edge.gate.decision import Decision
    from edge.release import Release
    from edge.signals import RoomState, Sample

TELLABLE: Final = frozenset({Reason.ALLOWED, Reason.NO_EVIDENCE})
"""Windows of which ticks are kept; a window without evidence of a class is not withheld from anybody."""

_FACES_CAMERA: Final = 0.5
_QUALITY: Final = {Level.LOW: 0.25, Level.MEDIUM: 0.5, Level.HIGH: 0.75, Level.UNKNOWN: 0.0}


class Recorder(Observer):
    """Keeps numbers of the room by tick where everybody has agreed, and of the gate's windows otherwise.

    Parameters
    ----------
    consented
        Without it, no state of the room is looked at: what the gate lets go is all there is.
    span_s
        Seconds from tick to tick.
    on_time
        Told the second of the recordings that has been reached.
    """

    def __init__(
        self, *, consented: bool, profile: Profile, span_s: float, on_time: Callable[[float], None]
    ) -> None:
        self.seats = Seats()
        self.ended_s: dict[str, float] = {}
        self.failed: dict[str, SourceError] = {}
        self._consented = consented
        self._profile = profile
        self._span_s = span_s
        self._on_time = on_time
        self._open: list[RoomState] = []
        self._decision: Decision | None = None
        self._ticks: list[Tick] = []
        self._windows: list[Window] = []

    def on_source_status(self, status: SourceStatus) -> None:
        """Remember why a recording could not be read."""
        if status.state is SourceState.FAILED:
            reason = status.reason or SourceReason.UNREADABLE
            self.failed[status.name] = SourceError(status.name, reason, status.detail)

    def on_sample(self, sample: Sample) -> None:
        """Remember how far each recording has been played; what is in the sample is not looked at."""
        match sample:
            case VideoFrame():
                end_s = sample.taken_s
            case HeartBeats():
                end_s = float(sample.at_s[-1])
            case EcgChunk() | PulseChunk() | SkinConductance() | _:
                end_s = sample.end_s
        self.ended_s[sample.source] = end_s

    def on_room(self, room: RoomState) -> None:
        """Hold the state until the gate has closed its window."""
        self._on_time(room.at_s)
        if self._consented:
            self._open.append(room)

    def on_decision(self, decision: Decision) -> None:
        """Hold the reason until the release comes."""
        self._decision = decision

    def on_release(self, release: Release) -> None:
        """Close a window: keep its ticks, or forget them."""
        reason = self._decision.reason if self._decision else Reason.NO_EVIDENCE
        start_s = release.window * release.window_s
        end_s = start_s + release.window_s
        inside = [room for room in self._open if room.at_s <= end_s]
        self._open = [room for room in self._open if room.at_s > end_s]
        qualities = [room.quality for room in inside]
        self._windows.append(
            Window(
                start_s=start_s,
                end_s=end_s,
                reason=reason,
                state=release.state,
                valence=release.valence,
                arousal=release.arousal,
                quality=release.quality,
                read_quality=sum(qualities) / len(qualities) if qualities else None,
            )
        )
        if not self._consented:
            self._ticks.append(_of_release(release, start_s))
            return
        for room in inside:
            if reason in TELLABLE:
                if _shows_classes(room):
                    self.seats.note(room)
                self._ticks.append(self._of_room(room))
            else:
                self._ticks.append(Tick(room.at_s - self._span_s, self._span_s))

    def ticks(self, length_s: float) -> tuple[Tick, ...]:
        """The ticks up to the end of what was played."""
        return tuple(
            replace(tick, span_s=min(tick.span_s, length_s - tick.start_s))
            for tick in self._ticks
            if tick.start_s < length_s - 1e-6
        )

    def windows(self, length_s: float) -> tuple[Window, ...]:
        """The windows up to the end of what was played."""
        return tuple(window for window in self._windows if window.start_s < length_s - 1e-6)

    def _of_room(self, room: RoomState) -> Tick:
        in_view = faces_in_view(room)
        engagement = room.engagement
        return Tick(
            start_s=room.at_s - self._span_s,
            span_s=self._span_s,
            shares=tuple(map(float, room.probabilities)) if _shows_classes(room) else (),
            valence=room.valence,
            arousal=room.arousal,
            quality=room.quality,
            attention=engagement.attention if engagement else None,
            expressiveness=engagement.expressiveness if engagement else None,
            synchrony=engagement.synchrony if engagement else None,
            stress=room.stress if self._profile is Profile.PERSONAL else None,
            people=len(in_view),
            facing=sum((face.facing or 0.0) >= _FACES_CAMERA for face in in_view),
        )


def _shows_classes(room: RoomState) -> bool:
    """Whether an emotion was seen or heard; bodily arousal alone merely leans towards some."""
    return any(reading.mask.any() for reading in room.evidence)


def _of_release(release: Release, start_s: float) -> Tick:
    state = None if release.state is State.INSUFFICIENT else Emotion(release.state.value)
    return Tick(
        start_s=start_s,
        span_s=release.window_s,
        shares=tuple(float(emotion is state) for emotion in EMOTIONS) if state else (),
        valence=release.valence,
        arousal=release.arousal,
        quality=_QUALITY[release.quality],
    )
