"""Stress against rest, by the shipped model, relative to each person's own rest.

The first minutes of rest are each person's baseline and are never scored. Where the shipped model was
trained on the people given, the result says `seen_subjects`; figures on people left out come from
tools/train_stress.py --cross-validate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from corpora.physiology import TRAINED_ON, read_stress_dataset, stress_datasets
from edge.inference import ModelStore
from edge.physiology.stress import StressTracker
from measure.binary import stress_scores
from measure.heart_and_skin import session

if TYPE_CHECKING:
    import argparse

    from edge.inference import Model, ModelEntry

MODEL: Final = "stress"
DEFAULT: Final = "stress_predict"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this task."""
    parser.add_argument("--corpus", "--dataset", metavar="NAME", help="one data set; all of them by default")


def evaluate(args: argparse.Namespace) -> dict[str, Any]:
    """Measure the shipped model; the figures of one data set, the others under `datasets`."""
    store = ModelStore()
    model = store.load(MODEL, runtime=args.runtime)
    names = (args.corpus,) if args.corpus else stress_datasets(args.data)
    figures = {name: _measure(args, name, model, store.entry(MODEL)) for name in names}
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
        "datasets": figures,
    }


def _measure(args: argparse.Namespace, name: str, model: Model, entry: ModelEntry) -> dict[str, Any]:
    sessions = [session(record) for record in read_stress_dataset(args.data, name)]
    probability, threshold = [], 0.5
    for one in sessions:
        tracker = StressTracker(model, entry)
        threshold = tracker.threshold
        readings = [
            tracker.read(end_s, minute, one.baseline)
            for end_s, minute in zip(one.ends_s, one.minutes, strict=True)
        ]
        probability += [readings[index].stress for index in one.scored]
    labels = np.concatenate([one.stress for one in sessions])
    scores = stress_scores(np.array(probability), labels, threshold=threshold)
    seen = TRAINED_ON.get(name, frozenset()) & {one.subject for one in sessions}
    return {"subjects": len(sessions), **scores, "seen_subjects": bool(seen)}
