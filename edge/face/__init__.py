"""The face reader: video frames in, affect of every face out."""

from __future__ import annotations

from edge.face.options import FaceOptions
from edge.face.reader import FaceReader

__all__ = ["FaceOptions", "FaceReader"]
