"""Options of a microphone in the config."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from edge.options import Options


class MicrophoneOptions(Options):
    """A microphone that PortAudio knows."""

    kind: Literal["microphone"]
    device: str | None = Field(default=None, min_length=1)
    """Part of its name, or a pattern such as `*USB*`; the system's own choice when unset."""
