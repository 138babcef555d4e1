#!/usr/bin/env python3
"""Draw the figures of the fusion's card from what `tools/evaluate.py fusion --json FILE` measured.

    tools/draw_fusion.py --figures FILE.json [--to DIR]

Needs matplotlib.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import numpy as np

mpl.use("Agg")
from matplotlib import pyplot as plt

STRATEGIES: Final = ("late", "intermediate", "early", "ensemble")
BAR: Final = 0.2


def main() -> None:
    """Draw the subsets and the disturbances."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--figures", type=Path, required=True)
    parser.add_argument("--to", type=Path, default=Path(__file__).parents[1] / "models" / "cards" / "figures")
    args = parser.parse_args()
    args.to.mkdir(parents=True, exist_ok=True)
    measured = json.loads(args.figures.read_text(encoding="utf-8"))
    draw_subsets(measured["subsets"]).savefig(args.to / "fusion_subsets.png", dpi=80)
    draw_disturbances(measured["disturbances"]).savefig(args.to / "fusion_disturbances.png", dpi=80)


def draw_subsets(subsets: dict[str, Any]) -> Any:
    """Accuracy with its interval of every subset and strategy, above its calibration error."""
    figure, (above, below) = plt.subplots(2, 1, figsize=(11, 7.5), layout="constrained", sharex=True)
    places = np.arange(len(subsets))
    for number, strategy in enumerate(STRATEGIES):
        found = [subset[strategy] for subset in subsets.values()]
        accuracy = np.array([one["accuracy"] for one in found])
        error = np.abs(np.array([one["interval"] for one in found]).T - accuracy)
        at = places + (number - 1.5) * BAR
        above.bar(at, accuracy, BAR, yerr=error, capsize=2, label=strategy)
        below.bar(at, [one["ece"] for one in found], BAR)
    above.axhline(1 / 7, color="grey", linestyle=":", label="chance")
    above.set_ylabel("accuracy, 95 % over sessions")
    above.legend(loc="lower right", ncols=5)
    below.set_ylabel("calibration error")
    below.set_xticks(places, [name.replace("+", "\n+ ") for name in subsets])
    return figure


def draw_disturbances(disturbances: dict[str, Any]) -> Any:
    """Accuracy of each strategy under each disturbance, beside the best single reader left in peace."""
    figure, axis = plt.subplots(figsize=(9, 0.32 * len(disturbances) + 1.2), layout="constrained")
    rows = np.arange(len(disturbances))
    for number, strategy in enumerate(STRATEGIES):
        accuracy = [one["accuracy"][strategy] for one in disturbances.values()]
        axis.plot(accuracy, rows + (number - 1.5) * BAR / 2, "o", markersize=5, label=strategy)
    rest = [one["best_of_the_rest"] for one in disturbances.values()]
    axis.plot(rest, rows, "|", color="black", markersize=16, label="best of the rest")
    axis.set_yticks(rows, [name.replace("_", " ") for name in disturbances])
    axis.invert_yaxis()
    axis.set_xlim(0, 1)
    axis.set_xlabel("accuracy")
    axis.grid(axis="x", alpha=0.3)
    axis.legend(loc="upper center", bbox_to_anchor=(0.4, 1.06), ncols=5, frameon=False)
    return figure


if __name__ == "__main__":
    main()
