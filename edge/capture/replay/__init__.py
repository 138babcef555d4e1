"""Recordings in the place of sensors: video, audio, and signals from CSV or npz."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from edge.capture.replay.options import ReplayAudio, ReplayKinds, ReplayRr, ReplayVideo
from edge.capture.replay.recording import Recording

if TYPE_CHECKING:
    from edge.clock import Clock


def make_source(name: str, options: ReplayKinds, *, clock: Clock, looks_hz: float = math.inf) -> Recording:
    """Make the source for a recording; PyAV is imported for video and audio only."""
    match options:
        case ReplayVideo():
            from edge.capture.replay.video import frames

            return Recording(
                name, options, clock=clock, pieces=lambda: frames(name, options, looks_hz=looks_hz)
            )
        case ReplayAudio():
            from edge.capture.replay.audio import chunks

            return Recording(name, options, clock=clock, pieces=lambda: chunks(name, options))
        case ReplayRr():
            from edge.capture.replay.series import beats

            return Recording(name, options, clock=clock, pieces=lambda: beats(name, options))
        case _:
            from edge.capture.replay.series import signal

            return Recording(name, options, clock=clock, pieces=lambda: signal(name, options))
