"""Options of the speech reader."""

from __future__ import annotations

from edge.options import Options


class SpeechOptions(Options):
    """Which net hears."""

    enabled: bool = True
    """Whether voices are read at all."""
    model: str = "speech_emotion"
    """Name in the model manifest; `speech_emotion_open` leaves commercial use open."""
