"""What a user may set about the face reader."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from edge.options import Options


class FaceOptions(Options):
    """The face reader."""

    enabled: bool = True
    """Read faces from the cameras."""
    model: Literal["face_expression", "face_expression_nano"] = "face_expression"
    """Which expression net of the manifest to use; nano for the smallest boards."""
    reading_rate_hz: Annotated[float, Field(gt=0, le=30)] = 5.0
    """Readings a second; frames between are skipped unseen."""
    detection_rate_hz: Annotated[float, Field(gt=0, le=30)] = 5.0
    """Looks for faces a second; with readings between them, known faces are followed."""
    mesh_rate_hz: Annotated[float, Field(ge=0, le=60)] = 8.0
    """Face meshes a second, shared by all faces in turn; 0 does without action units and head pose."""
    max_faces: Annotated[int, Field(ge=1, le=10)] = 6
    """Faces read at once, the largest first."""
    quality_floor: Annotated[float, Field(ge=0, le=1)] = 0.25
    """Readings of a lower quality are withheld."""
