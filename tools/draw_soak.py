#!/usr/bin/env python3
"""Draw the memory of a soak and the faults it lived through.

    tools/draw_soak.py REPORT.json [--to docs/images/soak.png]

REPORT.json is what `tools/soak.py --json` wrote. Needs matplotlib.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import matplotlib as mpl
import numpy as np

mpl.use("Agg")
from matplotlib import pyplot as plt

WARM_UP_SHARE = 0.25


def main() -> None:
    """Draw the memory over equivalent hours, and above it how long each fault took to recover from."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("report", type=Path)
    parser.add_argument("--to", type=Path, default=Path(__file__).parents[1] / "docs" / "images" / "soak.png")
    args = parser.parse_args()
    report = json.loads(args.report.read_text(encoding="utf-8"))
    hours, memory_mb = np.array(report["memory_h_mb"]).T
    figure, (above, below) = plt.subplots(
        2, 1, sharex=True, figsize=(8, 5), height_ratios=(1, 2), layout="constrained"
    )
    for kind in sorted({kind for kind, _, _ in report["fault_h_s"]}):
        faults = [(at_h, s) for each, at_h, s in report["fault_h_s"] if each == kind and s is not None]
        above.scatter(*zip(*faults, strict=True), s=12, label=f"{kind} ({len(faults)})")
    above.set_ylabel("recovered after\n(real s)")
    above.legend(fontsize=7, ncols=3, loc="upper left")
    above.set_ylim(0, 1.9 * max(s or 0 for _, _, s in report["fault_h_s"]))
    settled = hours > hours[-1] * WARM_UP_SHARE
    line = np.polyfit(hours[settled], memory_mb[settled], 1)
    below.plot(hours, memory_mb, linewidth=0.8)
    below.plot(hours[settled], np.polyval(line, hours[settled]), "k--", label=f"{line[0]:+.2f} MB/h")
    below.set(xlabel="equivalent hours", ylabel="resident memory (MB)", ylim=(0, None))
    below.legend(loc="lower right")
    args.to.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(args.to, dpi=90)


if __name__ == "__main__":
    main()
