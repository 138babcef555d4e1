"""Train the face-expression net on the FER+ vote distributions and ship it as int8.

    tools/train_face.py --data DIR [--net face_expression|face_expression_nano] [--epochs N] [--teacher NET]

Learns from `training`, chooses and calibrates on `public_test`, and looks at nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import tensorflow as tf

from corpora.face import FerPlus, learnable, read_ferplus, vote_distributions
from edge.emotion import EMOTIONS
from edge.face.crop import standardize as standardize_tile
from edge.face.expression import ExpressionNet
from edge.inference import ModelStore
from training.augment_image import Augmentation, augment, standardize
from training.calibrate import calibrate
from training.face_net import NETS, make_net
from training.fit import Schedule, fit
from training.manifest import MODELS, record
from training.quantize import to_int8

if TYPE_CHECKING:
    from numpy.typing import NDArray

RARE_CLASS_POWER: Final = 0.35
"""Rows are drawn in proportion to their classes' frequency to the power of minus this."""

TEACHER_SHARE: Final = 0.5
"""How much of each target the teacher says; the votes say the rest."""


def main() -> None:
    """Train, quantize, calibrate, record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--net", choices=sorted(NETS), default="face_expression")
    parser.add_argument("--epochs", type=int, default=48)
    parser.add_argument("--teacher", help="a shipped net to learn from beside the votes (distillation)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--work", type=Path, default=Path(".cache/train_face"), help="checkpoints")
    args = parser.parse_args()

    tf.config.threading.set_intra_op_parallelism_threads(args.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    judged = read_ferplus(args.data, "public_test")
    learned = learnable(read_ferplus(args.data, "training"), judged)
    targets = vote_distributions(learned.votes)
    shares = row_shares(targets)
    if args.teacher:
        targets += TEACHER_SHARE * (opinions(args.teacher, learned.tiles) - targets)
    folder = args.work / f"{args.net}-{args.seed}"
    folder.mkdir(parents=True, exist_ok=True)

    tf.keras.mixed_precision.set_global_policy("mixed_bfloat16")
    net = make_net(args.net)
    print(f"{args.net}: {net.count_params()} parameters, {len(learned)} faces, to {folder}", flush=True)
    fit(
        net,
        learned.tiles[..., None],
        targets,
        row_shares=shares,
        prepare=lambda tiles: standardize(augment(tiles, Augmentation())),
        schedule=Schedule(epochs=args.epochs, seed=args.seed),
        folder=folder,
        on_epoch=partial(_judge, net, judged, folder / "log.jsonl"),
    )
    told = f" --teacher {args.teacher}" if args.teacher else ""
    origin = f"tools/train_face.py --net {args.net}{told} --epochs {args.epochs} --seed {args.seed}"
    ship(net, args.net, learned, judged, origin=origin)


def row_shares(targets: NDArray[np.float32]) -> NDArray[np.float64]:
    """How often to draw each row, so that the rare classes are seen more."""
    weights = targets.astype(np.float64) @ (targets.mean(axis=0) ** -RARE_CLASS_POWER)
    return np.asarray(weights / weights.sum())


def opinions(teacher: str, tiles: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What a shipped net says of every tile: Hinton, Vinyals and Dean (2015), at its own temperature."""
    net = ExpressionNet.load(ModelStore(MODELS), teacher)
    return np.stack([net(tile) for tile in tiles]).astype(np.float32)


def ship(net: Any, name: str, learned: FerPlus, judged: FerPlus, *, origin: str) -> None:
    """Quantize, calibrate on the judged split through the shipped bytes, and record."""
    tf.keras.mixed_precision.set_global_policy("float32")
    plain = make_net(name)
    plain.set_weights(net.get_weights())
    examples = learned.tiles[:: len(learned) // 400]
    content = to_int8(plain, np.stack([standardize_tile(tile)[..., None] for tile in examples]))
    (MODELS / f"{name}.tflite").write_bytes(content)
    known = judged.usable & (judged.majority >= 0)
    temperature, bias = calibrate(content, judged.tiles[known], judged.majority[known])
    record(
        name,
        {
            "file": f"{name}.tflite",
            "task": "face_expression",
            "version": "1.0.0",
            "sha256": "",
            "licence": "Apache-2.0 (weights); images of FER2013: owner's licence not found",
            "commercial_use": "unclear",
            "attribution": "Trained on FER2013 (Goodfellow et al. 2013) with FER+ labels "
            "(Barsoum et al. 2016, MIT)",
            "origin": origin,
            "card": f"cards/{name}.md",
            "inputs": [
                {
                    "name": "face",
                    "shape": [1, 48, 48, 1],
                    "dtype": "int8",
                    "meaning": "grey face crop, zero mean and unit deviation, clipped to 3",
                }
            ],
            "outputs": [{"name": "logits", "shape": [1, 8], "dtype": "int8", "meaning": "one logit a class"}],
            "labels": [emotion.value for emotion in EMOTIONS],
            "parameters": {
                "temperature": round(temperature, 4),
                "logit_bias": [round(float(value), 4) for value in bias],
            },
        },
    )
    print(f"{name}: {len(content)} bytes, temperature {temperature:.3f}")


def _judge(net: Any, judged: FerPlus, log: Path, epoch: int, loss: float) -> str:
    known = judged.usable & (judged.majority >= 0)
    logits = net.predict(
        standardize(tf.constant(judged.tiles[known][..., None], tf.float32)), batch_size=512, verbose=0
    )
    right = logits.argmax(axis=1) == judged.majority[known]
    recalls = [float(right[judged.majority[known] == label].mean()) for label in range(len(EMOTIONS))]
    line = {"epoch": epoch, "loss": loss, "accuracy": float(right.mean()), "uar": float(np.mean(recalls))}
    with log.open("a") as stream:
        stream.write(json.dumps(line) + "\n")
    return f"loss {loss:.3f}, PublicTest accuracy {line['accuracy']:.4f}, UAR {line['uar']:.3f}"


if __name__ == "__main__":
    main()
