"""Cameras: picamera2 on a Raspberry Pi, Video4Linux everywhere else."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

from edge.capture.camera.options import CameraKinds, Picamera2Options

if TYPE_CHECKING:
    from edge.capture.source import Source
    from edge.clock import Clock


def make_source(name: str, options: CameraKinds, *, clock: Clock, looks_hz: float = math.inf) -> Source:
    """Make the source of a camera; its library is imported when it is opened."""
    from edge.capture.camera.source import Camera

    if isinstance(options, Picamera2Options):
        from edge.capture.camera.ribbon import pictures as of_ribbon

        pictures = partial(of_ribbon, name, options)
    else:
        from edge.capture.camera.v4l2 import pictures as of_v4l2

        pictures = partial(of_v4l2, name, options)
    return Camera(name, options, clock=clock, pictures=pictures, looks_hz=looks_hz)
