#!/usr/bin/env python3
"""Draw the figures of the cards of heart and stress.

    tools/draw_physiology.py beats --data DIR [--to DIR]
    tools/draw_physiology.py stress --data DIR [--to DIR]

`beats`: Bland-Altman plots (Bland and Altman 1986) of RR intervals and of the heart rate of each minute, of
our beats against the labelled ones, at 130 Hz. `stress`: ROC and calibration on people left out; needs
TensorFlow, as `train_stress.py` does. Both need matplotlib.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import matplotlib as mpl
import numpy as np

from corpora.physiology import read_ecgs, read_stress_dataset
from edge.inference import ModelStore
from edge.physiology.beats import judge_from
from measure.beats import MODEL, detect, resample
from measure.heart_and_skin import session
from measure.matching import pairs

mpl.use("Agg")
from matplotlib import pyplot as plt

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from measure.heart_and_skin import Session

RATE_HZ: Final = 130.0
STUDIES: Final = ("stress_predict", "noneeg")
MINUTE_S: Final = 60.0
LEAST_BEATS: Final = 20
FEW: Final = 5000
FIGURES: Final = Path(__file__).parents[1] / "models" / "cards" / "figures"


def main() -> None:
    """Draw what is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("beats", "stress"))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--to", type=Path, default=FIGURES)
    args = parser.parse_args()
    args.to.mkdir(parents=True, exist_ok=True)
    if args.what == "beats":
        draw_beats(args.data).savefig(args.to / "beats_bland_altman.png", dpi=80)
    else:
        sessions = [session(one) for name in STUDIES for one in read_stress_dataset(args.data, name)]
        draw_stress(sessions).savefig(args.to / "stress_roc.png", dpi=80)


def draw_beats(data: Path) -> Any:
    """Difference over mean, of intervals and of minutes."""
    judge = judge_from(ModelStore().load(MODEL))
    rr_ms, rates = [], []
    for record in read_ecgs(data):
        found_s = detect(resample(record.ecg_mv, record.rate_hz, RATE_HZ), RATE_HZ, judge)
        rr_ms.append(_intervals_ms(record.beats_s, found_s))
        rates.append(_rates_bpm(record.beats_s, found_s, len(record.ecg_mv) / record.rate_hz))
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 5), layout="constrained")
    _bland_altman(left, np.concatenate(rr_ms), unit="ms", limit=40, name="RR intervals")
    _bland_altman(right, np.concatenate(rates), unit="bpm", limit=12, name="heart rate of each minute")
    return figure


def _intervals_ms(labelled_s: NDArray[np.float64], found_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """(labelled, found) intervals between beats that follow each other in both."""
    matched = pairs(labelled_s, found_s)
    together = (np.diff(matched, axis=0) == 1).all(axis=1)
    ours, theirs = np.diff(found_s[matched[:, 1]]), np.diff(labelled_s[matched[:, 0]])
    return 1000 * np.column_stack([theirs, ours])[together]


def _rates_bpm(
    labelled_s: NDArray[np.float64], found_s: NDArray[np.float64], seconds: float
) -> NDArray[np.float64]:
    """(labelled, found) heart rate of each whole minute that both find beating."""
    rates = []
    for start_s in np.arange(0.0, seconds - MINUTE_S, MINUTE_S):
        inside = [one[(one >= start_s) & (one < start_s + MINUTE_S)] for one in (labelled_s, found_s)]
        if min(map(len, inside)) >= LEAST_BEATS:
            rates.append([60 / np.diff(one).mean() for one in inside])
    return np.array(rates)


def _bland_altman(axis: Any, both: NDArray[np.float64], *, unit: str, limit: float, name: str) -> None:
    mean, difference = both.mean(axis=1), both[:, 1] - both[:, 0]
    bias, spread = difference.mean(), 1.96 * difference.std()
    beyond = np.mean(np.abs(difference) > limit)
    few = len(both) < FEW
    axis.scatter(
        mean, np.clip(difference, -limit, limit), s=12 if few else 3, alpha=0.4 if few else 0.15, linewidths=0
    )
    for height, label in ((bias, "bias"), (bias - spread, "-1.96 SD"), (bias + spread, "+1.96 SD")):
        axis.axhline(height, color="black", linestyle="-" if label == "bias" else "--", linewidth=0.9)
        axis.annotate(
            f"{label} {height:+.2f}",
            (1, height),
            xycoords=("axes fraction", "data"),
            ha="right",
            va="bottom",
            fontsize=9,
        )
    axis.set(
        title=f"{name}: n = {len(both)}, median distance {np.median(np.abs(difference)):.2f} {unit}\n"
        f"{100 * beyond:.2f} % lie beyond and are drawn at the edge",
        xlabel=f"mean of ours and the labels ({unit})",
        ylabel=f"ours minus labels ({unit})",
        xlim=np.quantile(mean, (0.0, 0.9995)),
        ylim=(-1.05 * limit, 1.05 * limit),
    )


def draw_stress(sessions: list[Session]) -> Any:
    """True over false positive rate, and how often a probability comes true, on people left out."""
    from train_stress import calibrate, leave_one_out  # needs TensorFlow

    odds = leave_one_out(sessions)
    scale, offset, threshold = calibrate(odds, sessions)
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 5.2), layout="constrained")
    for name in STUDIES:
        own = [index for index, one in enumerate(sessions) if one.dataset == name]
        stress = np.concatenate([sessions[index].stress for index in own]).astype(bool)
        probability = 1 / (1 + np.exp(-np.concatenate([odds[index] for index in own]) * scale - offset))
        order = np.argsort(-probability)
        hits = np.concatenate([[0.0], np.cumsum(stress[order]) / stress.sum()])
        false = np.concatenate([[0.0], np.cumsum(~stress[order]) / (~stress).sum()])
        area = np.sum(np.diff(false) * (hits[1:] + hits[:-1])) / 2
        (line,) = left.plot(false, hits, label=f"{name}, {len(own)} people: area {area:.3f}")
        left.plot(
            np.mean(probability[~stress] >= threshold),
            np.mean(probability[stress] >= threshold),
            marker="o",
            color=line.get_color(),
        )
        edges = np.quantile(probability, np.linspace(0, 1, 9))
        bins = np.clip(np.searchsorted(edges, probability, side="right") - 1, 0, 7)
        right.plot(
            [probability[bins == one].mean() for one in range(8)],
            [stress[bins == one].mean() for one in range(8)],
            marker="o",
            label=name,
        )
    left.plot([0, 1], [0, 1], color="grey", linewidth=0.8)
    left.set(title="dots: the shipped threshold", xlabel="false positive rate", ylabel="true positive rate")
    right.plot([0, 1], [0, 1], color="grey", linewidth=0.8)
    right.set(title="eighths of all minutes", xlabel="probability told", ylabel="share that was stress")
    for axis in (left, right):
        axis.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
        axis.legend(fontsize=9, loc="lower right")
    return figure


if __name__ == "__main__":
    main()
