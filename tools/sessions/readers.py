"""All that the readers say of the given corpora."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessions.bank import Bank
from sessions.bodies import read_bodies
from sessions.faces import read_faces
from sessions.people import Part
from sessions.voices import read_speech

if TYPE_CHECKING:
    from pathlib import Path

    from edge.inference import ModelStore, Runtime


def read_bank(
    data: Path, store: ModelStore, *, runtime: Runtime | None = None, seed: int = 0
) -> dict[Part, Bank]:
    """Everything there is, by part."""
    faces = read_faces(data, store, runtime=runtime, seed=seed)
    voices = read_speech(data, store, runtime=runtime, seed=seed)
    bodies = read_bodies(data, store, runtime=runtime)
    return {part: Bank.of(faces[part] + voices[part] + bodies[part]) for part in Part}
