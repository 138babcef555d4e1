"""What an analysis keeps: numbers of the room by tick, of the windows, of the moments, and counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from edge.analysis.compare import Comparison
    from edge.analysis.content import Content, Scene
    from edge.gate.decision import Reason
    from edge.release import Level, Profile, State
    from edge.signals import Moment


@dataclass(frozen=True, slots=True)
class Tick:
    """The room over one short span, or one window where the gate alone may speak.

    Attributes
    ----------
    start_s, span_s
        In content time.
    shares
        Of the eight emotions, in the order of `EMOTIONS`; empty when nothing was read.
    valence, arousal, attention, expressiveness, synchrony, stress
        As in `RoomState` and `Engagement`; None when unknown or withheld.
    quality
        In [0, 1].
    people, facing
        Faces in view, and those that faced the camera; None where the gate alone may speak.
    """

    start_s: float
    span_s: float
    shares: tuple[float, ...] = ()
    valence: float | None = None
    arousal: float | None = None
    quality: float = 0.0
    attention: float | None = None
    expressiveness: float | None = None
    synchrony: float | None = None
    stress: float | None = None
    people: int | None = None
    facing: int | None = None

    @property
    def end_s(self) -> float:
        """Where the next tick begins."""
        return self.start_s + self.span_s

    @property
    def is_known(self) -> bool:
        """Whether anything was read of anybody."""
        return bool(self.shares) or self.arousal is not None or self.stress is not None


@dataclass(frozen=True, slots=True)
class Window:
    """A window as the gate closed it: what a device in that room would have published.

    Attributes
    ----------
    read_quality
        Mean quality of what was read, in [0, 1], whether it was published or not; None where the
        gate alone may speak.
    """

    start_s: float
    end_s: float
    reason: Reason
    state: State
    valence: float | None
    arousal: float | None
    quality: Level
    read_quality: float | None


@dataclass(frozen=True, slots=True)
class Reaction:
    """A moment, and how many viewers took part.

    Attributes
    ----------
    moment
        At a second of the content.
    joined, viewers
        Viewers whose own reaction rose, of those who were in view; 0 of 0 without faces.
    """

    moment: Moment
    joined: int
    viewers: int


@dataclass(frozen=True, slots=True)
class Audience:
    """Counts of faces, and nothing else of them.

    Attributes
    ----------
    most
        Faces in view at one time, at the most.
    mean
        Faces in view on average, while there was any.
    visits
        Unbroken stretches in which one face was in view, by how long they lasted: `DWELL_S`.
    attention
        Share of the faces in view that faced the camera, in [0, 1], or None.
    """

    most: int
    mean: float
    visits: tuple[int, ...]
    attention: float | None


@dataclass(frozen=True, slots=True)
class SceneSummary:
    """Means over one scene, weighted by time; None where nothing is known."""

    scene: Scene
    valence: float | None
    arousal: float | None
    attention: float | None
    moments: tuple[int, ...]
    """Numbers of the moments in it, from 1."""


@dataclass(frozen=True, slots=True)
class Played:
    """How one part of the recordings went.

    Attributes
    ----------
    played_s
        How far it could be read.
    trouble
        Why it could not, or broke off; empty when all went well.
    """

    name: str
    file: str
    kind: str
    length_s: float | None
    played_s: float
    trouble: str


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything that a report says.

    Attributes
    ----------
    consented
        Whether everybody in the recordings has agreed, so that ticks may be told; otherwise the
        gate's windows are all there is.
    together, together_p
        Synchrony of all viewers over all of the content, and its chance; None with fewer than two.
    """

    title: str
    content: Content
    profile: Profile
    window_s: float
    consented: bool
    ticks: tuple[Tick, ...]
    windows: tuple[Window, ...]
    reactions: tuple[Reaction, ...]
    audience: Audience | None
    together: float | None
    together_p: float | None
    scenes: tuple[SceneSummary, ...]
    played: tuple[Played, ...]
    skipped: tuple[tuple[str, str], ...] = field(default=())
    sound_left_out: bool = False
    comparison: Comparison | None = None


DWELL_S: Final = (5.0, 30.0, 120.0)
"""Visits are counted by length: below the first, between the first and the second, and so on."""
