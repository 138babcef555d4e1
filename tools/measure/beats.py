"""R peaks, found in streaming mode by the shipped detector.

Each record is pushed in chunks of a second. --rate resamples it first.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy.signal import resample_poly

from corpora.physiology import read_ecgs
from edge.inference import ModelStore
from edge.physiology.beats import RPeakDetector, judge_from
from measure.matching import Matched, match_beats

if TYPE_CHECKING:
    import argparse

    from numpy.typing import NDArray

    from edge.physiology.beats import Judge

MODEL: Final = "beats"
CHUNK_S: Final = 1.0
DRAIN_S: Final = 1.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this task."""
    parser.add_argument("--rate", type=float, metavar="HZ", help="resample to this rate first")


def evaluate(args: argparse.Namespace) -> dict[str, Any]:
    """Measure the shipped detector on every record."""
    store = ModelStore()
    model = store.load(MODEL, runtime=args.runtime)
    matched = {}
    for record in read_ecgs(args.data):
        ecg_mv, rate_hz = record.ecg_mv, record.rate_hz
        if args.rate and args.rate != rate_hz:
            ecg_mv, rate_hz = resample(ecg_mv, rate_hz, args.rate), args.rate
        matched[record.name] = match_beats(record.beats_s, detect(ecg_mv, rate_hz, judge_from(model)))
    pooled = pool(matched.values())
    return {
        "task": "beats",
        "model": MODEL,
        "model_sha256": store.entry(MODEL).sha256,
        "runtime": model.runtime.value,
        "n": pooled.hits + pooled.missed,
        "rate_hz": args.rate,
        "sensitivity": pooled.hits / (pooled.hits + pooled.missed),
        "ppv": pooled.hits / max(pooled.hits + pooled.false, 1),
        "f1": pooled.f1,
        "records": {
            name: {"f1": one.f1, "false": one.false, "missed": one.missed} for name, one in matched.items()
        },
    }


def resample(ecg_mv: NDArray[np.float64], from_hz: float, to_hz: float) -> NDArray[np.float64]:
    """Resample a whole record."""
    ratio = Fraction(to_hz / from_hz).limit_denominator(1000)
    middle = float(np.median(ecg_mv))
    return np.asarray(resample_poly(ecg_mv - middle, ratio.numerator, ratio.denominator)) + middle


def detect(ecg_mv: NDArray[np.float64], rate_hz: float, judge: Judge) -> NDArray[np.float64]:
    """Seconds of the beats of a record, found chunk by chunk."""
    detector = RPeakDetector(rate_hz, judge)
    ended = np.concatenate([ecg_mv, np.full(round(DRAIN_S * rate_hz), np.nan)])
    size = round(CHUNK_S * rate_hz)
    return np.concatenate(
        [detector.push(ended[start : start + size]) for start in range(0, len(ended), size)]
    )


def pool(matched: Any) -> Matched:
    """Add up the records."""
    hits, false, missed = (
        sum(counts) for counts in zip(*((m.hits, m.false, m.missed) for m in matched), strict=True)
    )
    return Matched(hits, false, missed)
