"""Video frames in, affect of every face out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from edge.clock import EARLY, Pace
from edge.emotion import EMOTIONS, valence_arousal
from edge.face.crop import cut_tile
from edge.face.detector import FaceDetector
from edge.face.expression import ExpressionNet
from edge.face.geometry import GeometryReader
from edge.face.mesh import face_of
from edge.face.quality import is_facing, is_upright, quality
from edge.face.rules import lopsidedness
from edge.face.stillness import Stillness
from edge.face.tracking import FaceTracker, Track
from edge.face.units import Neutral, expressiveness, intensities, movements
from edge.face.upright import Upright
from edge.signals import Affect, Modality

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.face.detector import Face
    from edge.face.options import FaceOptions
    from edge.inference.runtime import Runtime
    from edge.inference.store import ModelStore
    from edge.signals import VideoFrame

_SMALLEST_SIDE_PX: Final = 24
"""A frame with a shorter side holds no face worth reading."""

_MESH_HOLDS_S: Final = 1.0
"""How long a mesh speaks for its face."""


class FaceReader:
    """Reads the faces of one camera.

    The cost of a second is bounded by the options: `detection_rate_hz` detections (half as many again where
    no face is sure, one every 2 s in a still room), `mesh_rate_hz` meshes, and `reading_rate_hz` times
    `max_faces` expressions, whatever the camera delivers.

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
        self._detect = FaceDetector(store.load("face_detector", runtime=runtime, threads=threads))
        self._express = ExpressionNet.load(store, options.model, runtime=runtime, threads=threads)
        self._geometry = (
            GeometryReader.load(store, runtime=runtime, threads=threads) if options.mesh_rate_hz else None
        )
        self._tracker = FaceTracker()
        self._upright = Upright()
        self._stillness = Stillness()
        self._readings = Pace(options.reading_rate_hz)
        self._detections = Pace(options.detection_rate_hz)
        self._meshes_due = 1.0
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
        if not self._readings.is_due(frame.taken_s):
            return []
        passed_s, self._read_s = frame.taken_s - self._read_s, frame.taken_s
        rgb = _as_rgb(frame.rgb)
        if rgb is None:
            return []
        small = rgb if frame.small is None else frame.small
        upright = np.rot90(rgb, self._upright.turns)
        if not self._detections.is_due(frame.taken_s):
            tracks = self._tracker.followed(frame.taken_s)[: self._options.max_faces]
        elif self._stillness.allows_rest(small, frame.taken_s):
            return []
        else:
            tracks = self._look(rgb, small, frame.taken_s)
        self._lay_meshes(upright, tracks, at_s=frame.taken_s, passed_s=passed_s)
        readings = [self._read_track(upright, track, frame.taken_s) for track in tracks]
        return [reading for reading in readings if reading.quality >= self._options.quality_floor]

    def forget(self) -> None:
        """Drop every track, as when the camera was muted or lost."""
        self._tracker.forget()
        self._readings.reset()
        self._detections.reset()
        self._upright = Upright()
        self._stillness = Stillness()
        self._read_s = -np.inf

    def _look(self, rgb: NDArray[np.uint8], small: NDArray[np.uint8], at_s: float) -> list[Track]:
        """Look for faces; returns the tracks seen, the largest first."""
        faces = sorted(self._find(rgb, small, self._upright.turns), key=lambda face: -face.side_px)
        turns = self._upright.trial(_surest(faces), at_s)
        otherwise = [] if turns is None else self._find(rgb, small, turns)
        if faces or otherwise:
            self._stillness.stir(at_s)
        if turns is not None and self._upright.tried(_surest(otherwise)):
            self._tracker.forget()
            return []
        return self._tracker.update(faces, at_s)[: self._options.max_faces]

    def _find(self, rgb: NDArray[np.uint8], small: NDArray[np.uint8], turns: int) -> list[Face]:
        """Find faces in the small picture, so many quarter turns on; in pixels of the other one."""
        turned = np.rot90(small, turns)
        enlarge = np.array(np.rot90(rgb, turns).shape[1::-1]) / turned.shape[1::-1]
        return [face.enlarged(enlarge) for face in self._detect(turned)]

    def _lay_meshes(
        self, rgb: NDArray[np.uint8], tracks: list[Track], *, at_s: float, passed_s: float
    ) -> None:
        """Spend the meshes that have become due on the faces that have waited longest."""
        if self._geometry is None:
            return
        due = self._meshes_due + self._options.mesh_rate_hz * min(passed_s, 1.0)
        self._meshes_due = min(due, max(1.0, len(tracks)))
        for track in sorted(tracks, key=lambda track: track.meshed_s):
            if self._meshes_due < 1.0 - EARLY:
                break
            self._meshes_due -= 1.0
            geometry = self._geometry(rgb, track.expected(at_s))
            track.geometry, track.meshed_s = geometry, at_s
            if track.seen_s < at_s and geometry.is_sure:
                track.see(face_of(geometry.mesh, track.expected(at_s)), at_s)

    def _read_track(self, rgb: NDArray[np.uint8], track: Track, at_s: float) -> Affect:
        face = track.expected(at_s)
        tile = cut_tile(rgb, face)
        probabilities = self._express(tile)
        geometry = track.geometry if at_s - track.meshed_s <= _MESH_HOLDS_S else None
        trust = quality(face, tile, geometry) * track.liveness(tile, at_s)
        expressive = None
        if self._geometry and geometry and geometry.is_sure:
            scale, rules = self._geometry.scale, self._geometry.rules
            neutral = track.neutral = track.neutral or Neutral(scale)
            if track.meshed_s == at_s:
                neutral.learn(geometry.measures, neutral=float(probabilities[0]))
            units = intensities(movements(geometry.measures, neutral.measures), scale)
            expressive = expressiveness(units)
            if rules.weight:
                lopsided = lopsidedness(geometry.measures, neutral.measures, scale)
                probabilities = rules.blend(probabilities, rules.opinion(units, lopsided))
            trust *= track.play(geometry.mesh.points, at_s)
        probabilities = track.steady(probabilities, at_s)
        valence, arousal = valence_arousal(probabilities)
        start_s = at_s if track.read_s is None else track.read_s
        track.read_s = at_s
        return Affect(
            modality=Modality.FACE,
            who=track.who,
            start_s=start_s,
            end_s=at_s,
            probabilities=probabilities,
            mask=np.ones(len(EMOTIONS), dtype=np.bool_),
            valence=valence,
            arousal=arousal,
            quality=trust,
            facing=float(is_facing(face, geometry)),
            expressiveness=expressive,
        )


def _surest(faces: list[Face]) -> float:
    """Score of the surest face that stands upright."""
    return max((face.score for face in faces if is_upright(face)), default=0.0)


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
