"""Analyses, rooms and media made up for tests."""

from __future__ import annotations

import wave
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from edge.analysis.content import Content, Scene
from edge.analysis.timeline import Analysis, Audience, Played, Reaction, SceneSummary, Tick, Window
from edge.emotion import EMOTIONS, Emotion, MomentKind, valence_arousal
from edge.gate.decision import Reason
from edge.release import Level, Profile, State
from edge.signals import Affect, Engagement, Modality, Moment, RoomState

HOSTILE = '<script>alert("x")</script> & |M:y'


def shares(emotion: Emotion, certainty: float = 1.0) -> np.ndarray:
    probabilities = np.full(len(EMOTIONS), (1 - certainty) / (len(EMOTIONS) - 1))
    probabilities[emotion.position] = certainty
    return probabilities


def face(
    who: int, at_s: float, emotion: Emotion, *, start_s: float | None = None, facing: float = 1.0
) -> Affect:
    probabilities = shares(emotion, 0.93)
    valence, arousal = valence_arousal(probabilities)
    return Affect(
        modality=Modality.FACE,
        who=who,
        start_s=at_s - 0.2 if start_s is None else start_s,
        end_s=at_s,
        probabilities=probabilities,
        mask=np.ones(len(EMOTIONS), dtype=np.bool_),
        valence=valence,
        arousal=arousal,
        quality=0.9,
        facing=facing,
    )


def room(at_s: float, *faces: Affect, stress: float | None = None) -> RoomState:
    known = bool(faces)
    pooled = np.mean([f.probabilities for f in faces], axis=0) if known else np.zeros(len(EMOTIONS))
    valence, arousal = valence_arousal(pooled) if known else (None, None)
    return RoomState(
        at_s=at_s,
        probabilities=pooled,
        valence=valence,
        arousal=arousal,
        quality=0.9 if known else 0.0,
        stress=stress,
        evidence=faces,
        weights={},
        engagement=Engagement(1.0 if known else None, 0.1 if known else None, arousal, 0.3, 0.01),
    )


def content(**changed: object) -> Content:
    known: dict[str, object] = {"name": "film.mp4", "length_s": 60.0, "frame_rate": Fraction(25)}
    return Content(**{**known, **changed})  # type: ignore[arg-type]


def reaction(at_s: float = 12.4, kind: MomentKind = MomentKind.JOY, *, joined: int = 3) -> Reaction:
    return Reaction(Moment(at_s, kind, 0.62, 0.98), joined, 4)


def analysis(**changed: object) -> Analysis:
    def tick(start_s: float) -> Tick:
        if 40 <= start_s < 45:
            return Tick(start_s, 0.5)
        emotion = Emotion.HAPPINESS if start_s >= 12 else Emotion.NEUTRAL
        return Tick(
            start_s, 0.5, tuple(shares(emotion, 0.9)), 0.5, 0.25, 0.8, 1.0, 0.1, 0.2, people=4, facing=3
        )

    known: dict[str, object] = {
        "title": "film.mp4",
        "content": content(),
        "profile": Profile.HOUSEHOLD,
        "window_s": 10.0,
        "consented": True,
        "ticks": tuple(tick(at_s) for at_s in np.arange(0, 60, 0.5)),
        "windows": (
            Window(0, 10, Reason.ALLOWED, State.NEUTRAL, 0.0, 0.0, Level.HIGH, 0.8),
            Window(10, 20, Reason.TOO_FEW, State.INSUFFICIENT, None, None, Level.LOW, 0.0),
        ),
        "reactions": (reaction(), reaction(30.0, MomentKind.TENSION)),
        "audience": Audience(4, 3.9, (1, 2, 1, 0), 0.75),
        "together": 0.42,
        "together_p": 0.01,
        "scenes": (SceneSummary(Scene("The door", 0, 30), 0.4, 0.2, 0.75, (1,)),),
        "played": (Played("a-face", "anna.mp4", "replay_video", 60.0, 60.0, ""),),
        "skipped": (("notes.txt", "it is no video, sound or signal"),),
    }
    return Analysis(**{**known, **changed})  # type: ignore[arg-type]


def write_video(path: Path, *, seconds: float = 2.0, rate: int = 10, chapters: bool = False) -> Path:
    """A wall without anybody, perhaps with two chapters."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        if chapters:
            container.set_chapters(
                [
                    {"id": n, "start": n * 1000, "end": (n + 1) * 1000, "time_base": Fraction(1, 1000)}
                    | {"metadata": {"title": title} if title else {}}
                    for n, title in enumerate(("Opening", ""))
                ]
            )
        picture = np.full((120, 160, 3), 120, np.uint8)
        for _ in range(round(seconds * rate)):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


def write_sound(path: Path, *, seconds: float = 1.0) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(np.zeros(round(16_000 * seconds), "<i2").tobytes())
    return path
