#!/usr/bin/env python3
"""Ours against eGeMAPS functionals with a support vector machine: same clips, same left-out speakers.

    python -m venv .venv-opensmile
    .venv-opensmile/bin/pip install --editable . av opensmile scikit-learn
    .venv-opensmile/bin/python tools/compare_speech.py --data DIR --ours FILE.npz [--json FILE]

FILE.npz is what `train_speech.py --cross-validate --verdicts` wrote: those on every clip by nets that have
not heard its speaker. openSMILE's licence is for non-commercial use: it is no dependency of the project.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import opensmile
from sklearn.svm import SVC

from corpora.speech import EMOTION_CORPORA, RATE_HZ, Clip, decode, read_manifest
from measure.scores import classification
from training.folds import FOLDS, folds_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

STATES: Final = ("none", "all")
COST: Final = 1.0


def egemaps(data: Path, clips: list[Clip], cache: Path) -> NDArray[np.float32]:
    """The 88 functionals of eGeMAPSv02 of every clip, computed once."""
    file = cache / "egemaps.npy"
    if not file.exists():
        smile = opensmile.Smile(opensmile.FeatureSet.eGeMAPSv02, opensmile.FeatureLevel.Functionals)
        rows = [smile.process_signal(decode(data / clip.file), RATE_HZ).to_numpy()[0] for clip in clips]
        cache.mkdir(parents=True, exist_ok=True)
        np.save(file, np.array(rows, np.float32))
    values: NDArray[np.float32] = np.load(file)
    if len(values) != len(clips):
        raise SystemExit(f"{file} holds other clips: delete it")
    return values


def peer(
    values: NDArray[np.float32], clips: list[Clip], *, state: str
) -> dict[str, tuple[NDArray[np.float64], NDArray[np.intp], list[str]]]:
    """Verdicts on each corpus by machines trained on its other speakers: one-hot, targets, labels."""
    fold = folds_of(clips)
    speakers = np.array([clip.speaker for clip in clips])
    verdicts = {}
    for corpus in EMOTION_CORPORA:
        rows = np.flatnonzero([clip.corpus == corpus for clip in clips])
        labels = sorted({clips[row].emotion for row in rows})
        targets = np.array([labels.index(clips[row].emotion) for row in rows])
        told = np.zeros((len(rows), len(labels)))
        seen = values[rows].astype(np.float64)
        if state == "all":
            for speaker in np.unique(speakers[rows]):
                own = speakers[rows] == speaker
                seen[own] = (seen[own] - seen[own].mean(axis=0)) / (seen[own].std(axis=0) + 1e-6)
        for left_out in range(FOLDS):
            test = fold[rows] == left_out
            mean, spread = seen[~test].mean(axis=0), seen[~test].std(axis=0) + 1e-6
            machine = SVC(C=COST, kernel="rbf", gamma="scale", class_weight="balanced")
            machine.fit((seen[~test] - mean) / spread, targets[~test])
            told[np.flatnonzero(test), machine.predict((seen[test] - mean) / spread)] = 1
        verdicts[corpus] = (told, targets, labels)
    return verdicts


def ours(shares: NDArray[np.floating], clips: list[Clip], names: list[str], corpus: str) -> dict[str, Any]:
    """Figures of our nets on one corpus, over the classes it has."""
    rows = np.flatnonzero([clip.corpus == corpus for clip in clips])
    labels = [name for name in names if name in {clips[row].emotion for row in rows}]
    chosen = shares[np.ix_(rows, [names.index(label) for label in labels])]
    targets = np.array([labels.index(clips[row].emotion) for row in rows])
    return classification(chosen, targets, labels)


def main() -> None:
    """Print both, in both conditions."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="directory with manifest.csv")
    parser.add_argument(
        "--ours", type=Path, required=True, help="verdicts of train_speech.py --cross-validate"
    )
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "edge-affect-speech")
    parser.add_argument("--json", type=Path, help="where the figures go")
    arguments = parser.parse_args()
    clips = [clip for clip in read_manifest(arguments.data) if clip.corpus in EMOTION_CORPORA]
    held = np.load(arguments.ours)
    values = egemaps(arguments.data, clips, arguments.cache)
    figures: dict[str, Any] = {}
    for state in STATES:
        for corpus, (told, targets, labels) in peer(values, clips, state=state).items():
            theirs = classification(told, targets, labels)
            mine = ours(held[state], clips, [str(name) for name in held["labels"]], corpus)
            figures[f"{corpus}, {state}"] = {
                name: {"uar": found["uar"], "interval": found["interval"]}
                for name, found in (("ours", mine), ("eGeMAPS + SVM", theirs))
            }
    for name, pair in figures.items():
        told_in_words = ", ".join(
            f"{who} {100 * found['uar']:.1f}"
            f" ({100 * found['interval'][0]:.1f}-{100 * found['interval'][1]:.1f})"
            for who, found in pair.items()
        )
        print(f"{name}: {told_in_words}")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
