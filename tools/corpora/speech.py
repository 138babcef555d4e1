"""Reader of the speech corpora: `manifest.csv` and 16 kHz mono Ogg-Opus files."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import av
import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

RATE_HZ: Final = 16_000
EMOTION_CORPORA: Final = ("ravdess", "nemo", "emodb")
NOISES: Final = "noise_esc10"
HELD_OUT_NOISES: Final = "fold4"
"""Sound events that no clip of the emotion nets is mixed with, for tests in unseen noise."""
ROOMS: Final = "rirs_noise_speechbrain"

LABELS: Final = {"happy": "happiness", "sad": "sadness", "angry": "anger"}
"""Names of the corpora that differ from those of `edge.emotion`; calm and boredom have none there."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One row of the manifest; `emotion` in the words of `edge.emotion` plus calm and boredom."""

    file: str
    corpus: str
    speaker: str
    gender: str
    emotion: str
    text_id: str
    duration_s: float


def read_manifest(directory: Path) -> list[Clip]:
    """All clips but exact duplicates."""
    with (directory / "manifest.csv").open(newline="", encoding="utf-8") as stream:
        return [
            Clip(
                file=row["file"],
                corpus=row["corpus"],
                speaker=row["speaker"],
                gender=row["gender"],
                emotion=LABELS.get(row["emotion"], row["emotion"]),
                text_id=row["text_id"],
                duration_s=float(row["duration_s"] or 0),
            )
            for row in csv.DictReader(stream)
            if not row["dup_of"]
        ]


def decode(path: Path) -> NDArray[np.float32]:
    """Decode to mono float32 in [-1, 1] at `RATE_HZ`."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE_HZ)
    with av.open(str(path)) as container:
        frames = [
            piece.to_ndarray()[0]
            for frame in container.decode(audio=0)
            for piece in resampler.resample(frame)
        ]
    frames += [piece.to_ndarray()[0] for piece in resampler.resample(None)]
    return np.concatenate(frames).astype(np.float32, copy=False)
