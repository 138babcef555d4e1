"""What the audience was shown: its name, its length, its frames, its chapters."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import av

from edge.errors import AnalysisError, AnalysisReason

if TYPE_CHECKING:
    from pathlib import Path

USUAL_FRAME_RATE: Final = Fraction(25)
EDITING_RATES: Final = (
    *(Fraction(frames * 1000, 1001) for frames in (24, 30, 60)),
    *(Fraction(frames) for frames in (24, 25, 30, 48, 50, 60)),
)
"""Frames a second that SMPTE timecode counts and editors offer."""
_NEAR: Final = Fraction(1, 20)
"""Phones and webcams vary by a few hundredths around the rate that editors take them for."""
_MICROSECONDS: Final = 1_000_000
_MINUTE_S: Final = 60


@dataclass(frozen=True, slots=True)
class Scene:
    """A stretch of the content, as its chapters or the user's list say."""

    name: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Content:
    """What times in the report count in: seconds and frames from the beginning of the content.

    `frame_rate` is one that editors offer, whatever the file's own is; times do not depend on it.
    """

    name: str
    length_s: float
    frame_rate: Fraction
    scenes: tuple[Scene, ...] = ()
    is_shown: bool = True
    """False where no content was named, so that times are those of the recordings."""

    @property
    def nominal_fps(self) -> int:
        """Frames that one second of timecode counts."""
        return max(1, round(self.frame_rate))

    def frame(self, at_s: float) -> int:
        """Number of the frame that is shown at `at_s`."""
        return max(0, int(Fraction(at_s).limit_denominator(100_000) * self.frame_rate))

    def timecode(self, at_s: float, *, first_frame: int = 0) -> str:
        """SMPTE timecode HH:MM:SS:FF, non-drop-frame."""
        seconds, frames = divmod(self.frame(at_s) + first_frame, self.nominal_fps)
        minutes, seconds = divmod(seconds, _MINUTE_S)
        hours, minutes = divmod(minutes, _MINUTE_S)
        return f"{hours % 24:02d}:{minutes:02d}:{seconds:02d}:{frames:02d}"

    def frames_of_timecode(self, timecode: str) -> int:
        """Number of frames before a timecode HH:MM:SS:FF.

        Raises
        ------
        AnalysisError
            It is none at this frame rate.
        """
        parts = timecode.replace(";", ":").split(":")
        if len(parts) != 4 or not all(part.isdecimal() for part in parts):  # noqa: PLR2004 - HH:MM:SS:FF
            raise AnalysisError(AnalysisReason.BAD_OPTION, f"`{timecode}` is no timecode HH:MM:SS:FF")
        hours, minutes, seconds, frames = map(int, parts)
        if minutes >= _MINUTE_S or seconds >= _MINUTE_S or frames >= self.nominal_fps:
            detail = f"`{timecode}` is no timecode at {self.nominal_fps} frames a second"
            raise AnalysisError(AnalysisReason.BAD_OPTION, detail)
        return ((hours * _MINUTE_S + minutes) * _MINUTE_S + seconds) * self.nominal_fps + frames


def read_content(path: Path) -> Content:
    """Look at the video that was shown; none of its pictures is decoded.

    Raises
    ------
    AnalysisError
        It is missing, or no video.
    """
    if not path.is_file():
        raise AnalysisError(AnalysisReason.BAD_CONTENT, f"there is no file {path}")
    try:
        with av.open(str(path)) as container:
            length_s = (container.duration or 0) / _MICROSECONDS
            rate = next((s.average_rate for s in container.streams.video if s.average_rate), None)
            scenes = tuple(_chapters(container))
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise AnalysisError(AnalysisReason.BAD_CONTENT, f"{path} is no video that can be read") from error
    if length_s <= 0 or rate is None:
        detail = f"{path} does not say how long it is, or how many frames a second it has"
        raise AnalysisError(AnalysisReason.BAD_CONTENT, detail)
    return Content(path.name, length_s, editing_rate(Fraction(rate)), scenes)


def frame_rate_of(path: Path) -> Fraction:
    """Frames a second of a recording, as an editor would take it."""
    try:
        with av.open(str(path)) as container:
            rate = next((s.average_rate for s in container.streams.video if s.average_rate), None)
    except (av.error.FFmpegError, OSError, ValueError):
        rate = None
    return editing_rate(Fraction(rate)) if rate else USUAL_FRAME_RATE


def editing_rate(rate: Fraction) -> Fraction:
    """The nearest rate that editors offer; the usual one where none is near."""
    nearest = min(EDITING_RATES, key=lambda offered: abs(offered - rate))
    return nearest if abs(nearest - rate) <= _NEAR * rate else USUAL_FRAME_RATE


def read_scenes(path: Path, *, length_s: float) -> tuple[Scene, ...]:
    """Scenes from a CSV file with the columns `start_s` and `name`; each ends where the next begins.

    Raises
    ------
    AnalysisError
        It is missing, or no such file.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = sorted((float(row["start_s"]), str(row["name"]).strip()) for row in csv.DictReader(file))
    except OSError as error:
        raise AnalysisError(AnalysisReason.BAD_CONTENT, f"cannot read {path}") from error
    except (ValueError, KeyError, TypeError, csv.Error) as error:
        detail = f"{path} needs the columns start_s (seconds) and name, one scene a line"
        raise AnalysisError(AnalysisReason.BAD_CONTENT, detail) from error
    ends_s = [start_s for start_s, _ in rows[1:]] + [length_s]
    return tuple(
        Scene(name, start_s, min(end_s, length_s))
        for (start_s, name), end_s in zip(rows, ends_s, strict=True)
        if start_s < min(end_s, length_s)
    )


def _chapters(container: Any) -> list[Scene]:
    # PyAV tells chapters from version 14 on.
    chapters = container.chapters() if hasattr(container, "chapters") else []
    return [
        Scene(
            str(chapter.get("metadata", {}).get("title") or f"Chapter {number}"),
            float(chapter["start"] * chapter["time_base"]),
            float(chapter["end"] * chapter["time_base"]),
        )
        for number, chapter in enumerate(chapters, start=1)
    ]
