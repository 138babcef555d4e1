#!/usr/bin/env python
"""Compares the shipped R-peak detector with its peers on the same records, in one run.

tools/compare_beats.py --data DIR [--rate HZ] [--json FILE]

The peers are no dependencies: install neurokit2, sleepecg and wfdb beside the project first, in an
environment of their own. What is not installed is left out and said. Ours runs chunk by chunk, the
peers see whole records.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from corpora.physiology import read_ecgs
from edge.inference import ModelStore
from edge.physiology.beats import judge_from
from measure.beats import MODEL, detect, pool, resample
from measure.matching import match_beats

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Detector = Callable[[NDArray[np.float64], float], NDArray[np.float64]]


def _pan_tompkins(ecg_mv: NDArray[np.float64], rate_hz: float) -> NDArray[np.float64]:
    neurokit2 = importlib.import_module("neurokit2")
    clean = neurokit2.ecg_clean(ecg_mv, sampling_rate=int(rate_hz), method="pantompkins1985")
    _, found = neurokit2.ecg_peaks(clean, sampling_rate=int(rate_hz), method="pantompkins1985")
    return np.asarray(found["ECG_R_Peaks"]) / rate_hz


def _sleepecg(ecg_mv: NDArray[np.float64], rate_hz: float) -> NDArray[np.float64]:
    return np.asarray(importlib.import_module("sleepecg").detect_heartbeats(ecg_mv, rate_hz)) / rate_hz


def _xqrs(ecg_mv: NDArray[np.float64], rate_hz: float) -> NDArray[np.float64]:
    processing = importlib.import_module("wfdb.processing")
    return np.asarray(processing.xqrs_detect(sig=ecg_mv, fs=rate_hz, verbose=False)) / rate_hz


PEERS: Final[dict[str, tuple[str, Detector]]] = {
    "neurokit2 pantompkins1985": ("neurokit2", _pan_tompkins),
    "sleepecg": ("sleepecg", _sleepecg),
    "wfdb XQRS": ("wfdb", _xqrs),
}


def main() -> None:
    """Run every detector on every record and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rate", type=float, metavar="HZ", help="resample to this rate first")
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args()
    records = read_ecgs(args.data)
    model = ModelStore().load(MODEL)

    def ours(ecg_mv: NDArray[np.float64], rate_hz: float) -> NDArray[np.float64]:
        return detect(ecg_mv, rate_hz, judge_from(model))

    detectors: dict[str, Detector] = {"edge-affect (streaming)": ours}
    for name, (package, detector) in PEERS.items():
        if importlib.util.find_spec(package):
            detectors[name] = detector
        else:
            print(f"{name}: {package} is not installed, left out")
    table: dict[str, dict[str, Any]] = {}
    print(f"{'detector':28} {'F1':>7} {'worst':>13} {'false':>6} {'missed':>7} {'CPU s/30 min':>13}")
    for name, detector in detectors.items():
        matched, cpu_s = {}, []
        for record in records:
            ecg_mv, rate_hz = record.ecg_mv, record.rate_hz
            if args.rate and args.rate != rate_hz:
                ecg_mv, rate_hz = resample(ecg_mv, rate_hz, args.rate), args.rate
            begun_s = time.process_time()
            found = detector(ecg_mv, rate_hz)
            cpu_s.append(time.process_time() - begun_s)
            matched[record.name] = match_beats(record.beats_s, found)
        pooled = pool(matched.values())
        worst = min(matched, key=lambda key: matched[key].f1)
        table[name] = {
            "f1": pooled.f1,
            "false": pooled.false,
            "missed": pooled.missed,
            "cpu_s": float(np.median(cpu_s)),
            "records": {key: one.f1 for key, one in matched.items()},
        }
        print(
            f"{name:28} {pooled.f1:7.4f} {worst + f' {matched[worst].f1:.4f}':>13} {pooled.false:6} "
            f"{pooled.missed:7} {np.median(cpu_s):13.2f}",
            flush=True,
        )
    if args.json:
        args.json.write_text(json.dumps(table, indent=2) + "\n")


if __name__ == "__main__":
    main()
