"""Video frames in, affect of every face out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from edge.emotion import EMOTIONS, valence_arousal
from edge.face.crop import cut_tile
from edge.face.detector import FaceDetector
from edge.face.expression import ExpressionNet
from edge.face.quality import is_facing, quality
from edge.face.tracking import FaceTracker, Track
from edge.signals import Affect, Modality

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.face.options import FaceOptions
    from edge.inference.runtime import Runtime
    from edge.inference.store import ModelStore
    from edge.signals import VideoFrame

_SMALLEST_SIDE_PX: Final = 24
"""A frame with a shorter side holds no face worth reading."""

_EARLY: Final = 0.25
"""Share of the reading period by which a frame may come early and still be read."""


class FaceReader:
    """Reads the faces of one camera.

    Parameters
    ----------
    options
        What the user set.
    store
        Where the models are.
    runtime, threads
        How the models run.

    Raises
    ------
    ModelError
        A model is missing, altered or cannot run.
    """

    def __init__(
        self, options: FaceOptions, *, store: ModelStore, runtime: Runtime | None = None, threads: int = 1
    ) -> None:
        self._options = options
        self._period_s = 1.0 / options.reading_rate_hz
        self._detect = FaceDetector(store.load("face_detector", runtime=runtime, threads=threads))
        self._express = ExpressionNet.load(store, options.model, runtime=runtime, threads=threads)
        self._tracker = FaceTracker()
        self._read_s = -np.inf

    def read(self, frame: VideoFrame) -> list[Affect]:
        """Read every face of a frame.

        Returns
        -------
        One reading a face, the largest first; none for a frame that comes too soon after the last
        one read, shows no face or only poor ones, or is no picture.
        """
        if frame.taken_s < self._read_s:
            self.forget()
        if frame.taken_s - self._read_s < self._period_s * (1.0 - _EARLY):
            return []
        self._read_s = frame.taken_s
        rgb = _as_rgb(frame.rgb)
        if rgb is None:
            return []
        faces = sorted(self._detect(rgb), key=lambda face: -face.side_px)
        tracks = self._tracker.update(faces, frame.taken_s)[: self._options.max_faces]
        readings = [self._read_track(rgb, track) for track in tracks]
        return [reading for reading in readings if reading.quality >= self._options.quality_floor]

    def forget(self) -> None:
        """Drop every track, as when the camera was muted or lost."""
        self._tracker.forget()
        self._read_s = -np.inf

    def _read_track(self, rgb: NDArray[np.uint8], track: Track) -> Affect:
        tile = cut_tile(rgb, track.face)
        probabilities = track.steady(self._express(tile), track.seen_s)
        valence, arousal = valence_arousal(probabilities)
        start_s = track.seen_s if track.read_s is None else track.read_s
        track.read_s = track.seen_s
        return Affect(
            modality=Modality.FACE,
            who=track.who,
            start_s=start_s,
            end_s=track.seen_s,
            probabilities=probabilities,
            mask=np.ones(len(EMOTIONS), dtype=np.bool_),
            valence=valence,
            arousal=arousal,
            quality=quality(track.face, tile) * track.liveness(tile, track.seen_s),
            facing=float(is_facing(track.face)),
        )


def _as_rgb(picture: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Three channels, whatever the camera gave; None where there is nothing to see."""
    match picture.shape:
        case (height, width) | (height, width, 1):
            picture = np.broadcast_to(picture.reshape(height, width, 1), (height, width, 3))
        case (height, width, 3 | 4):
            picture = picture[..., :3]
        case _:
            return None
    return picture if min(height, width) >= _SMALLEST_SIDE_PX else None
