"""How well the shipped speech net tells emotions, run as the daemon runs it."""

from __future__ import annotations

import copy
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from corpora.speech import EMOTION_CORPORA, HELD_OUT_NOISES, NOISES, Clip, decode, read_manifest
from edge.errors import SourceError, SourceReason
from edge.inference import ModelStore
from edge.signals import AUDIO_RATE_HZ, AudioChunk
from edge.speech import SpeechReader
from edge.speech.options import SpeechOptions
from measure.scores import classification
from training.audio import mix

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from numpy.typing import NDArray

    from edge.speech.adaptation import RunningNormalisation
    from edge.speech.reader import VoiceReading

CHUNK_SAMPLES: Final = AUDIO_RATE_HZ // 10
_PAUSE_S: Final = 2.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `evaluate.py speech`."""
    parser.add_argument("--corpus", action="append", help="one corpus; all with emotions when not given")
    parser.add_argument(
        "--adapt",
        type=_adapt,
        default="none",
        help="unlabelled speech of the same speaker heard before: none, all, or seconds",
    )
    parser.add_argument("--model", default="speech_emotion")
    parser.add_argument("--snr-db", type=float, help="add sound events that no net was trained with")


def evaluate(arguments: argparse.Namespace) -> dict[str, Any]:
    """Score the clips of every corpus, speaker by speaker.

    Raises
    ------
    SourceError
        A corpus is not in the data.
    """
    adapt_s = _seconds(arguments.adapt)
    store = ModelStore()
    root = (
        arguments.data / "speech" if (arguments.data / "speech" / "manifest.csv").exists() else arguments.data
    )
    clips = [clip for clip in read_manifest(root) if clip.emotion]
    wanted = arguments.corpus or [
        name for name in EMOTION_CORPORA if any(clip.corpus == name for clip in clips)
    ]
    reader = SpeechReader(SpeechOptions(model=arguments.model), store=store, runtime=arguments.runtime)
    corpora: dict[str, Any] = {}
    speakers: set[str] = set()
    for name in wanted:
        chosen = [clip for clip in clips if clip.corpus == name and clip.emotion in reader.classes.labels]
        if not chosen:
            raise SourceError(name, SourceReason.MISSING, f"no clips of this corpus under {arguments.data}")
        corpora[name] = _corpus(reader, chosen, adapt_s, Listening(root, arguments.snr_db))
        speakers |= {clip.speaker for clip in chosen}
    entry = store.entry(arguments.model)
    return {
        "task": "speech",
        "model": arguments.model,
        "model_sha256": entry.sha256,
        "runtime": str(reader.runtime),
        "adapt": arguments.adapt,
        "snr_db": arguments.snr_db,
        "seen_speakers": any(speaker in trained_on(store, arguments.model) for speaker in speakers),
        "n": sum(figures["n"] for figures in corpora.values()),
        "corpora": corpora,
    }


def _adapt(text: str) -> str:
    """Argument of `--adapt`: none, all, or a number."""
    return text if text in {"none", "all"} else f"{float(text):g}"


def _seconds(adapt: str) -> float:
    words = {"none": 0.0, "all": float("inf")}
    return words[adapt] if adapt in words else float(adapt)


def trained_on(store: ModelStore, model: str) -> set[str]:
    """Speakers that the card of a model names as its own: figures on them claim nothing."""
    card = store.directory / store.entry(model).card
    return set(re.findall(r"\w+_\w+", card.read_text(encoding="utf-8"))) if card.exists() else set()


class Listening:
    """Decodes clips, with sound events of the held-out fold added at a signal-to-noise ratio."""

    def __init__(self, root: Path, snr_db: float | None) -> None:
        self._root, self._snr_db = root, snr_db
        self._rng = np.random.default_rng(0)
        noises = [
            clip for clip in read_manifest(root) if clip.corpus == NOISES and clip.speaker == HELD_OUT_NOISES
        ]
        self._noises = [decode(root / clip.file) for clip in noises] if snr_db is not None else []

    def __call__(self, clip: Clip) -> NDArray[np.float32]:
        """Samples of a clip as the microphone would have them."""
        samples = decode(self._root / clip.file)
        if self._snr_db is None:
            return samples
        noise = self._noises[int(self._rng.integers(len(self._noises)))]
        return mix(samples, noise, snr_db=self._snr_db, rng=self._rng)


def _corpus(reader: SpeechReader, clips: list[Clip], adapt_s: float, listening: Listening) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    labels = [label for label in reader.classes.labels if any(clip.emotion == label for clip in clips)]
    known = np.array([label in labels for label in reader.classes.labels])
    rows, targets, unread = [], [], 0
    for speaker in sorted({clip.speaker for clip in clips}):
        own = [clip for clip in clips if clip.speaker == speaker]
        sounds = [listening(clip) for clip in own]
        heard = _listened(reader, [sounds[index] for index in rng.permutation(len(sounds))], adapt_s)
        for clip, sound in zip(own, sounds, strict=True):
            reader.forget()
            reader.normalisation = copy.deepcopy(heard)
            readings = play(reader, sound)
            unread += not readings
            rows.append(_verdict(readings, known))
            targets.append(labels.index(clip.emotion))
    return {**classification(np.array(rows), np.array(targets), labels), "unread": unread}


def _listened(
    reader: SpeechReader, sounds: list[NDArray[np.float32]], adapt_s: float
) -> RunningNormalisation:
    """State of the normalisation after `adapt_s` seconds of a speaker."""
    reader.forget()
    left_s = adapt_s
    for sound in sounds:
        if left_s <= 0:
            break
        play(reader, sound)
        left_s -= len(sound) / AUDIO_RATE_HZ
    return copy.deepcopy(reader.normalisation)


def play(reader: SpeechReader, samples: NDArray[np.float32]) -> list[VoiceReading]:
    """Play a clip to the reader in chunks of 100 ms, after a pause."""
    readings = []
    start_s = reader.heard_until_s + _PAUSE_S
    for first in range(0, len(samples), CHUNK_SAMPLES):
        piece = samples[first : first + CHUNK_SAMPLES]
        readings += reader.listen(AudioChunk("evaluate", start_s + first / AUDIO_RATE_HZ, piece))
    return readings + reader.end()


def _verdict(readings: list[VoiceReading], known: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Mean probabilities over the classes of the corpus, each utterance weighing as long as it is."""
    # A reading speaks for its utterance so far, so a later one that overlaps it says the same and more.
    finals = [
        reading
        for reading, later in pairwise([*readings, None])
        if later is None or later.start_s >= reading.end_s
    ]
    if not finals:
        return np.full(known.sum(), 1 / known.sum())
    spans_s = [reading.end_s - reading.start_s for reading in finals]
    mean = np.average([reading.probabilities[known] for reading in finals], axis=0, weights=spans_s)
    verdict: NDArray[np.float64] = mean / mean.sum()
    return verdict
