"""Readings of voices: clips of held-out speakers through the speech reader."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from corpora.speech import EMOTION_CORPORA, Clip, decode, read_manifest
from edge.emotion import Emotion
from edge.speech import SpeechReader
from edge.speech.options import SpeechOptions
from measure.speech import play
from sessions.bank import Recorded
from sessions.people import Part, held_out

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from edge.inference import ModelStore, Runtime

CLIPS_A_SPEAKER: Final = 60


def read_speech(
    data: Path, store: ModelStore, *, runtime: Runtime | None = None, seed: int = 0
) -> dict[Part, list[Recorded]]:
    """Clips of held-out speakers through the speech reader, clean and with noise at 0 to 15 dB.

    Each speaker's clips come in random order with pauses, so that the running normalisation works
    as it does in a room. Of each clip the last reading counts.
    """
    root = data / "speech" if (data / "speech").is_dir() else data
    clips = [clip for clip in read_manifest(root) if clip.emotion in set(Emotion)]
    parts: dict[Part, list[Recorded]] = {part: [] for part in Part}
    for corpus in EMOTION_CORPORA:
        for speaker, part in held_out(clip.speaker for clip in clips if clip.corpus == corpus).items():
            spoken = [clip for clip in clips if clip.corpus == corpus and clip.speaker == speaker]
            parts[part].extend(_read_speaker(root, spoken, store, runtime=runtime, seed=seed))
    return parts


def _read_speaker(
    root: Path, clips: list[Clip], store: ModelStore, *, runtime: Runtime | None, seed: int
) -> list[Recorded]:
    rng = np.random.default_rng(seed)
    recorded = []
    for clean, most in ((True, CLIPS_A_SPEAKER), (False, CLIPS_A_SPEAKER // 3)):
        reader = SpeechReader(SpeechOptions(), store=store, runtime=runtime)
        for index in rng.permutation(len(clips))[:most]:
            samples = decode(root / clips[index].file)
            heard = play(reader, samples if clean else _noisy(samples, rng))
            if heard:
                reading = replace(reader.affect(heard[-1]), who=0)
                recorded.append(Recorded(clips[index].emotion, clips[index].speaker, clean, reading))
    return recorded


def _noisy(samples: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    loudness = float(np.sqrt(np.mean(samples**2)))
    noise = rng.normal(scale=loudness / 10 ** (rng.uniform(0, 15) / 20), size=len(samples))
    return np.clip(samples + noise, -1, 1).astype(np.float32)
