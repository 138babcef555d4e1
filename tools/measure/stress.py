"""Stress against rest, by the shipped model, relative to each person's own rest.

The first minutes of rest are each person's baseline and are never scored. Where the shipped model was
trained on the people given, the result says `seen_subjects`; figures on people left out come from
tools/train_stress.py --cross-validate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from corpora.physiology import read_stress_dataset, stress_datasets
from edge.inference import ModelStore
from edge.physiology.stress import StressModel
from measure.binary import stress_scores
from measure.heart_and_skin import windows

if TYPE_CHECKING:
    import argparse

MODEL: Final = "stress"
DEFAULT: Final = "stress_predict"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this task."""
    parser.add_argument("--corpus", "--dataset", metavar="NAME", help="one data set; all of them by default")


def evaluate(args: argparse.Namespace) -> dict[str, Any]:
    """Measure the shipped model; the figures of one data set, the others under `datasets`."""
    store = ModelStore()
    model = store.load(MODEL, runtime=args.runtime)
    stress = StressModel(model, store.entry(MODEL))
    names = (args.corpus,) if args.corpus else stress_datasets(args.data)
    trained_on = {name for name in ("stress_predict", "noneeg") if name in names}
    figures = {name: _measure(args, name, stress) for name in names}
    first = DEFAULT if DEFAULT in figures else next(iter(figures), None)
    if first is None:
        raise FileNotFoundError(f"no recordings with stress labels in {args.data}")
    return {
        "task": "stress",
        "model": MODEL,
        "model_sha256": store.entry(MODEL).sha256,
        "runtime": model.runtime.value,
        "dataset": first,
        "n": figures[first]["windows"],
        **figures[first],
        "seen_subjects": bool(trained_on),
        "datasets": figures,
    }


def _measure(args: argparse.Namespace, name: str, stress: StressModel) -> dict[str, Any]:
    sessions = [windows(record) for record in read_stress_dataset(args.data, name)]
    probability = [
        stress.read(one, session.baseline).stress for session in sessions for one in session.windows
    ]
    labels = np.concatenate([session.stress for session in sessions])
    return {"subjects": len(sessions), **stress_scores(np.array(probability), labels)}
