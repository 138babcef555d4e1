#!/usr/bin/env python3
"""Draw the figures of a speech net's card from its cross-validation.

    tools/draw_speech.py --figures FILE.json [--name speech_emotion] [--to DIR]

FILE is what `train_speech.py --cross-validate --json` wrote. Needs matplotlib.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np

mpl.use("Agg")
from matplotlib import pyplot as plt

STATES = {"none": "a stranger's voice", "all": "a voice it has listened to"}


def main() -> None:
    """Draw confusion, calibration and noise."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--figures", type=Path, required=True)
    parser.add_argument("--name", default="speech_emotion")
    parser.add_argument("--to", type=Path, default=Path(__file__).parents[1] / "models" / "cards" / "figures")
    args = parser.parse_args()
    args.to.mkdir(parents=True, exist_ok=True)
    figures = json.loads(args.figures.read_text(encoding="utf-8"))
    corpora = figures["clean"]
    draw_confusion(corpora).savefig(args.to / f"{args.name}_confusion.png", dpi=70)
    draw_calibration(corpora).savefig(args.to / f"{args.name}_calibration.png", dpi=70)
    draw_noise(figures).savefig(args.to / f"{args.name}_noise.png", dpi=70)


def draw_noise(figures: dict[str, Any]) -> Any:
    """UAR over the signal-to-noise ratio, a line each state of adaptation; clean at the right end."""
    levels = sorted(
        (name for name in figures if name.endswith(" dB")), key=lambda name: float(name.split()[0])
    )
    levels.append("clean")
    names = list(figures["clean"])
    figure, axes = plt.subplots(
        1, len(names), figsize=(4 * len(names), 4), layout="constrained", squeeze=False
    )
    for axis, name in zip(axes[0], names, strict=True):
        for state, title in STATES.items():
            found = [figures[level][name][state] for level in levels]
            uar = [100 * one["uar"] for one in found]
            low, high = np.array([one["interval"] for one in found]).T * 100
            axis.plot(levels, uar, marker="o", label=title)
            axis.fill_between(levels, low, high, alpha=0.2)
        axis.set(title=name, xlabel="SNR, sound events never heard", ylabel="UAR in %", ylim=(0, 100))
        axis.legend(fontsize=8)
    return figure


def draw_confusion(corpora: dict[str, Any]) -> Any:
    """Rows are what was meant, columns what was told; shares of a row."""
    figure, axes = plt.subplots(
        len(STATES), len(corpora), figsize=(4.4 * len(corpora), 9), layout="constrained", squeeze=False
    )
    for row, (state, title) in enumerate(STATES.items()):
        for axis, (name, found) in zip(axes[row], corpora.items(), strict=True):
            counts = np.array(found[state]["confusion"])
            shares = counts / counts.sum(axis=1, keepdims=True)
            labels = list(found[state]["per_class"])
            axis.imshow(shares, vmin=0, vmax=1, cmap="Blues")
            axis.set_xticks(range(len(labels)), labels, rotation=60, ha="right")
            axis.set_yticks(range(len(labels)), labels)
            for place, share in np.ndenumerate(shares):
                axis.text(place[1], place[0], f"{100 * share:.0f}", ha="center", va="center", fontsize=8)
            axis.set_title(f"{name}, {title}: UAR {100 * found[state]['uar']:.1f}", fontsize=9)
    return figure


def draw_calibration(corpora: dict[str, Any]) -> Any:
    """Accuracy over confidence, in tenths."""
    figure, axes = plt.subplots(
        1, len(corpora), figsize=(4 * len(corpora), 4), layout="constrained", squeeze=False
    )
    for axis, (name, found) in zip(axes[0], corpora.items(), strict=True):
        axis.plot([0, 1], [0, 1], color="grey", linewidth=0.8)
        for state, title in STATES.items():
            confidence, accuracy, _ = zip(*found[state]["reliability"], strict=True)
            axis.plot(confidence, accuracy, marker="o", label=f"{title}, ECE {found[state]['ece']:.3f}")
        axis.set(title=name, xlabel="confidence", ylabel="accuracy", xlim=(0, 1), ylim=(0, 1))
        axis.legend(fontsize=8)
    return figure


if __name__ == "__main__":
    main()
