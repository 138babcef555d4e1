"""Sensors and recordings: bytes of the world in, samples of `edge.signals` out."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from edge.capture.camera.options import CameraOptions
from edge.capture.i2c.options import Ads1115Options, Max30102Options
from edge.capture.microphone.options import MicrophoneOptions
from edge.capture.replay.options import RecordingOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge.capture.options import SourceKinds
    from edge.capture.source import Source
    from edge.capture.wearable.radio import Radio
    from edge.clock import Clock


def make_sources(
    sources: Mapping[str, SourceKinds], *, clock: Clock, looks_hz: float = math.inf
) -> dict[str, Source]:
    """Make the sources that a config names; only their own backends are imported.

    All wearables share one radio, as an adapter can do one thing at a time. Pictures are looked at
    `looks_hz` times a second, and no more of them are converted than that takes.
    """
    radio: Radio | None = None
    made: dict[str, Source] = {}
    for name, options in sources.items():
        if isinstance(options, RecordingOptions):
            from edge.capture import replay

            made[name] = replay.make_source(name, options, clock=clock, looks_hz=looks_hz)
        elif isinstance(options, CameraOptions):
            from edge.capture import camera

            made[name] = camera.make_source(name, options, clock=clock, looks_hz=looks_hz)
        elif isinstance(options, MicrophoneOptions):
            from edge.capture import microphone

            made[name] = microphone.make_source(name, options, clock=clock)
        elif isinstance(options, Ads1115Options | Max30102Options):
            from edge.capture import i2c

            made[name] = i2c.make_source(name, options, clock=clock)
        else:
            from edge.capture import wearable
            from edge.capture.wearable.radio import BleakRadio

            radio = radio or BleakRadio()
            made[name] = wearable.make_source(name, options, clock=clock, radio=radio)
    return made
