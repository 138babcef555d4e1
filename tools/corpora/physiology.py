"""Reading the physiological recordings: ECG with labelled beats, skin and pulse with labelled stress."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SCORED: Final = frozenset(
    {
        "Baseline", "Relax", "Recovery", "Stroop", "Interview", "Hyperventilation",
        "CognitiveStress", "EmotionalStress", "Amusement", "Stress",
    }
)  # fmt: skip
"""Segments that count in stress figures; physical effort, meditation and transitions do not."""

TRAINED_ON: Final = {
    "stress_predict": frozenset(
        f"S{number:02}"
        for number in (1, 3, 4, 5, 6, 7, 9, 10, 12, 13, 14, 15, 17, 18, 19, 20, 22, 24, 25, 26, 27)
    )
    | {"S29", "S30", "S31", "S33", "S34", "S35"},
    "noneeg": frozenset(
        f"subject{number:02}" for number in (1, 2, 3, 4, 5, 6, 7, 8, 11, 14, 15, 16, 18, 19, 20)
    ),
}
"""The people whom the shipped stress model has seen."""

_BASELINE_S: Final = {"stress_predict": 240.0, "noneeg": 180.0}
_LONG_BASELINE_S: Final = 300.0


@dataclass(frozen=True, slots=True, eq=False)
class EcgRecord:
    """One lead of one record: `ecg_mv` at `rate_hz`, and the seconds of its R peaks."""

    name: str
    rate_hz: float
    ecg_mv: NDArray[np.float64]
    beats_s: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a protocol, and whether it is meant to stress."""

    name: str
    start_s: float
    end_s: float
    stress: bool


@dataclass(frozen=True, slots=True, eq=False)
class StressRecord:
    """One person's session; what was not recorded is None.

    Skin conductance starts `skin_start_s` after the pulse wave. `heart_rate_bpm` has 1 Hz.
    """

    dataset: str
    subject: str
    skin_rate_hz: float
    skin_start_s: float
    skin_conductance_us: NDArray[np.float64]
    pulse_rate_hz: float
    pulse: NDArray[np.float64] | None
    heart_rate_bpm: NDArray[np.float64] | None
    segments: tuple[Segment, ...]

    @property
    def baseline(self) -> tuple[float, float]:
        """The first rest segment's first minutes, in seconds: the person's baseline, never scored."""
        first = next(segment for segment in self.segments if not segment.stress)
        return first.start_s, min(
            first.start_s + _BASELINE_S.get(self.dataset, _LONG_BASELINE_S), first.end_s
        )


def folder(data: Path, name: str) -> Path:
    """Folder of a data set, below `data` or below its `physiology`.

    Raises
    ------
    FileNotFoundError
        There is none.
    """
    for candidate in (data / name, data / "physiology" / name):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"no {name} in {data}")


def stress_datasets(data: Path) -> tuple[str, ...]:
    """Names of the data sets below `data` whose recordings have stress labels."""
    root = data / "physiology" if (data / "physiology").is_dir() else data
    return tuple(
        sorted(
            path.name
            for path in root.iterdir()
            if path.is_dir()
            and (first := next(iter(sorted(path.glob("*.npz"))), None))
            and _has_labels(first)
        )
    )


def _has_labels(path: Path) -> bool:
    with np.load(path) as arrays:
        return "seg_stress" in arrays


def read_ecg(path: Path) -> EcgRecord:
    """Read one record of the MIT-BIH Arrhythmia Database."""
    with np.load(path) as arrays:
        adc = np.cumsum(arrays["adc_first_difference"].astype(np.int64))
        rate_hz = float(arrays["fs"])
        return EcgRecord(
            name=path.stem,
            rate_hz=rate_hz,
            ecg_mv=(adc - float(arrays["baseline"])) / float(arrays["gain"]),
            beats_s=arrays["r_samples"] / rate_hz,
        )


def read_ecgs(data: Path) -> list[EcgRecord]:
    """Read every labelled ECG record."""
    return [read_ecg(path) for path in sorted(folder(data, "mitbih").glob("*.npz"))]


def read_stress(path: Path) -> StressRecord:
    """Read one person's session."""
    with np.load(path) as arrays:
        pulse = arrays.get("bvp_x100_first_difference")
        return StressRecord(
            dataset=path.parent.name,
            subject=path.stem,
            skin_rate_hz=float(arrays["fs_eda"]),
            skin_start_s=float(arrays["t0_eda"]) if "t0_eda" in arrays else 0.0,
            skin_conductance_us=arrays["eda"].astype(np.float64),
            pulse_rate_hz=float(arrays["fs_bvp"]) if pulse is not None else 0.0,
            pulse=None if pulse is None else np.cumsum(pulse, dtype=np.int64) / 100,
            heart_rate_bpm=arrays["hr"].astype(np.float64) if pulse is None and "hr" in arrays else None,
            segments=tuple(
                Segment(str(name), float(start), float(end), bool(stress))
                for name, start, end, stress in zip(
                    arrays["seg_name"],
                    arrays["seg_start"],
                    arrays["seg_end"],
                    arrays["seg_stress"],
                    strict=True,
                )
            ),
        )


def read_stress_dataset(data: Path, name: str) -> list[StressRecord]:
    """Read every session of a data set."""
    return [read_stress(path) for path in sorted(folder(data, name).glob("*.npz"))]
