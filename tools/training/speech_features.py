"""What the nets see of every clip in several imagined recording sessions, by the code of the device."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from multiprocessing import Pool
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from corpora.speech import HELD_OUT_NOISES, NOISES, ROOMS, Clip, decode, read_manifest
from edge.speech.frontend import BLOCK_FRAMES, HOP, FrontEnd
from edge.speech.functionals import functionals
from edge.speech.pitch import PITCH_FRAME
from edge.speech.utterance import LONGEST_BLOCKS, trimmed
from edge.speech.views import spectrum
from training.audio import imagine, perform

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.speech.frontend import Frames

_SOURCES: Final = (
    "edge/speech/frontend.py",
    "edge/speech/pitch.py",
    "edge/speech/functionals.py",
    "edge/speech/utterance.py",
    "edge/speech/views.py",
    "tools/training/audio.py",
    "tools/training/speech_features.py",
)


SPECTRUM_LENGTH: Final = 176
"""Steps of a spectrogram that is kept; training draws shorter ones out of it."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Clips in several takes, the first as it is.

    Shapes: functionals (takes, clips, d), spectra (takes, clips, SPECTRUM_LENGTH, MELS).
    """

    clips: list[Clip]
    functionals: NDArray[np.float32]
    spectra: NDArray[np.float16]


def extract(
    data: Path, corpora: tuple[str, ...], *, takes: int, cache: Path, workers: int = 2, noisy: bool = False
) -> Heard:
    """Hear the clips of the corpora in `takes` sessions; what was heard before is read from `cache`."""
    clips = [clip for clip in read_manifest(data) if clip.corpus in corpora]
    cache.mkdir(parents=True, exist_ok=True)
    root = Path(__file__).resolve().parents[2]
    code = hashlib.sha256(b"".join((root / name).read_bytes() for name in _SOURCES))
    code.update(repr(sorted(clip.file for clip in clips)).encode())
    kinds = ["noisy" if noisy and take else "plain" for take in range(takes)]
    files = [cache / f"heard-{code.hexdigest()[:12]}-{kind}-{take}.npz" for take, kind in enumerate(kinds)]
    missing = [take for take, file in enumerate(files) if not file.exists()]
    with Pool(workers) as pool:
        jobs = [(data, clips, take, kinds[take] == "noisy") for take in missing]
        for take, parts in pool.imap_unordered(_take, jobs):
            np.savez(files[take], **parts)
            print(f"take {take} ({kinds[take]})", flush=True)
    held = [np.load(file) for file in files]
    return Heard(clips, *(np.stack([one[part] for one in held]) for part in ("values", "spectra")))


def utterance_of(samples: NDArray[np.float32]) -> Frames:
    """Frames of a clip that holds one utterance: its last five seconds, without faint edges."""
    tail = np.zeros(BLOCK_FRAMES * HOP + PITCH_FRAME, np.float32)
    frames = FrontEnd()(np.concatenate([samples, tail]))[: max(1, len(samples) // HOP)]
    return trimmed(frames)[-LONGEST_BLOCKS * BLOCK_FRAMES :]


def _take(job: tuple[Path, list[Clip], int, bool]) -> tuple[int, dict[str, NDArray[np.floating]]]:
    data, clips, take, noisy = job
    everything = read_manifest(data)
    rooms = [
        decode(data / clip.file) for clip in everything if clip.corpus == ROOMS and clip.text_id == "RIRs"
    ]
    noises = [
        decode(data / clip.file)
        for clip in everything
        if clip.corpus == NOISES and clip.speaker != HELD_OUT_NOISES
    ]
    values, spectra = [], []
    for index, clip in enumerate(clips):
        samples = decode(data / clip.file)
        if take:
            rng = np.random.default_rng([take, zlib.crc32(clip.speaker.encode()), *[1] * noisy])
            session = imagine(rng, rooms, noisy=noisy)
            rng = np.random.default_rng([take, index])
            samples = perform(session, samples, noises[int(rng.integers(len(noises)))], rng)
        frames = utterance_of(samples)
        values.append(functionals(frames))
        spectra.append(spectrum(frames, steps=SPECTRUM_LENGTH).astype(np.float16))
    return take, {"values": np.stack(values), "spectra": np.stack(spectra)}
