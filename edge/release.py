"""The only value that may leave the device."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from edge.emotion import Emotion, MomentKind

PAYLOAD_VERSION: Final = 1

PAYLOAD_BYTES: Final = 640
"""Length of every encoded release, so that its size tells nothing; padded with spaces at the end."""

CONTENT_PATTERN: Final = "^[A-Za-z0-9_.-]{1,32}$"
"""What a player may name what it shows."""

LONGEST_CONTENT_S: Final = 1e6
"""No position in content lies beyond it, which leaves room for live streams of days."""


class Profile(StrEnum):
    """How far a publication may go; what each promises stands in `edge.gate.profiles`."""

    PERSONAL = "personal"
    HOUSEHOLD = "household"
    PUBLIC = "public"


class State(StrEnum):
    """The dominant state of a window: an emotion, or `insufficient` when the gate withheld it."""

    NEUTRAL = "neutral"
    HAPPINESS = "happiness"
    SURPRISE = "surprise"
    SADNESS = "sadness"
    ANGER = "anger"
    DISGUST = "disgust"
    FEAR = "fear"
    CONTEMPT = "contempt"
    INSUFFICIENT = "insufficient"


class Level(StrEnum):
    """A coarse band."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    UNKNOWN = "unknown"


class Suggestion(StrEnum):
    """What an experience that adapts may do with a room; `unknown` when nothing is known of it."""

    EASE = "ease"
    HOLD = "hold"
    INTENSIFY = "intensify"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Release:
    """One closed window of one zone, as the gate lets it go.

    Attributes
    ----------
    zone, profile, window_s
        Which room, under which promise, over how many seconds.
    window
        Index of the window on a fixed grid of wall time, never a clock time.
    state
        Dominant state, or `insufficient`.
    valence, arousal
        In [-1, 1], multiples of 0.25; None when withheld.
    stress
        Band; `unknown` outside the `personal` profile.
    quality
        Band of the evidence behind the window.
    people
        Band of the number of people, e.g. `"<10"` or `"10-19"`; `"unknown"` outside `public`.
    shares
        Share of each state in steps of 0.1, from the noisy histogram; empty outside `public`.
    epsilon
        Privacy budget this window cost; None outside `public`.
    suggestion
        What a game, a player or a lamp may do next; follows from the coarse numbers above alone.
    coherence, breaths_per_minute
        Band of how well the wearer's heart follows the paced breath, and the pace, a multiple of 0.5;
        `unknown` and None outside `personal` and while no breath is paced.
    attention
        Share of the people who faced the screen, a multiple of 0.1, from noisy counts; None outside
        `public` and when withheld.
    moment, moment_s
        What most of those who reacted changed to, from noisy counts, and in which part of the window, in
        seconds after its start; None outside `public` and without a moment.
    content, content_s
        What was shown when the window began, as the player named it, and its position then, in seconds;
        None without a player.
    """

    zone: str
    profile: Profile
    window: int
    window_s: float
    state: State
    valence: float | None = None
    arousal: float | None = None
    stress: Level = Level.UNKNOWN
    quality: Level = Level.UNKNOWN
    people: str = "unknown"
    shares: tuple[tuple[Emotion, float], ...] = ()
    epsilon: float | None = None
    suggestion: Suggestion = Suggestion.UNKNOWN
    coherence: Level = Level.UNKNOWN
    breaths_per_minute: float | None = None
    attention: float | None = None
    moment: MomentKind | None = None
    moment_s: float | None = None
    content: str | None = None
    content_s: float | None = None

    def payload(self) -> dict[str, object]:
        """Make the JSON object that is published, with the same keys in every window of a profile."""
        keys: dict[str, object] = {
            "v": PAYLOAD_VERSION,
            "zone": self.zone,
            "profile": self.profile.value,
            "window": self.window,
            "window_s": self.window_s,
            "state": self.state.value,
            "valence": self.valence,
            "arousal": self.arousal,
            "quality": self.quality.value,
            "suggestion": self.suggestion.value,
        }
        if self.profile is Profile.PERSONAL:
            keys["stress"] = self.stress.value
            keys["coherence"] = self.coherence.value
            keys["breaths_per_minute"] = self.breaths_per_minute
        if self.profile is Profile.PUBLIC:
            shares = dict(self.shares)
            keys["people"] = self.people
            keys["shares"] = {emotion.value: shares.get(emotion) for emotion in Emotion}
            keys["epsilon"] = self.epsilon
            keys["attention"] = self.attention
            keys["moment"] = self.moment.value if self.moment else None
            keys["moment_s"] = self.moment_s
            keys["content"] = self.content
            keys["content_s"] = self.content_s
        return keys

    def encode(self) -> bytes:
        """Encode as UTF-8 JSON of `PAYLOAD_BYTES`, one line."""
        return (
            json.dumps(self.payload(), separators=(",", ":"), allow_nan=False).encode().ljust(PAYLOAD_BYTES)
        )

    @classmethod
    def decode(cls, payload: bytes) -> Release:
        """Decode what `encode` made.

        Raises
        ------
        ValueError
            It is no release of this version.
        """
        try:
            keys = json.loads(payload)
            moment = keys.get("moment")
            if keys["v"] != PAYLOAD_VERSION:
                raise ValueError(f"version {keys['v']}, wanted {PAYLOAD_VERSION}")
            return cls(
                zone=keys["zone"],
                profile=Profile(keys["profile"]),
                window=keys["window"],
                window_s=keys["window_s"],
                state=State(keys["state"]),
                valence=keys["valence"],
                arousal=keys["arousal"],
                stress=Level(keys.get("stress", Level.UNKNOWN)),
                quality=Level(keys["quality"]),
                people=keys.get("people", "unknown"),
                shares=tuple(
                    (Emotion(name), share)
                    for name, share in keys.get("shares", {}).items()
                    if share is not None
                ),
                epsilon=keys.get("epsilon"),
                suggestion=Suggestion(keys.get("suggestion", Suggestion.UNKNOWN)),
                coherence=Level(keys.get("coherence", Level.UNKNOWN)),
                breaths_per_minute=keys.get("breaths_per_minute"),
                attention=keys.get("attention"),
                moment=None if moment is None else MomentKind(moment),
                moment_s=keys.get("moment_s"),
                content=keys.get("content"),
                content_s=keys.get("content_s"),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a release: {error!r}") from error
