"""What the nets see of every clip in several imagined recording sessions, by the code of the device."""

from __future__ import annotations

import hashlib
import inspect
import zlib
from dataclasses import dataclass
from multiprocessing import Pool
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from corpora.speech import HELD_OUT_NOISES, NOISES, ROOMS, Clip, decode, read_manifest
from edge.speech.frontend import BLOCK_FRAMES, HOP, FrontEnd
from edge.speech.functionals import functionals
from edge.speech.pitch import PITCH_FRAME
from edge.speech.utterance import LONGEST_BLOCKS, trimmed
from edge.speech.views import spectrum
from training.audio import Take, imagine, perform

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edge.speech.frontend import Frames

SOURCES: Final = (
    "edge/speech/frontend.py",
    "edge/speech/pitch.py",
    "edge/speech/functionals.py",
    "edge/speech/utterance.py",
    "tools/training/audio.py",
    "tools/training/speech_features.py",
)


CLEAN: Final = "clean"
_STEADY_REPEATED: Final = 4
SPECTRUM_LENGTH: Final = 176
"""Steps of a spectrogram that is kept; training draws shorter ones out of it."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Clips in several takes, the first as it is.

    Shapes: functionals (takes, clips, d), spectra (takes, clips, SPECTRUM_LENGTH, MELS), spoilt
    (takes, clips): whether noise, a room or a telephone lies over the clip.
    """

    clips: list[Clip]
    functionals: NDArray[np.float32]
    spectra: NDArray[np.float16]
    spoilt: NDArray[np.bool_]

    def only(self, rows: NDArray[np.intp]) -> Heard:
        """Some of the clips."""
        clips = [self.clips[row] for row in rows]
        return Heard(clips, self.functionals[:, rows], self.spectra[:, rows], self.spoilt[:, rows])


def extract(
    data: Path, corpora: tuple[str, ...], *, takes: Sequence[str], cache: Path, workers: int = 2
) -> Heard:
    """Hear the clips of the corpora in several sessions; what was heard before is read from `cache`.

    A take is "clean", "session 1" and so on (an imagined one, another for each speaker), or "10 dB" and so
    on: with sound events that no session has, at that signal-to-noise ratio.
    """
    clips = [clip for clip in read_manifest(data) if clip.corpus in corpora]
    cache.mkdir(parents=True, exist_ok=True)
    code = digest(SOURCES, inspect.getsource(spectrum), sorted(clip.file for clip in clips))
    files = {take: cache / f"heard-{code}-{take.replace(' ', '-')}.npz" for take in takes}
    missing = [take for take, file in files.items() if not file.exists()]
    with Pool(workers) as pool:
        for take, parts in pool.imap_unordered(_take, [(data, clips, take) for take in missing]):
            np.savez(files[take], **parts)
            print(f"heard: {take}", flush=True)
    held = [np.load(files[take]) for take in takes]
    return Heard(clips, *(np.stack([one[part] for one in held]) for part in ("values", "spectra", "spoilt")))


def digest(sources: Sequence[str], *rest: object) -> str:
    """Twelve digits that change with the code in `sources` and with whatever else a result rests on."""
    root = Path(__file__).resolve().parents[2]
    code = hashlib.sha256(b"".join((root / name).read_bytes() for name in sources))
    code.update(repr(rest).encode())
    return code.hexdigest()[:12]


def utterance_of(samples: NDArray[np.float32]) -> Frames:
    """Frames of a clip that holds one utterance: its last five seconds, without faint edges."""
    tail = np.zeros(BLOCK_FRAMES * HOP + PITCH_FRAME, np.float32)
    frames = FrontEnd()(np.concatenate([samples, tail]))[: max(1, len(samples) // HOP)]
    return trimmed(frames)[-LONGEST_BLOCKS * BLOCK_FRAMES :]


def _take(job: tuple[Path, list[Clip], str]) -> tuple[str, dict[str, NDArray[Any]]]:
    data, clips, take = job
    everything = read_manifest(data)
    rooms = [
        decode(data / clip.file) for clip in everything if clip.corpus == ROOMS and clip.text_id == "RIRs"
    ]
    events = [clip for clip in everything if clip.corpus == NOISES]
    steady = [clip for clip in everything if clip.corpus == ROOMS and clip.text_id != "RIRs"]
    in_training = [clip for clip in events if clip.speaker != HELD_OUT_NOISES] + steady * _STEADY_REPEATED
    unseen = [clip for clip in events if clip.speaker == HELD_OUT_NOISES]
    noises = [decode(data / clip.file) for clip in (unseen if take.endswith("dB") else in_training)]
    values, spectra, spoilt = [], [], []
    for index, clip in enumerate(clips):
        rng = np.random.default_rng([index, zlib.crc32(take.encode())])
        samples = decode(data / clip.file)
        session = Take()
        if take.endswith("dB"):
            session = Take(snr_db=(float(take.split()[0]),) * 2)
        elif take != CLEAN:
            session = imagine(
                np.random.default_rng([zlib.crc32(take.encode()), zlib.crc32(clip.speaker.encode())]), rooms
            )
        samples = perform(session, samples, noises[int(rng.integers(len(noises)))], rng)
        frames = utterance_of(samples)
        values.append(functionals(frames))
        spectra.append(spectrum(frames, steps=SPECTRUM_LENGTH).astype(np.float16))
        spoilt.append(session.spoils)
    return take, {"values": np.stack(values), "spectra": np.stack(spectra), "spoilt": np.array(spoilt)}
