"""Fit the numbers that turn the face mesh into action units, and record them beside it in the manifest.

    tools/fit_face_units.py --data DIR [--every N] [--json FILE]

From the training split of FER2013: what a neutral face measures, how people differ, how far each unit goes,
and the calibration of the rules from units to emotions. From PublicTest, in five parts: whether these rules
add anything to the expression net, and with which weight. Nothing of the mesh is trained.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy.optimize import minimize

from corpora.face import read_ferplus
from edge.emotion import EMOTIONS, softmax
from edge.face.detector import FaceDetector
from edge.face.expression import ExpressionNet
from edge.face.mesh import POINTS, FaceMesh
from edge.face.rules import lopsidedness, matches
from edge.face.shape import RIGID, align
from edge.face.units import Scale, intensities, measure, movements
from edge.inference import ModelStore
from measure.face import as_frame
from training.manifest import record

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from corpora.face import FerPlus

LEAST_SCORE: Final = 0.5
LEAST_PRESENCE: Final = 0.0
SURE_VOTES: Final = 8
"""Of ten annotators, for a neutral face that the reference is made from."""

ROUNDS: Final = 5
FULL_PERCENTILE: Final = 98
STILL_SPREADS: Final = 0.5
"""A unit counts from half the spread that neutral faces of different people have in it."""

FOLDS: Final = 5
PAIRS: Final = {67: 297, 54: 284, 127: 356, 234: 454, 33: 263, 133: 362, 143: 372}
"""Rigid points that are mirror images of each other; the others lie in the middle."""

NORMAL_SPREAD: Final = 1.4826


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Meshes (n, 468, 3) of the faces found, their labels (n,) and rows, and how many voted neutral."""

    meshes: NDArray[np.float64]
    labels: NDArray[np.int64]
    rows: NDArray[np.intp]
    neutral_votes: NDArray[np.int64]


def main() -> None:
    """Fit, record, tell."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--every", type=int, default=4, metavar="N", help="take every Nth training row (4)")
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args()
    store = ModelStore()
    training = read_ferplus(args.data, "training")
    seen = look(store, training.rows(np.arange(len(training)) % args.every == 0))
    reference = average_face(seen.meshes[(seen.labels == 0) & (seen.neutral_votes >= SURE_VOTES)])
    scale = scale_of(measures_of(seen.meshes, reference), seen.labels)
    steepness, bias = calibrate(*evidence(seen, reference, scale))

    judged = read_ferplus(args.data, "public_test")
    shown = look(store, judged)
    matched, labels = evidence(shown, reference, scale)
    report: dict[str, Any] = {"training_faces": len(seen.labels), "judged_faces": len(labels)}
    alone = softmax(steepness * matched + bias)
    report["rules_alone"] = scores(alone, labels)
    gains = []
    for name in ("face_expression", "face_expression_nano"):
        net = ExpressionNet.load(store, name)
        logs = np.log(np.stack([net(judged.tiles[row]) for row in shown.rows]) + 1e-9)
        found = weigh(logs, np.log(alone + 1e-9), labels)
        gains.append(found)
        report[name] = found
    weight = gains[0]["weight"] if gains[0]["gain"][1] > 0 else 0.0
    report["rule_weight"] = weight
    entry = store.entry("face_mesh").model_dump(mode="json")
    entry["parameters"] = {
        "reference": rounded(reference.reshape(-1)),
        **{name: rounded(getattr(scale, name)) for name in ("neutral", "spread", "still", "full")},
        "rule_steepness": round(steepness, 4),
        "rule_bias": rounded(bias),
        "rule_weight": round(weight, 4),
    }
    record("face_mesh", {name: value for name, value in entry.items() if value not in ([], ())})
    print(json.dumps(report, indent=2))
    if args.json:
        args.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def look(store: ModelStore, split: FerPlus) -> Seen:
    """Lay the mesh over every usable tile with a strict majority in which a face is found."""
    detect, lay = FaceDetector(store.load("face_detector")), FaceMesh(store.load("face_mesh"))
    meshes, rows = [], []
    for row in np.flatnonzero(split.usable & (split.majority >= 0)):
        frame = as_frame(split.tiles[row])
        if (faces := detect(frame)) and faces[0].score >= LEAST_SCORE:
            mesh = lay(frame, faces[0])
            if mesh.presence >= LEAST_PRESENCE:
                meshes.append(mesh.points)
                rows.append(row)
    kept = np.array(rows)
    return Seen(np.stack(meshes), split.majority[kept], kept, split.votes[kept, 0])


def average_face(meshes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rigid points of the mean face, mirror-symmetric, in distances between the eyes (Gower 1975)."""
    reference = _standing(meshes[0])
    for _ in range(ROUNDS):
        reference = _standing(np.median([align(mesh, reference).points for mesh in meshes], axis=0))
    return reference


def _standing(face: NDArray[np.float64]) -> NDArray[np.float64]:
    points = face.reshape(POINTS, 3).copy()
    middle = np.mean([points[left, 0] + points[right, 0] for left, right in PAIRS.items()]) / 2
    points[:, 0] -= middle
    points[[point for point in RIGID if point not in {*PAIRS, *PAIRS.values()}], 0] = 0.0
    for left, right in PAIRS.items():
        half = (points[right, 0] - points[left, 0]) / 2
        rest = (points[left, 1:] + points[right, 1:]) / 2
        points[left], points[right] = [-half, *rest], [half, *rest]
    eyes = points[[362, 263]].mean(axis=0) - points[[33, 133]].mean(axis=0)
    rigid = points[list(RIGID)] / np.linalg.norm(eyes)
    return np.asarray(rigid - rigid.mean(axis=0))


def measures_of(meshes: NDArray[np.float64], reference: NDArray[np.float64]) -> NDArray[np.float64]:
    """Measures (n, 16) of meshes."""
    return np.stack([measure(align(mesh, reference).points) for mesh in meshes])


def scale_of(measures: NDArray[np.float64], labels: NDArray[np.int64]) -> Scale:
    """What neutral faces measure, how they differ, and how far units go."""
    neutral = np.median(measures[labels == 0], axis=0)
    moved = np.stack([movements(row, neutral) for row in measures])
    return Scale(
        neutral=neutral,
        spread=_spread(measures[labels == 0]),
        still=STILL_SPREADS * _spread(moved[labels == 0]),
        full=np.percentile(moved, FULL_PERCENTILE, axis=0),
    )


def _spread(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(NORMAL_SPREAD * np.median(np.abs(values - np.median(values, axis=0)), axis=0))


def evidence(
    seen: Seen, reference: NDArray[np.float64], scale: Scale
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """How far each face meets each prototype (n, 8), and the labels."""
    rows = []
    for measures in measures_of(seen.meshes, reference):
        units = intensities(movements(measures, scale.neutral), scale)
        rows.append(matches(units, lopsidedness(measures, scale.neutral, scale)))
    return np.stack(rows), seen.labels


def calibrate(matched: NDArray[np.float64], labels: NDArray[np.int64]) -> tuple[float, NDArray[np.float64]]:
    """Steepness and bias of the likeliest softmax."""

    def loss(values: NDArray[np.float64]) -> float:
        return surprise(softmax(values[0] * matched + np.append(0.0, values[1:])), labels).mean()

    found = minimize(loss, np.append(5.0, np.zeros(len(EMOTIONS) - 1))).x
    return float(found[0]), np.append(0.0, found[1:])


def weigh(net: NDArray[np.float64], rules: NDArray[np.float64], labels: NDArray[np.int64]) -> dict[str, Any]:
    """What the rules add to the net, judged on rows that neither blend was fitted on.

    Both blends may scale the net and shift its classes; one of them may use the rules as well. So no
    gain comes from a mere recalibration. `gain` is the fall of the negative log-likelihood with its
    95 % interval.
    """

    def base(values: NDArray[np.float64], rows: NDArray[np.bool_]) -> NDArray[np.float64]:
        return softmax(values[0] * net[rows] + np.append(0.0, values[1:8]))

    def blend(values: NDArray[np.float64], rows: NDArray[np.bool_]) -> NDArray[np.float64]:
        return softmax(values[0] * net[rows] + np.append(0.0, values[1:8]) + values[8] * rules[rows])

    start = np.append(1.0, np.zeros(7))
    without, _ = _in_folds(base, start, labels)
    with_rules, fitted = _in_folds(blend, np.append(start, 0.1), labels)
    gain = surprise(without, labels) - surprise(with_rules, labels)
    half = 1.96 * gain.std() / np.sqrt(len(gain))
    return {
        "net": scores(without, labels),
        "blended": scores(with_rules, labels),
        "gain": [float(gain.mean()), float(gain.mean() - half), float(gain.mean() + half)],
        "weight": max(0.0, float(fitted[:, 8].mean() / fitted[:, 0].mean())),
    }


def _in_folds(
    blend: Callable[[NDArray[np.float64], NDArray[np.bool_]], NDArray[np.float64]],
    start: NDArray[np.float64],
    labels: NDArray[np.int64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    part = np.random.default_rng(0).permutation(len(labels)) % FOLDS
    judged = np.zeros((len(labels), len(EMOTIONS)))
    fitted = []
    for fold in range(FOLDS):
        rest = part != fold

        def loss(values: NDArray[np.float64], rest: NDArray[np.bool_] = rest) -> float:
            return surprise(blend(values, rest), labels[rest]).mean()

        fitted.append(minimize(loss, start).x)
        judged[~rest] = blend(fitted[-1], ~rest)
    return judged, np.stack(fitted)


def surprise(probabilities: NDArray[np.float64], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Negative log-likelihood of each label."""
    return np.asarray(-np.log(probabilities[np.arange(len(labels)), labels] + 1e-9))


def scores(probabilities: NDArray[np.float64], labels: NDArray[np.int64]) -> dict[str, float]:
    """Accuracy, mean recall and negative log-likelihood."""
    right = probabilities.argmax(axis=1) == labels
    return {
        "accuracy": float(right.mean()),
        "uar": float(np.mean([right[labels == label].mean() for label in np.unique(labels)])),
        "nll": float(surprise(probabilities, labels).mean()),
    }


def rounded(values: NDArray[np.float64]) -> list[float]:
    """Plain numbers for the manifest."""
    return [round(float(value), 4) for value in values]


if __name__ == "__main__":
    main()
