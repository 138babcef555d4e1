"""What the shipped readers say of labelled corpora, kept by class and by person."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from corpora.face import FerPlus, read_ferplus
from corpora.physiology import read_stress_dataset, stress_datasets
from corpora.speech import EMOTION_CORPORA, Clip, decode, read_manifest
from edge.emotion import EMOTIONS, Emotion, valence_arousal
from edge.face.expression import ExpressionNet
from edge.face.quality import tile_quality
from edge.physiology.features import WINDOW_S
from edge.physiology.reader import LEAST_QUALITY
from edge.physiology.stress import StressModel
from edge.signals import Affect, Modality
from edge.speech import SpeechReader
from edge.speech.options import SpeechOptions
from measure.heart_and_skin import windows
from measure.speech import play
from sessions.people import held_out

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from edge.inference import ModelStore, Runtime
    from edge.physiology.stress import StressReading

STRESS: Final = "stress"
REST: Final = "rest"
CLIPS_A_SPEAKER: Final = 60
QUALITY_FLOOR: Final = 0.25
"""As the face reader's own: what it withholds never reaches the fusion."""


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """A reading of a labelled item, `clean` or from a signal that was degraded on purpose."""

    label: str
    person: str
    clean: bool
    reading: Affect


@dataclass(frozen=True, slots=True)
class Bank:
    """Readings of one half, by modality, label and whether the signal was clean."""

    recorded: dict[tuple[Modality, str, bool], list[Recorded]]

    @classmethod
    def of(cls, recorded: Iterable[Recorded]) -> Bank:
        """Sort readings into their drawers."""
        drawers: defaultdict[tuple[Modality, str, bool], list[Recorded]] = defaultdict(list)
        for item in recorded:
            drawers[item.reading.modality, item.label, item.clean].append(item)
        return cls(dict(drawers))

    def draw(self, rng: np.random.Generator, modality: Modality, label: str, *, clean: bool = True) -> Affect:
        """Any reading of this label."""
        readings = self.recorded[modality, label, clean]
        return readings[rng.integers(len(readings))].reading

    def labels(self, modality: Modality) -> set[str]:
        """Labels with clean readings."""
        return {label for of, label, clean in self.recorded if of is modality and clean}

    def counts(self) -> dict[str, dict[str, int]]:
        """People and clean readings of each modality and label."""
        counts: dict[str, dict[str, int]] = {}
        for (modality, label, clean), items in sorted(self.recorded.items()):
            if clean:
                counts.setdefault(modality.value, {})[label] = len(items)
        return counts


def read_faces(
    data: Path, store: ModelStore, *, runtime: Runtime | None = None, seed: int = 0
) -> tuple[list[Recorded], list[Recorded]]:
    """(fit, test): FER+ PublicTest through the net, each row once clean and once blurred or noisy.

    The rows are tiles already, so that detection and tracking have no part. FER2013 does not name
    people; a person here is a group of identical pictures, and pictures with a near double in
    training are left out.
    """
    rows = read_ferplus(data, "public_test")
    rows = rows.rows(rows.usable & (rows.majority >= 0) & ~rows.near_duplicate)
    net = ExpressionNet.load(store, runtime=runtime)
    rng = np.random.default_rng(seed)
    halves: tuple[list[Recorded], list[Recorded]] = ([], [])
    for row in range(len(rows)):
        halves[int(rows.dup_group[row]) % 2].extend(_read_row(rows, row, net, rng))
    return halves


def _read_row(rows: FerPlus, row: int, net: ExpressionNet, rng: np.random.Generator) -> list[Recorded]:
    label = EMOTIONS[rows.majority[row]].value
    person = f"fer:{rows.dup_group[row]}" if rows.dup_group[row] >= 0 else f"fer:row{row}"
    taken = []
    for clean, tile in ((True, rows.tiles[row]), (False, _degraded(rows.tiles[row], rng))):
        probabilities = net(tile)
        valence, arousal = valence_arousal(probabilities)
        reading = Affect(
            modality=Modality.FACE,
            who=0,
            start_s=0.0,
            end_s=0.2,
            probabilities=probabilities,
            mask=np.ones(len(EMOTIONS), dtype=np.bool_),
            valence=valence,
            arousal=arousal,
            quality=tile_quality(tile),
            facing=1.0,
        )
        if reading.quality >= QUALITY_FLOOR:
            taken.append(Recorded(label, person, clean, reading))
    return taken


def _degraded(tile: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Blurred by a box of 3 to 9 pixels, or with noise of 8 to 40 grey levels."""
    grey = tile.astype(np.float32)
    if rng.random() < 0.5:
        kernel = np.ones(size := int(rng.integers(3, 10))) / size
        for axis in (0, 1):
            grey = np.apply_along_axis(lambda line: np.convolve(line, kernel, mode="same"), axis, grey)
    else:
        grey += rng.normal(scale=rng.uniform(8, 40), size=grey.shape)
    return np.clip(grey, 0, 255).astype(np.uint8)


def read_speech(
    data: Path, store: ModelStore, *, runtime: Runtime | None = None, seed: int = 0
) -> tuple[list[Recorded], list[Recorded]]:
    """(fit, test): clips of held-out speakers through the speech reader, clean and with noise at 0 to 15 dB.

    Each speaker's clips come in random order with pauses, so that the running normalisation works
    as it does in a room. Of each clip the last reading counts.
    """
    root = data / "speech" if (data / "speech").is_dir() else data
    clips = [clip for clip in read_manifest(root) if clip.emotion in set(Emotion)]
    halves: tuple[list[Recorded], list[Recorded]] = ([], [])
    for corpus in EMOTION_CORPORA:
        fit, test = held_out(clip.speaker for clip in clips if clip.corpus == corpus)
        for speaker in sorted(fit | test):
            spoken = [clip for clip in clips if clip.corpus == corpus and clip.speaker == speaker]
            halves[speaker in test].extend(_read_speaker(root, spoken, store, runtime=runtime, seed=seed))
    return halves


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


def read_bodies(
    data: Path, store: ModelStore, *, runtime: Runtime | None = None
) -> tuple[list[Recorded], list[Recorded]]:
    """(fit, test): minutes of the stress protocols, every second person of a data set in each half.

    The label is whether the protocol meant to stress. A degraded reading is of the same minute
    without the person's baseline. Only arousal takes part in the fusion of classes, and arousal is
    a fixed formula: that the stress net has met these people gives nothing away.
    """
    entry = store.entry("stress")
    model = StressModel(store.load("stress", runtime=runtime), entry)
    halves: tuple[list[Recorded], list[Recorded]] = ([], [])
    for name in stress_datasets(data):
        for number, record in enumerate(read_stress_dataset(data, name)):
            session = windows(record)
            for one, stress in zip(session.windows, session.stress, strict=True):
                for baseline in (session.baseline, None):
                    said = model.read(one, baseline)
                    if said.quality >= LEAST_QUALITY:
                        reading = _of_body(said)
                        label = STRESS if stress else REST
                        halves[number % 2].append(
                            Recorded(label, session.subject, baseline is not None, reading)
                        )
    return halves


def _of_body(said: StressReading) -> Affect:
    return Affect(
        modality=Modality.PHYSIOLOGY,
        who=0,
        start_s=0.0,
        end_s=WINDOW_S,
        probabilities=np.zeros(len(EMOTIONS)),
        mask=np.zeros(len(EMOTIONS), dtype=np.bool_),
        valence=None,
        arousal=said.arousal,
        quality=said.quality,
        stress=said.stress,
    )


def moved(reading: Affect, *, end_s: float, who: int) -> Affect:
    """The same reading at another time, of another token."""
    length_s = reading.end_s - reading.start_s
    return replace(reading, start_s=end_s - length_s, end_s=end_s, who=who)


def read_bank(
    data: Path, store: ModelStore, *, runtime: Runtime | None = None, seed: int = 0
) -> tuple[Bank, Bank]:
    """(fit, test) of everything there is."""
    faces = read_faces(data, store, runtime=runtime, seed=seed)
    voices = read_speech(data, store, runtime=runtime, seed=seed)
    bodies = read_bodies(data, store, runtime=runtime)
    fit, test = (Bank.of(faces[half] + voices[half] + bodies[half]) for half in (0, 1))
    return fit, test
