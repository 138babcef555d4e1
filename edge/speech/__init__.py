"""The speech reader: sound in, affect out; what was said is never kept."""

from __future__ import annotations

from edge.speech.reader import SpeechReader

__all__ = ["SpeechReader"]
