"""Functionals of every clip in several imagined recording sessions, computed by the code of the device."""

from __future__ import annotations

import hashlib
import zlib
from multiprocessing import Pool
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from corpora.speech import HELD_OUT_NOISES, NOISES, ROOMS, Clip, decode, read_manifest
from edge.speech.frontend import BLOCK_FRAMES, HOP, FrontEnd
from edge.speech.functionals import functionals
from edge.speech.pitch import PITCH_FRAME
from edge.speech.utterance import LONGEST_BLOCKS, trimmed
from training.audio import imagine, perform

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SOURCES: Final = (
    "edge/speech/frontend.py",
    "edge/speech/pitch.py",
    "edge/speech/functionals.py",
    "edge/speech/utterance.py",
    "tools/training/audio.py",
    "tools/training/speech_features.py",
)


def extract(
    data: Path, corpora: tuple[str, ...], *, takes: int, cache: Path, workers: int = 2
) -> tuple[list[Clip], NDArray[np.float32]]:
    """Clips of the corpora and their functionals, shape (takes, clips, d)."""
    clips = [clip for clip in read_manifest(data) if clip.corpus in corpora]
    cache.mkdir(parents=True, exist_ok=True)
    root = Path(__file__).resolve().parents[2]
    code = hashlib.sha256(b"".join((root / name).read_bytes() for name in _SOURCES))
    code.update(repr(sorted(clip.file for clip in clips)).encode())
    files = [cache / f"functionals-{code.hexdigest()[:12]}-{take}.npy" for take in range(takes)]
    missing = [take for take, file in enumerate(files) if not file.exists()]
    with Pool(workers) as pool:
        for take, values in pool.imap_unordered(_take, [(data, clips, take) for take in missing]):
            np.save(files[take], values)
            print(f"take {take}: {values.shape}", flush=True)
    return clips, np.stack([np.load(file) for file in files])


def utterance_values(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Functionals of a clip that holds one utterance: its last five seconds, without faint edges."""
    tail = np.zeros(BLOCK_FRAMES * HOP + PITCH_FRAME, np.float32)
    frames = FrontEnd()(np.concatenate([samples, tail]))[: max(1, len(samples) // HOP)]
    return functionals(trimmed(frames)[-LONGEST_BLOCKS * BLOCK_FRAMES :])


def _take(job: tuple[Path, list[Clip], int]) -> tuple[int, NDArray[np.float32]]:
    data, clips, take = job
    everything = read_manifest(data)
    rooms = [
        decode(data / clip.file) for clip in everything if clip.corpus == ROOMS and clip.text_id == "RIRs"
    ]
    noises = [
        decode(data / clip.file)
        for clip in everything
        if clip.corpus == NOISES and clip.speaker != HELD_OUT_NOISES
    ]
    rows = []
    for index, clip in enumerate(clips):
        samples = decode(data / clip.file)
        if take:
            session = imagine(np.random.default_rng([take, zlib.crc32(clip.speaker.encode())]), rooms)
            rng = np.random.default_rng([take, index])
            samples = perform(session, samples, noises[int(rng.integers(len(noises)))], rng)
        rows.append(utterance_values(samples))
    return take, np.stack(rows)
