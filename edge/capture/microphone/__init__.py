"""Microphones, through PyAudio."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge.capture.microphone.options import MicrophoneOptions
    from edge.capture.source import Source
    from edge.clock import Clock


def make_source(name: str, options: MicrophoneOptions, *, clock: Clock) -> Source:
    """Make the source of a microphone; PyAudio is imported when it is opened."""
    from edge.capture.microphone.source import Microphone

    return Microphone(name, options, clock=clock)
