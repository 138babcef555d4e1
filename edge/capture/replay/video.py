"""Pictures of a video file."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from av.video.reformatter import VideoReformatter

from edge.capture.replay.media import decoded, opened
from edge.capture.replay.recording import Piece
from edge.clock import Pace
from edge.signals import VideoFrame

if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.typing import NDArray

    from edge.capture.replay.options import ReplayVideo

USUAL_HZ: Final = 25.0


def frames(name: str, options: ReplayVideo, *, looks_hz: float = math.inf) -> Generator[Piece, None, None]:
    """Decode upright RGB pictures, thinned out to the wanted rate and to those that are looked at."""
    with opened(name, options, "video") as (container, stream):
        convert = VideoReformatter()
        looks = Pace(looks_hz)
        began_s: float | None = None
        due_s = taken_s = 0.0
        for frame in decoded(name, options, container, stream):
            if frame.time is None:
                continue
            began_s = frame.time if began_s is None else began_s
            taken_s = frame.time - began_s
            # Half a frame of tolerance, as time stamps are rounded.
            if options.rate_hz and taken_s + 0.5 / 240 < due_s:
                continue
            if options.rate_hz:
                due_s = max(due_s + 1 / options.rate_hz, taken_s)
            if not looks.is_due(taken_s):
                continue
            rgb = _upright(frame, convert, options.max_side_px)
            yield Piece(taken_s, partial(_frame, name, taken_s, rgb))
        # The last picture, looked at or not, is shown as long as the others.
        yield Piece(taken_s + 1 / float(stream.average_rate or USUAL_HZ), None)


def _frame(name: str, taken_s: float, rgb: NDArray[np.uint8], began_s: float) -> VideoFrame:
    return VideoFrame(name, began_s + taken_s, rgb)


def _upright(frame: Any, convert: VideoReformatter, max_side_px: int | None) -> NDArray[np.uint8]:
    # One converter for all frames: each frame's own would start threads of its own.
    scale = min(1.0, (max_side_px or np.inf) / max(frame.width, frame.height))
    width, height = max(1, round(frame.width * scale)), max(1, round(frame.height * scale))
    rgb = np.asarray(convert.reformat(frame, width, height, "rgb24").to_ndarray(), np.uint8)
    # FFmpeg's display matrix counts counter-clockwise degrees, as rot90 does.
    quarter_turns = round(getattr(frame, "rotation", 0) / 90) % 4
    return np.ascontiguousarray(np.rot90(rgb, quarter_turns)) if quarter_turns else rgb
