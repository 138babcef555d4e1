"""Expressions on FER2013 tiles with FER+ labels, through the net and the crop of the daemon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from corpora.face import FerPlus, read_ferplus
from edge.emotion import EMOTIONS
from edge.face.detector import FaceDetector
from edge.face.expression import ExpressionNet
from edge.face.geometry import GeometryReader
from edge.face.quality import quality
from edge.inference import ModelStore
from measure.corruptions import CORRUPTIONS, SEVERITIES
from measure.scores import RESAMPLES, classification

if TYPE_CHECKING:
    import argparse

    from numpy.typing import NDArray

STRESS_EVERY: Final = 3
"""Every third row is put under stress; the mean drop is over all eleven corruptions of each."""

QUALITY_EVERY: Final = 4
"""Of these, every fourth is also shown to the detector for its quality."""

FRAME_MARGIN_PX: Final = 16
LABELS: Final = [emotion.value for emotion in EMOTIONS]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this task can be told."""
    parser.add_argument("--split", default="public_test", help="name of the CSV under face/fer2013plus")
    parser.add_argument("--model", default="face_expression", help="name of the expression net")
    parser.add_argument(
        "--stress", action="store_true", help="also under light, noise, blur, turns, occlusion"
    )


def evaluate(args: argparse.Namespace) -> dict[str, Any]:
    """Judge the rows with a FER+ strict majority whose votes belong to the picture."""
    store = ModelStore()
    net = ExpressionNet.load(store, args.model, runtime=args.runtime)
    split = read_ferplus(args.data, args.split)
    split = split.rows(split.usable & (split.majority >= 0))
    probabilities = predict(net, split.tiles)
    fresh = ~split.near_duplicate
    result = {
        "task": "face",
        "model": args.model,
        "model_sha256": store.entry(args.model).sha256,
        "runtime": str(net.runtime),
        "split": args.split,
        **figures(probabilities, split.majority),
        "without_near_duplicates": figures(probabilities[fresh], split.majority[fresh]),
    }
    if args.stress:
        rate = QualityOfTiles(
            FaceDetector(store.load("face_detector", runtime=args.runtime)),
            GeometryReader.load(store, runtime=args.runtime),
        )
        result["stress"] = stress(net, rate, split.rows(np.arange(len(split)) % STRESS_EVERY == 0))
    return result


def predict(net: ExpressionNet, tiles: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Probabilities (n, 8) of tiles (n, 48, 48)."""
    return np.stack([net(tile) for tile in tiles])


def figures(probabilities: NDArray[np.float64], labels: NDArray[np.int64]) -> dict[str, Any]:
    """Figures of a classifier; `interval` is the 95 % bootstrap interval of the accuracy."""
    found = classification(probabilities, labels, LABELS)
    found["uar_interval"] = found.pop("interval")
    right = probabilities.argmax(axis=1) == labels
    draws = np.random.default_rng(0).binomial(len(right), right.mean(), RESAMPLES) / len(right)
    found["interval"] = [float(value) for value in np.percentile(draws, (2.5, 97.5))]
    return found


def as_frame(tile: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Show a tile as a camera would: twice as large, its border carried on, in three channels."""
    enlarged = np.pad(np.kron(tile, np.ones((2, 2), np.uint8)), FRAME_MARGIN_PX, mode="edge")
    return np.repeat(enlarged[..., None], 3, axis=2)


class QualityOfTiles:
    """The daemon's quality of a tile that is shown to detector and mesh as a frame."""

    def __init__(self, detector: FaceDetector, geometry: GeometryReader) -> None:
        self._detect = detector
        self._geometry = geometry

    def __call__(self, tiles: NDArray[np.uint8]) -> float:
        """Mean quality; a tile in which no face is found counts as 0."""
        return float(np.mean([self._of_tile(tile) for tile in tiles[::QUALITY_EVERY]]))

    def _of_tile(self, tile: NDArray[np.uint8]) -> float:
        frame = as_frame(tile)
        faces = self._detect(frame)
        if not faces:
            return 0.0
        return quality(faces[0], tile.astype(np.float32), self._geometry(frame, faces[0]))


def stress(net: ExpressionNet, rate: QualityOfTiles, split: FerPlus) -> dict[str, Any]:
    """Accuracy and mean quality under each corruption and severity."""
    clean = accuracy(net, split.tiles, split.majority)
    found: dict[str, Any] = {
        "n": len(split),
        "clean": {"accuracy": clean, "quality": rate(split.tiles)},
        "corruptions": {},
    }
    for name, corrupt in CORRUPTIONS.items():
        rng = np.random.default_rng(0)
        rows = []
        for severity in SEVERITIES:
            tiles = corrupt(split.tiles, severity, rng)
            rows.append(
                {
                    "severity": severity,
                    "accuracy": accuracy(net, tiles, split.majority),
                    "quality": rate(tiles),
                }
            )
        found["corruptions"][name] = rows
    by_severity = np.array([[row["accuracy"] for row in rows] for rows in found["corruptions"].values()])
    drops = clean - by_severity.mean(axis=0)
    found["mean_drop"] = {
        str(severity): float(drop) for severity, drop in zip(SEVERITIES, drops, strict=True)
    }
    return found


def accuracy(net: ExpressionNet, tiles: NDArray[np.uint8], labels: NDArray[np.int64]) -> float:
    """Share of tiles whose likeliest class is the label."""
    return float((predict(net, tiles).argmax(axis=1) == labels).mean())
