"""Ask whether the face reader treats groups of people alike, on FairFace's validation faces.

    tools/audit_bias.py --data DIR [--json FILE] [--figure FILE]

FairFace has no expression labels, so this shows differences in what the reader says and how far it
trusts itself, not in how often it is right. Gender, age and race are the annotators' words for the
pictures; the product estimates none of them.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from corpora.face import read_fairface
from edge.emotion import EMOTIONS
from edge.face.crop import cut_tile
from edge.face.detector import FaceDetector
from edge.face.expression import ExpressionNet
from edge.face.geometry import GeometryReader
from edge.face.quality import quality
from edge.inference import ModelStore, Runtime
from measure.scores import RESAMPLES

if TYPE_CHECKING:
    from numpy.typing import NDArray

ENLARGED: Final = 2
MARGIN_PX: Final = 24
"""A tile is shown to the detector twice as large, with its border carried on."""

LEAST_QUALITY: Final = 0.25
"""The reader's default floor."""

LEAST_SCORE: Final = 0.65
"""What a new face needs to be followed."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What the reader makes of each face; rows that were not found hold NaN."""

    found: NDArray[np.float64]
    quality: NDArray[np.float64]
    probabilities: NDArray[np.float64]


def main() -> None:
    """Audit and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--runtime", type=Runtime, choices=list(Runtime))
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--figure", type=Path, metavar="FILE", help="needs matplotlib")
    args = parser.parse_args()

    faces = read_fairface(args.data)
    seen = look(faces.tiles, args.runtime)
    result: dict[str, Any] = {"n": len(faces.tiles), "all": describe(seen, np.ones(len(faces.tiles), bool))}
    for trait in ("gender", "age", "race"):
        groups = getattr(faces, trait)
        result[trait] = {str(group): describe(seen, groups == group) for group in np.unique(groups)}
    print_table(result)
    if args.json:
        args.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    if args.figure:
        draw(result, args.figure)


def look(tiles: NDArray[np.uint8], runtime: Runtime | None) -> Seen:
    """Run detector, mesh, crop, net and quality on every tile."""
    store = ModelStore()
    detect = FaceDetector(store.load("face_detector", runtime=runtime))
    geometry = GeometryReader.load(store, runtime=runtime)
    net = ExpressionNet.load(store, runtime=runtime)
    found = np.zeros(len(tiles))
    trust = np.full(len(tiles), np.nan)
    probabilities = np.full((len(tiles), len(EMOTIONS)), np.nan)
    for row, tile in enumerate(tiles):
        enlarged = np.pad(np.kron(tile, np.ones((ENLARGED, ENLARGED), np.uint8)), MARGIN_PX, mode="edge")
        frame = np.repeat(enlarged[..., None], 3, axis=2)
        faces = [face for face in detect(frame) if face.score >= LEAST_SCORE]
        if faces:
            crop = cut_tile(frame, faces[0])
            found[row] = 1.0
            trust[row] = quality(faces[0], crop, geometry(frame, faces[0]))
            probabilities[row] = net(crop)
    return Seen(found=found, quality=trust, probabilities=probabilities)


def describe(seen: Seen, rows: NDArray[np.bool_]) -> dict[str, Any]:
    """Means over a group, each with its 95 % bootstrap interval."""
    found = rows & (seen.found > 0)
    probabilities = seen.probabilities[found]
    return {
        "n": int(rows.sum()),
        "detected": mean(seen.found[rows]),
        "quality": mean(seen.quality[found]),
        "withheld": mean((seen.quality[found] < LEAST_QUALITY).astype(float)),
        "confidence": mean(probabilities.max(axis=1)),
        "share": {emotion.value: mean(probabilities[:, emotion.position]) for emotion in EMOTIONS},
    }


def mean(values: NDArray[np.float64]) -> list[float]:
    """Mean, and the bounds of its 95 % bootstrap interval."""
    draws = np.random.default_rng(0).integers(len(values), size=(RESAMPLES, len(values)))
    low, high = np.percentile(values[draws].mean(axis=1), (2.5, 97.5))
    return [float(values.mean()), float(low), float(high)]


def print_table(result: dict[str, Any]) -> None:
    """Print one line a group."""
    columns = ["detected", "quality", "confidence"]
    print(f"{'group':<20} {'n':>5} " + " ".join(f"{name:>10}" for name in [*columns, *EMOTIONS]))
    groups = [("all", result["all"])]
    groups += [item for trait in ("gender", "age", "race") for item in result[trait].items()]
    for name, group in groups:
        values = [group[column][0] for column in columns]
        values += [group["share"][emotion.value][0] for emotion in EMOTIONS]
        print(f"{name:<20} {group['n']:>5} " + " ".join(f"{value:10.3f}" for value in values))


def draw(result: dict[str, Any], path: Path) -> None:
    """Draw the groups' means with their intervals."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    groups = [(name, group) for trait in ("gender", "age", "race") for name, group in result[trait].items()]
    shown = ["detected", "quality", "confidence", "happiness", "neutral", "sadness", "anger", "fear"]
    figure, axes = plt.subplots(2, 4, figsize=(13, 8), sharey=True, layout="constrained")
    places = np.arange(len(groups))[::-1]
    for axis, name in zip(axes.flat, shown, strict=True):
        values = np.array([group[name] if name in group else group["share"][name] for _, group in groups])
        axis.errorbar(
            values[:, 0],
            places,
            xerr=[values[:, 0] - values[:, 1], values[:, 2] - values[:, 0]],
            fmt="o",
            ms=4,
        )
        overall = result["all"][name] if name in result["all"] else result["all"]["share"][name]
        axis.axvline(overall[0], color="0.6", lw=1)
        axis.set_title(name)
        axis.set_yticks(places, [label for label, _ in groups])
        axis.grid(axis="x", alpha=0.3)
    figure.suptitle("What the face reader says of FairFace groups: means and 95 % intervals")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=80)


if __name__ == "__main__":
    main()
