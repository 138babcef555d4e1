#!/usr/bin/env python3
"""Write a scripted session or audience, with its truth, as JSON lines.

tools/make_sessions.py session --data DIR --models DIR [--disturb face=delayed] [--seed N] > session.jsonl
tools/make_sessions.py audience --data DIR [--viewers 5] [--seed N] > audience.jsonl

The first line is the truth; each further one a reading of the shipped models, or of those in
`--models` (tools/train_fusion.py held-out), with the second at which it arrives.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from edge.inference import ModelStore
from edge.signals import Modality
from sessions.audiences import make_audience
from sessions.bank import Bank
from sessions.faces import read_faces
from sessions.readers import read_bank
from sessions.streams import SEGMENT_S, SHARED_CLASSES, Disturbance, make_session

if TYPE_CHECKING:
    from edge.signals import Affect


def main() -> None:
    """Print one stream."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kind", choices=("session", "audience"))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, help="the shipped ones when not given")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--viewers", type=int, default=5)
    parser.add_argument(
        "--disturb", metavar="MODALITY=WHAT", type=_disturbance, default=(None, Disturbance.NONE)
    )
    arguments = parser.parse_args()
    store, rng = ModelStore(arguments.models), np.random.default_rng(arguments.seed)
    if arguments.kind == "session":
        modality, what = arguments.disturb
        _, bank = read_bank(arguments.data, store)
        session = make_session(bank, rng, classes=SHARED_CLASSES, disturbed=modality, disturbance=what)
        _print({"segment_s": SEGMENT_S, "truth": session.truth})
        for arrived_s, reading in session.arrivals:
            _print(_line(reading, arrived_s))
    else:
        _, faces = read_faces(arguments.data, store)
        audience = make_audience(Bank.of(faces), rng, viewers=arguments.viewers)
        _print({"moments": [{"at_s": moment.at_s, "kind": moment.kind} for moment in audience.moments]})
        for reading in audience.readings:
            _print(_line(reading, reading.end_s))


def _disturbance(text: str) -> tuple[Modality, Disturbance]:
    modality, _, what = text.partition("=")
    return Modality(modality), Disturbance(what)


def _line(reading: Affect, arrived_s: float) -> dict[str, object]:
    return {
        "arrived_s": round(arrived_s, 3),
        "modality": reading.modality,
        "who": reading.who,
        "start_s": round(reading.start_s, 3),
        "end_s": round(reading.end_s, 3),
        "probabilities": [round(float(value), 5) for value in reading.probabilities],
        "mask": reading.mask.tolist(),
        "valence": reading.valence,
        "arousal": reading.arousal,
        "quality": round(reading.quality, 4),
        "stress": reading.stress,
        "facing": reading.facing,
    }


def _print(line: dict[str, object]) -> None:
    print(json.dumps(line, separators=(",", ":")))


if __name__ == "__main__":
    main()
