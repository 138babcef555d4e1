"""Signals of a wearer from CSV or npz files.

A file names its signal as `SIGNALS` does, with the unit in the name; `time_s` (one value a sample)
or `rate_hz` (one number) says when samples were taken. NaN means that the sensor had no contact.
"""

from __future__ import annotations

import csv
import zipfile
import zlib
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.capture.replay.recording import Piece, unreadable
from edge.errors import SourceError, SourceReason
from edge.signals import EcgChunk, HeartBeats, PulseChunk, SkinConductance

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from numpy.typing import NDArray

    from edge.capture.replay.options import ReplayEcg, ReplayEda, ReplayPulse, ReplayRr
    from edge.signals import Sample

    Columns = dict[str, NDArray[np.float64]]
    SignalOptions = ReplayEcg | ReplayPulse | ReplayEda

CHUNK_S: Final = 0.25
LONGEST_RR_MS: Final = 60_000.0
"""A longer interval is a mistake of the file, and takes no time."""
UNEVEN: Final = 0.05
"""Largest share by which the spacing of `time_s` may vary."""
SAME_RATE: Final = 0.01
"""Share by which the rates of file and config may differ, as clocks of sensors do."""

_DAMAGE: Final = (
    *(OSError, ValueError, EOFError, csv.Error),
    # What a damaged archive can raise as well: unknown versions, passwords, sizes beyond all memory.
    *(zipfile.BadZipFile, zlib.error, RuntimeError, KeyError, OverflowError, MemoryError),
)


@dataclass(frozen=True, slots=True)
class _Signal:
    column: str
    make: Callable[[str, float, float, NDArray[np.float64]], Sample]
    lowest_hz: float
    highest_hz: float


SIGNALS: Final[Mapping[str, _Signal]] = {
    "replay_ecg": _Signal("ecg_mv", EcgChunk, 50.0, 4000.0),
    "replay_pulse": _Signal("pulse", PulseChunk, 15.0, 2000.0),
    "replay_eda": _Signal("skin_conductance_us", SkinConductance, 1.0, 2000.0),
}


def signal(name: str, options: SignalOptions) -> Generator[Piece, None, None]:
    """Chunks of about a quarter of a second."""
    kind = SIGNALS[options.kind]
    columns = _read(name, options)
    values = _column(name, options, columns, kind.column)
    rate_hz = _rate_hz(name, options, columns)
    if not kind.lowest_hz <= rate_hz <= kind.highest_hz:
        raise SourceError(
            name,
            SourceReason.WRONG_RATE,
            f"{options.path} has {rate_hz:g} samples a second; "
            f"{kind.column} needs {kind.lowest_hz:g} to {kind.highest_hz:g}",
        )
    size = max(1, round(rate_hz * CHUNK_S))
    for first in range(0, len(values), size):
        chunk = values[first : first + size]
        end_s = (first + len(chunk)) / rate_hz
        yield Piece(end_s, partial(_chunk, partial(kind.make, name), first / rate_hz, rate_hz, chunk))


def beats(name: str, options: ReplayRr) -> Generator[Piece, None, None]:
    """One interval at a time, when the beat that ends it is due."""
    rr_ms = _column(name, options, _read(name, options), "rr_ms")
    end_s = 0.0
    for interval_ms in rr_ms:
        end_s += interval_ms / 1000 if 0 < interval_ms <= LONGEST_RR_MS else 0.0
        yield Piece(end_s, partial(_beat, name, end_s, float(interval_ms)))


def _chunk(
    make: Callable[[float, float, NDArray[np.float64]], Sample],
    start_s: float,
    rate_hz: float,
    values: NDArray[np.float64],
    began_s: float,
) -> Sample:
    return make(began_s + start_s, rate_hz, values)


def _beat(name: str, end_s: float, interval_ms: float, began_s: float) -> HeartBeats:
    return HeartBeats(name, np.array([began_s + end_s]), np.array([interval_ms]))


def _column(
    name: str, options: SignalOptions | ReplayRr, columns: Columns, wanted: str
) -> NDArray[np.float64]:
    if wanted not in columns:
        found = ", ".join(sorted(columns)) or "nothing"
        raise unreadable(name, options.path, f"it needs a column `{wanted}`, it has {found}")
    values = columns[wanted]
    if values.ndim != 1 or not np.isfinite(values).any():
        raise unreadable(name, options.path, f"`{wanted}` holds no numbers in one row")
    return np.where(np.isfinite(values), values, np.nan)


def _rate_hz(name: str, options: SignalOptions, columns: Columns) -> float:
    told_hz = _told_rate_hz(name, options, columns)
    if told_hz is None and options.rate_hz is None:
        raise SourceError(
            name, SourceReason.WRONG_RATE, f"{options.path} has no `time_s`; set rate_hz for this source"
        )
    if told_hz is not None and options.rate_hz is not None:
        if abs(told_hz - options.rate_hz) > SAME_RATE * told_hz:
            raise SourceError(
                name,
                SourceReason.WRONG_RATE,
                f"{options.path} says {told_hz:g} samples a second, the config {options.rate_hz:g}",
            )
        return options.rate_hz
    return told_hz or options.rate_hz or 0.0


def _told_rate_hz(name: str, options: SignalOptions, columns: Columns) -> float | None:
    """What the file itself says of its rate, if anything."""
    if "rate_hz" in columns and columns["rate_hz"].size == 1:
        return float(columns["rate_hz"].reshape(-1)[0])
    steps_s = np.diff(columns.get("time_s", np.zeros(0)))
    if not len(steps_s):
        return None
    step_s = float(np.median(steps_s))
    if not step_s > 0 or np.mean(np.abs(steps_s - step_s) > UNEVEN * step_s) > UNEVEN:
        raise SourceError(
            name, SourceReason.WRONG_RATE, f"`time_s` of {options.path} does not rise in even steps"
        )
    return 1 / step_s


def _read(name: str, options: SignalOptions | ReplayRr) -> Columns:
    try:
        if options.path.suffix == ".npz":
            with options.path.open("rb") as archive, np.load(archive, allow_pickle=False) as arrays:
                return {
                    key: np.asarray(arrays[key], np.float64)
                    for key in arrays.files
                    if arrays[key].dtype.kind in "fiu"
                }
        with options.path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.reader(file))
    except FileNotFoundError as error:
        raise unreadable(name, options.path, "there is no such file") from error
    except _DAMAGE as error:
        raise unreadable(name, options.path, "it is damaged or neither CSV nor npz") from error
    if not rows:
        raise unreadable(name, options.path, "it is empty")
    header, *lines = rows
    try:
        table = np.array([[float(cell or "nan") for cell in line] for line in lines if line], np.float64)
    except ValueError as error:
        raise unreadable(name, options.path, f"a cell is not a number ({error})") from error
    if table.shape != (len(table), len(header)):
        raise unreadable(name, options.path, "its rows do not all have the columns of its first line")
    return {column.strip(): table[:, index] for index, column in enumerate(header)}
