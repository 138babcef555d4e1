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
from edge.inference import ModelStore
from edge.speech.activity import VoiceActivity, thresholds
from edge.speech.contours import contours
from edge.speech.frontend import BLOCK_FRAMES, HOP, FrontEnd
from edge.speech.functionals import functionals
from edge.speech.reader import ACTIVITY_MODEL, TAIL
from edge.speech.utterance import LONGEST_BLOCKS, Utterance, trimmed
from edge.speech.views import spectrum
from training.audio import Take, imagine, imagine_voice, perform

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edge.speech.frontend import Frames

SOURCES: Final = (
    "edge/speech/activity.py",
    "edge/speech/frontend.py",
    "edge/speech/pitch.py",
    "edge/speech/functionals.py",
    "edge/speech/masking.py",
    "edge/speech/utterance.py",
    "tools/training/audio.py",
    "tools/training/speech_features.py",
)


CLEAN: Final = "clean"
_STEADY_REPEATED: Final = 4
SPECTRUM_LENGTH: Final = 176
"""Steps of a spectrogram that is kept; training draws shorter ones out of it."""
_PARTS: Final = ("functionals", "spectra", "contours", "spoilt")


@dataclass(frozen=True, slots=True)
class Heard:
    """Clips in several takes, the first as it is.

    Shapes: functionals (takes, clips, d), spectra (takes, clips, SPECTRUM_LENGTH, MELS), contours
    (takes, clips, CONTOUR_STEPS, c), spoilt (takes, clips): whether noise, a room or a telephone lies over
    the clip.
    """

    clips: list[Clip]
    functionals: NDArray[np.float32]
    spectra: NDArray[np.float16]
    contours: NDArray[np.float16]
    spoilt: NDArray[np.bool_]

    def only(self, rows: NDArray[np.intp]) -> Heard:
        """Some of the clips."""
        clips = [self.clips[row] for row in rows]
        return Heard(clips, *(getattr(self, part)[:, rows] for part in _PARTS))


def extract(
    data: Path, corpora: tuple[str, ...], *, takes: Sequence[str], cache: Path, workers: int = 2
) -> Heard:
    """Hear the clips of the corpora in several sessions; what was heard before is read from `cache`.

    A take is "clean", "voice 1" or "session 1" and so on (imagined ones, others for each speaker), or "10 dB"
    and so on: with sound events that no session has, at that signal-to-noise ratio.
    """
    clips = [clip for clip in read_manifest(data) if clip.corpus in corpora]
    cache.mkdir(parents=True, exist_ok=True)
    code = digest(
        SOURCES,
        inspect.getsource(spectrum),
        inspect.getsource(contours),
        ModelStore().entry(ACTIVITY_MODEL).sha256,
        sorted(clip.file for clip in clips),
    )
    files = {take: cache / f"heard-{code}-{take.replace(' ', '-')}.npz" for take in takes}
    missing = [take for take, file in files.items() if not file.exists()]
    with Pool(workers) as pool:
        for take, parts in pool.imap_unordered(_take, [(data, clips, take) for take in missing]):
            np.savez(files[take], **parts)
            print(f"heard: {take}", flush=True)
    held = [np.load(files[take]) for take in takes]
    return Heard(clips, *(np.stack([one[part] for one in held]) for part in _PARTS))


def digest(sources: Sequence[str], *rest: object) -> str:
    """Twelve digits that change with the code in `sources` and with whatever else a result rests on."""
    root = Path(__file__).resolve().parents[2]
    code = hashlib.sha256(b"".join((root / name).read_bytes() for name in sources))
    code.update(repr(rest).encode())
    return code.hexdigest()[:12]


def utterance_of(samples: NDArray[np.float32], activity: VoiceActivity) -> Frames:
    """Frames of the longest utterance that the device hears in a clip; of the whole clip if it hears none."""
    frames = FrontEnd()(np.concatenate([samples, np.zeros(TAIL, np.float32)]))
    utterances = [Utterance()]
    for block, is_speech in activity(frames):
        utterances[-1].add(block, at_s=0.0, is_speech=is_speech)
        if utterances[-1].has_ended:
            utterances.append(Utterance())
    heard = [utterance.frames()[0] for utterance in utterances if utterance.is_long_enough]
    whole = trimmed(frames[: max(1, len(samples) // HOP)])[-LONGEST_BLOCKS * BLOCK_FRAMES :]
    return max(heard, key=len, default=whole)


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
    store = ModelStore()
    detector, limits = store.load(ACTIVITY_MODEL), thresholds(store.entry(ACTIVITY_MODEL))
    heard: list[tuple[Any, ...]] = []
    for index, clip in enumerate(clips):
        rng = np.random.default_rng([index, zlib.crc32(take.encode())])
        samples = decode(data / clip.file)
        session = _session(take, clip.speaker, rooms)
        samples = perform(session, samples, noises[int(rng.integers(len(noises)))], rng)
        frames = utterance_of(samples, VoiceActivity(detector, **limits))
        seen = spectrum(frames, steps=SPECTRUM_LENGTH).astype(np.float16)
        heard.append((functionals(frames), seen, contours(frames).astype(np.float16), session.spoils))
    return take, {
        part: np.array(values) for part, values in zip(_PARTS, zip(*heard, strict=True), strict=True)
    }


def _session(take: str, speaker: str, rooms: Sequence[NDArray[np.float32]]) -> Take:
    if take == CLEAN:
        return Take()
    if take.endswith("dB"):
        return Take(snr_db=(float(take.split(maxsplit=1)[0]),) * 2)
    rng = np.random.default_rng([zlib.crc32(take.encode()), zlib.crc32(speaker.encode())])
    return imagine_voice(rng) if take.startswith("voice") else imagine(rng, rooms)
