#!/usr/bin/env python3
"""Train the voice-activity net on speech corpora against ESC-10 sound events.

    tools/train_voice_activity.py --data DIR             train on everything; record the model
    tools/train_voice_activity.py --data DIR --hold-out  leave noises and speakers out; measure on them

Speech and noise are mixed anew in every epoch, in the mel power domain, at -3 to 30 dB.
"""

from __future__ import annotations

import argparse
import json
import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import tensorflow as tf

from corpora.speech import NOISES, RATE_HZ, ROOMS, Clip, decode, read_manifest
from edge.inference import Model
from edge.speech.activity import (
    CONTEXT_FRAMES,
    DELAY_BLOCKS,
    PAST_BLOCKS,
    SILENCE,
    VoiceActivity,
    activity_input,
)
from edge.speech.frontend import BLOCK_FRAMES, HOP, MELS, FrontEnd, column
from edge.speech.pitch import PITCH_FRAME
from training.audio import in_room, mix
from training.manifest import MODELS, record
from training.quantize import to_int8

if TYPE_CHECKING:
    from numpy.typing import NDArray

NAME: Final = "voice_activity"
OPEN_CORPORA: Final = ("emodb", "emodb_full4", "fsdd")
"""Their terms allow commercial use."""
UNHEARD_CORPORA: Final = ("ravdess", "nemo")
"""Never trained on: other languages, rooms and microphones to measure on."""
ACTIVE_RANGE_DB: Final = 25.0
BEGINS_AT: Final = 0.65
LASTS_AT: Final = 0.2
"""Chosen on a twin without fold 3 of ESC-10, on that fold; see the card."""
WINDOWS_AN_EPOCH: Final = 24_000
ROOM_NOISE_WEIGHT: Final = 3
MUSIC_PIECES: Final = 60


def speech_active(level_db: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Frames of a clean clip within 25 dB of its loud parts, with gaps under 200 ms closed."""
    active = (level_db > np.percentile(level_db, 95) - ACTIVE_RANGE_DB) & (level_db > -80)
    at = np.flatnonzero(active)
    for first, second in pairwise(at):
        if second - first < 20:
            active[first:second] = True
    return active


def analyse(samples: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Log-mel frames of a clip and which of them hold sound."""
    frames = FrontEnd()(np.concatenate([samples, np.zeros(BLOCK_FRAMES * HOP + PITCH_FRAME, np.float32)]))
    kept = frames[: max(1, min(len(frames), len(samples) // HOP))]
    return kept.log_mel, speech_active(kept.descriptors[:, column("level_db")])


def spoken(
    data: Path, clips: list[Clip], rooms: list[Clip]
) -> list[tuple[NDArray[np.float32], NDArray[np.bool_]]]:
    """Analyse clips, and every third once more as it sounds in a room; what is active is told dry."""
    rng = np.random.default_rng(3)
    responses = [decode(data / room.file) for room in rooms if room.text_id == "RIRs"]
    dry = [decode(data / clip.file) for clip in clips]
    heard = [analyse(samples) for samples in dry]
    for index in range(0, len(dry), 3):
        wet = in_room(dry[index], responses[int(rng.integers(len(responses)))])
        heard.append((analyse(wet)[0], heard[index][1]))
    return heard


def music(rng: np.random.Generator) -> NDArray[np.float32]:
    """Invent five seconds of chords, held or plucked, with few or many overtones."""
    at_s = np.arange(5 * RATE_HZ) / RATE_HZ
    sound = np.zeros(len(at_s))
    note_s = float(rng.choice((0.15, 0.3, 0.6, 1.2, 2.5)))
    overtones = np.arange(1, int(rng.integers(1, 12)) + 1)
    decay = float(rng.uniform(0.5, 2.5))
    fade_per_s = float(rng.choice((0.0, 1.0, 4.0, 10.0)))
    for start_s in np.arange(0, 5, note_s):
        since_s = at_s - start_s
        held = (since_s >= 0) & (since_s < note_s * float(rng.choice((0.7, 1.0))))
        edge = np.clip(np.minimum(since_s, note_s - since_s) / 0.01, 0, 1)
        for _ in range(int(rng.integers(1, 5))):
            hz = float(110 * 2 ** (rng.integers(0, 37) / 12))
            partials = np.sin(2 * np.pi * hz * overtones[:, None] * at_s[held]) / overtones[:, None] ** decay
            audible = hz * overtones < RATE_HZ / 2
            sound[held] += partials[audible].sum(axis=0) * (edge * np.exp(-fade_per_s * since_s))[held]
    sound += float(rng.choice((0.0, 1e-3, 1e-2))) * rng.standard_normal(len(at_s))
    return (0.3 * sound / np.abs(sound).max()).astype(np.float32)


class Mixer:
    """Makes windows: a stretch of speech clips and pauses, of noises, or of both mixed."""

    def __init__(
        self,
        speech: list[tuple[NDArray[np.float32], NDArray[np.bool_]]],
        noises: list[NDArray[np.float32]],
        rng: np.random.Generator,
    ) -> None:
        self._speech, self._noises, self._rng = speech, noises, rng

    def windows(self, count: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Net inputs (count, CONTEXT_FRAMES, MELS, 1) and targets (count, 1)."""
        contexts = np.empty((count, CONTEXT_FRAMES, MELS), np.float32)
        targets = np.empty((count, 1), np.float32)
        for row in range(count):
            contexts[row], targets[row] = self._window()
        return activity_input(contexts)[..., None], targets

    def _window(self) -> tuple[NDArray[np.float32], float]:
        rng = self._rng
        kind = rng.random()
        noise = self._noise()
        if kind < 0.5:
            window, target = noise, 0.0
            if rng.random() < 0.3:
                window = np.logaddexp(window, self._noise() + rng.uniform(-6, 1))
        else:
            speech, active = self._stretch()
            share = active[PAST_BLOCKS * BLOCK_FRAMES :][:BLOCK_FRAMES].mean()
            target = float(share >= 0.5)
            snr_db = rng.uniform(-3, 30)
            loud = np.log(np.exp(speech[active]).mean()) if active.any() else speech.max()
            quiet = np.log(np.exp(noise).mean())
            window = np.logaddexp(speech, noise + (loud - quiet - snr_db / 4.343)) if kind < 0.9 else speech
        window = window + np.float32(rng.uniform(-3, 1))
        if rng.random() < 0.4:
            window = window + rng.uniform(-3, 2) * np.linspace(-1, 1, MELS, dtype=np.float32)
        if rng.random() < 0.15:
            window = window.copy()
            window[: int(rng.integers(PAST_BLOCKS * BLOCK_FRAMES + 1))] = SILENCE
        return np.maximum(window, SILENCE), target

    def _noise(self) -> NDArray[np.float32]:
        rng = self._rng
        kind = rng.random()
        if kind < 0.08:
            tilt = rng.uniform(-4, 1) * np.linspace(0, 1, MELS)
            jitter = np.log(rng.gamma(3, 1 / 3, (CONTEXT_FRAMES, MELS)) + 1e-3)
            return (tilt + jitter + rng.uniform(-12, -3)).astype(np.float32)
        noise = self._noises[int(rng.integers(len(self._noises)))]
        pace = float(rng.uniform(0.7, 1.4)) * (-1 if rng.random() < 0.25 else 1)
        at = int(rng.integers(len(noise))) + np.arange(CONTEXT_FRAMES) * pace
        stretch = np.take(noise, np.rint(at).astype(np.intp), axis=0, mode="wrap")
        return np.roll(stretch, int(rng.integers(-2, 3)), axis=1)

    def _stretch(self) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        rng = self._rng
        pieces, masks, length = [], [], 0
        while length < 3 * CONTEXT_FRAMES:
            mel, active = self._speech[int(rng.integers(len(self._speech)))]
            mel = np.roll(mel, int(rng.integers(-2, 3)), axis=1)
            gap = int(rng.integers(5, 80))
            floor = np.full((gap, MELS), SILENCE, np.float32)
            pieces += [floor, mel]
            masks += [np.zeros(gap, bool), active]
            length += gap + len(mel)
        start = int(rng.integers(length - CONTEXT_FRAMES))
        stop = start + CONTEXT_FRAMES
        return np.concatenate(pieces)[start:stop], np.concatenate(masks)[start:stop]


def build() -> tf.keras.Model:
    """Separable convolutions over 1.6 s of log-mel: the place in time is kept up to the last layer."""
    layers = tf.keras.layers
    entry = layers.Input((CONTEXT_FRAMES, MELS, 1))
    x = layers.Conv2D(16, 5, 2, padding="same", use_bias=False)(entry)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    for channels, stride in ((32, 2), (48, 2), (64, 2)):
        x = layers.DepthwiseConv2D(3, stride, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization()(x)
        x = layers.Conv2D(channels, 1, use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Dropout(0.2)(layers.Flatten()(x))
    return tf.keras.Model(entry, layers.Dense(1, activation="sigmoid")(x))


def train(mixer: Mixer, *, epochs: int) -> bytes:
    """Train and quantize."""
    model = build()
    steps = epochs * WINDOWS_AN_EPOCH // 128
    rate = tf.keras.optimizers.schedules.CosineDecay(3e-3, steps)
    model.compile(tf.keras.optimizers.AdamW(rate, weight_decay=1e-3), "binary_crossentropy", ["accuracy"])
    for epoch in range(epochs):
        inputs, targets = mixer.windows(WINDOWS_AN_EPOCH)
        history = model.fit(inputs, targets, batch_size=128, epochs=1, verbose=0)
        print(epoch, {name: round(values[0], 4) for name, values in history.history.items()}, flush=True)
    return to_int8(model, inputs[:500])


def measure(
    content: bytes, data: Path, speech: list[Clip], noises: list[Clip], *, snr_db: float
) -> dict[str, float]:
    """Block-wise misses on speech in noise and false alarms on noise, through the code of the device."""
    rng = np.random.default_rng(7)
    model = Model(NAME, content)
    sounds = [decode(data / clip.file) for clip in noises]
    alarms, misses = [], []
    for sound in sounds:
        alarms += judge(model, sound)
    for clip in speech:
        clean = np.concatenate(
            [np.zeros(4800, np.float32), decode(data / clip.file), np.zeros(4800, np.float32)]
        )
        heard = (
            clean
            if snr_db is None
            else mix(clean, sounds[int(rng.integers(len(sounds)))], snr_db=snr_db, rng=rng)
        )
        _, active = analyse(clean)
        for index, is_speech in enumerate(judge(model, heard)):
            block = active[index * BLOCK_FRAMES : (index + 1) * BLOCK_FRAMES]
            if len(block) and block.mean() >= 0.5:
                misses.append(not is_speech)
    return {
        "false_alarms": float(np.mean(alarms)),
        "noise_blocks": len(alarms),
        "misses": float(np.mean(misses)),
        "speech_blocks": len(misses),
    }


def judge(model: Model, samples: NDArray[np.float32]) -> list[bool]:
    """Run the detector of the device over a clip; whether each block holds speech."""
    tail = np.zeros((DELAY_BLOCKS + 1) * BLOCK_FRAMES * HOP + PITCH_FRAME, np.float32)
    detector = VoiceActivity(model, begins_at=BEGINS_AT, lasts_at=LASTS_AT)
    verdicts = [is_speech for _, is_speech in detector(FrontEnd()(np.concatenate([samples, tail])))]
    return verdicts[: max(1, len(samples) // (BLOCK_FRAMES * HOP))]


def main() -> None:
    """Train, and either measure on what was left out or record the model."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="directory with manifest.csv")
    parser.add_argument("--hold-out", action="store_true", help="measure on left-out speakers and noises")
    parser.add_argument("--fold", default="fold4", help="fold of ESC-10 that --hold-out leaves out")
    parser.add_argument("--every", type=int, default=1, help="measure on every so manieth clip only")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--json", type=Path, help="where the figures go")
    arguments = parser.parse_args()
    tf.keras.utils.set_random_seed(1)

    clips = read_manifest(arguments.data)
    speakers = sorted({clip.speaker for clip in clips if clip.corpus in OPEN_CORPORA})
    left_out = {*speakers[::4], arguments.fold} if arguments.hold_out else set()
    speech = [clip for clip in clips if clip.corpus in OPEN_CORPORA]
    noises = [clip for clip in clips if clip.corpus == NOISES]
    rooms = [clip for clip in clips if clip.corpus == ROOMS]
    rng = np.random.default_rng(4)
    mixer = Mixer(
        spoken(arguments.data, [clip for clip in speech if clip.speaker not in left_out], rooms),
        [
            analyse(decode(arguments.data / clip.file))[0]
            for clip in [*noises, *ROOM_NOISE_WEIGHT * [room for room in rooms if room.text_id == "noise"]]
            if clip.speaker not in left_out
        ]
        + [analyse(music(rng))[0] for _ in range(MUSIC_PIECES)],
        np.random.default_rng(1),
    )
    content = train(mixer, epochs=arguments.epochs)
    if arguments.hold_out:
        test_noises = [clip for clip in noises if clip.speaker in left_out]
        unheard = [clip for clip in clips if clip.corpus in UNHEARD_CORPORA][:: arguments.every]
        test = [clip for clip in speech if clip.speaker in left_out][:: arguments.every]
        figures = {
            f"{what}_{snr_db:g}_db": measure(content, arguments.data, chosen, test_noises, snr_db=snr_db)
            for what, chosen in (("unheard_corpora", unheard), ("unheard_speakers", test))
            for snr_db in (40.0, 20.0, 10.0, 5.0)
        }
        print(json.dumps(figures, indent=1))
        if arguments.json:
            arguments.json.write_text(json.dumps(figures, indent=1) + "\n")
        return
    (MODELS / f"{NAME}.tflite").write_bytes(content)
    record(NAME, manifest_entry())
    print(f"{len(content)} bytes")


def manifest_entry() -> dict[str, object]:
    """Describe the model for the manifest."""
    return {
        "file": f"{NAME}.tflite",
        "task": NAME,
        "version": "1",
        "licence": "Apache-2.0",
        "commercial_use": "open",
        "attribution": "Berlin EmoDB (Burkhardt et al. 2005, as published by audEERING, CC0),"
        " Free Spoken Digit Dataset (Jackson, CC BY-SA 4.0), ESC-10 (Piczak 2015, CC BY 3.0)",
        "origin": "tools/train_voice_activity.py",
        "card": f"cards/{NAME}.md",
        "inputs": [
            {
                "name": "log_mel",
                "shape": [1, CONTEXT_FRAMES, MELS, 1],
                "dtype": "int8",
                "meaning": "1.6 s of log-mel frames relative to the loudest value, in [-1, 1]",
            }
        ],
        "outputs": [
            {
                "name": "speech",
                "shape": [1, 1],
                "dtype": "int8",
                "meaning": "probability of speech in the 200 ms that begin at 1 s",
            }
        ],
        "parameters": {"begins_at": BEGINS_AT, "lasts_at": LASTS_AT},
    }


if __name__ == "__main__":
    main()
