"""Which files are recordings, what each holds, and how long it lasts."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import av
import numpy as np

from edge.capture.replay.options import ReplayEcg, ReplayEda, ReplayPulse, ReplayRr
from edge.capture.replay.series import SIGNALS, beats, signal
from edge.errors import AnalysisError, AnalysisReason, SourceError, SourceReason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

_SERIES_SUFFIXES: Final = frozenset({".csv", ".npz"})
_PIECES: Final[Mapping[str, Any]] = {
    "replay_ecg": (ReplayEcg, signal),
    "replay_pulse": (ReplayPulse, signal),
    "replay_eda": (ReplayEda, signal),
    "replay_rr": (ReplayRr, beats),
}
_COLUMN: Final = {**{kind: named.column for kind, named in SIGNALS.items()}, "replay_rr": "rr_ms"}
_WORDS: Final = {
    "replay_video": "face",
    "replay_audio": "voice",
    "replay_ecg": "ecg",
    "replay_pulse": "pulse",
    "replay_eda": "skin",
    "replay_rr": "beats",
}
_MICROSECONDS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Part:
    """What one reader takes from one file: a source of the street.

    Attributes
    ----------
    name
        Of the source in the config.
    kind
        As `kind` in the config.
    length_s
        As the file says, or None where it does not.
    wearer
        Groups the signals of one person; empty for pictures and sound.
    """

    name: str
    path: Path
    kind: str
    length_s: float | None
    wearer: str = ""


@dataclass(frozen=True, slots=True)
class Recordings:
    """Everything to be played, and the files that were left out, each with the reason."""

    parts: tuple[Part, ...]
    skipped: tuple[tuple[str, str], ...] = field(default=())

    @property
    def length_s(self) -> float:
        """The longest part; 0 where no file says how long it is."""
        return max((part.length_s or 0.0 for part in self.parts), default=0.0)

    def named(self, kind: str) -> tuple[Part, ...]:
        """The parts of one kind."""
        return tuple(part for part in self.parts if part.kind == kind)


def find_recordings(paths: Sequence[Path], *, with_sound: bool) -> Recordings:
    """Look into files and folders (not into folders in these).

    Parameters
    ----------
    paths
        A file that is named must be a recording; in a folder, others are left out.
    with_sound
        Whether the sound of videos is read; files that are sound alone are always.

    Raises
    ------
    SourceError
        A named file is missing or no recording.
    AnalysisError
        There is nothing to play.
    """
    parts: list[Part] = []
    skipped: list[tuple[str, str]] = []
    for path, must in _files(paths):
        try:
            found = _look(path, with_sound=with_sound)
        except SourceError as error:
            if must:
                raise
            skipped.append((path.name, error.detail.removeprefix(f"cannot read {path}: ")))
            continue
        parts += found
    if not parts:
        where = ", ".join(str(path) for path in paths)
        raise AnalysisError(AnalysisReason.NO_RECORDING, f"there is no recording in {where}")
    return Recordings(tuple(_uniquely_named(parts)), tuple(skipped))


def _files(paths: Sequence[Path]) -> Iterator[tuple[Path, bool]]:
    for path in paths:
        try:
            inside = sorted(path.iterdir()) if path.is_dir() else None
        except OSError as error:
            raise SourceError(path.name, SourceReason.PERMISSION, f"cannot look into {path}") from error
        if inside is None:
            yield path, True
        else:
            yield from ((each, False) for each in inside if each.is_file() and not each.name.startswith("."))


def _look(path: Path, *, with_sound: bool) -> list[Part]:
    if not path.exists():
        raise SourceError(path.name, SourceReason.MISSING, f"there is no file {path}")
    if path.suffix.lower() in _SERIES_SUFFIXES:
        return _series(path)
    return _media(path, with_sound=with_sound)


def _media(path: Path, *, with_sound: bool) -> list[Part]:
    try:
        with av.open(str(path)) as container:
            is_picture = container.format.name in {"image2", "gif"} or container.format.name.endswith("_pipe")
            pictures = [] if is_picture else [s for s in container.streams.video if not _is_cover(s)]
            sounds = container.streams.audio
            lengths_s = {
                "replay_video": _length_s(container, pictures),
                "replay_audio": _length_s(container, sounds),
            }
    except PermissionError as error:
        raise SourceError(path.name, SourceReason.PERMISSION, f"cannot read {path}: not permitted") from error
    except (av.error.FFmpegError, OSError, ValueError) as error:
        detail = f"cannot read {path}: it is no video, sound or signal"
        raise SourceError(path.name, SourceReason.UNREADABLE, detail) from error
    kinds = ["replay_video"] if pictures else []
    if sounds and (with_sound or not pictures):
        kinds.append("replay_audio")
    if not kinds:
        detail = f"cannot read {path}: it holds neither moving pictures nor sound"
        raise SourceError(path.name, SourceReason.UNSUPPORTED, detail)
    return [Part(_slug(path), path, kind, lengths_s[kind]) for kind in kinds]


def _length_s(container: Any, streams: Sequence[Any]) -> float | None:
    """Of the first stream, or of the whole file where the stream does not say."""
    if streams and streams[0].duration:
        return float(streams[0].duration * streams[0].time_base)
    return container.duration / _MICROSECONDS if container.duration else None


def _is_cover(stream: Any) -> bool:
    return "attached_pic" in str(getattr(stream, "disposition", "")).lower()


def _series(path: Path) -> list[Part]:
    columns = _columns(path)
    parts = []
    for kind, (options, pieces) in _PIECES.items():
        if _COLUMN[kind] in columns:
            made = options(kind=kind, path=path)
            length_s = max((piece.end_s for piece in pieces(path.name, made)), default=0.0)
            parts.append(Part(_slug(path), path, kind, length_s, wearer=_wearer(path)))
    if not parts:
        wanted = ", ".join(f"`{column}`" for column in _COLUMN.values())
        detail = f"cannot read {path}: it has none of the columns {wanted}"
        raise SourceError(path.name, SourceReason.UNREADABLE, detail)
    return parts


def _columns(path: Path) -> set[str]:
    """Names of the columns, nothing where the file is damaged."""
    try:
        if path.suffix.lower() == ".npz":
            with path.open("rb") as archive, np.load(archive, allow_pickle=False) as arrays:
                return set(arrays.files)
        with path.open(newline="", encoding="utf-8-sig") as file:
            return {column.strip() for column in next(csv.reader(file), [])}
    except PermissionError as error:
        raise SourceError(path.name, SourceReason.PERMISSION, f"cannot read {path}: not permitted") from error
    except Exception:  # noqa: BLE001 - a damaged archive raises nearly anything
        return set()


def _slug(path: Path) -> str:
    return re.sub(r"[^a-zA-Z0-9_-]+", "-", path.stem)[:40].strip("-") or "recording"


def _wearer(path: Path) -> str:
    """`anna.ecg.csv` and `anna.skin.csv` come from one person."""
    return re.sub(r"[^a-zA-Z0-9_-]+", "-", path.name.split(".")[0])[:64].strip("-") or "wearer"


def _uniquely_named(parts: Iterable[Part]) -> Iterator[Part]:
    taken: set[str] = set()
    for part in parts:
        wanted = f"{part.name}-{_WORDS[part.kind]}"
        name = next(
            name
            for name in (wanted, *(f"{wanted}-{number}" for number in range(2, 10_000)))
            if name not in taken
        )
        taken.add(name)
        yield Part(name, part.path, part.kind, part.length_s, part.wearer)
