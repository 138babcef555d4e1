"""Sensors and recordings: bytes of the world in, samples of `edge.signals` out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.capture.options import is_recording

if TYPE_CHECKING:
    from edge.capture.options import SourceKinds
    from edge.capture.source import Source
    from edge.clock import Clock


def make_source(name: str, options: SourceKinds, *, clock: Clock) -> Source:
    """Make the source that a config names; only its own backend is imported."""
    if is_recording(options):
        from edge.capture import replay

        return replay.make_source(name, options, clock=clock)
    if options.kind in ("ads1115", "max30102"):
        from edge.capture import i2c

        return i2c.make_source(name, options, clock=clock)
    from edge.capture import wearable

    return wearable.make_source(name, options, clock=clock)
