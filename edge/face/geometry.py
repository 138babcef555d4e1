"""From a face in a frame to its shape: mesh, head pose and the measures that action units rest on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.errors import ModelError, ModelReason
from edge.face.mesh import FaceMesh
from edge.face.rules import Rules
from edge.face.shape import RIGID, align
from edge.face.units import MEASURES, UNITS, Scale, measure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.face.detector import Face
    from edge.face.mesh import Mesh
    from edge.inference.runtime import Runtime
    from edge.inference.store import ModelStore

MODEL: Final = "face_mesh"

_SURE_PRESENCE: Final = 2.0
"""Logit from which on the points are worth reading: 95 % of the faces found in PublicTest have it."""


@dataclass(frozen=True, slots=True, eq=False)
class Geometry:
    """What the mesh says of one face.

    Attributes
    ----------
    mesh
        The points in the frame, and how sure the net is of them.
    yaw, pitch
        Of the head, as in `Shape`.
    measures
        (16,) in the order of `edge.face.units.MEASURES`.
    """

    mesh: Mesh
    yaw: float
    pitch: float
    measures: NDArray[np.float64]

    @property
    def is_sure(self) -> bool:
        """Whether the points can be read; if not, they only tell that something is wrong with the face."""
        return self.mesh.presence >= _SURE_PRESENCE


class GeometryReader:
    """The mesh net with the numbers that the manifest keeps beside it."""

    def __init__(self, net: FaceMesh, *, reference: NDArray[np.float64], scale: Scale, rules: Rules) -> None:
        self._net = net
        self._reference = reference
        self.scale = scale
        self.rules = rules

    @classmethod
    def load(cls, store: ModelStore, *, runtime: Runtime | None = None, threads: int = 1) -> GeometryReader:
        """Load the net and its numbers.

        Raises
        ------
        ModelError
            It is missing, altered, cannot run, or the manifest lacks a number.
        """
        kept = store.entry(MODEL).parameters

        def numbers(name: str, count: int) -> NDArray[np.float64]:
            values = np.atleast_1d(np.array(kept.get(name, ()), dtype=np.float64))
            if len(values) != count:
                raise ModelError(MODEL, ModelReason.INCOMPATIBLE, f"the manifest lacks its {name}")
            return values

        return cls(
            FaceMesh(store.load(MODEL, runtime=runtime, threads=threads)),
            reference=numbers("reference", 3 * len(RIGID)).reshape(-1, 3),
            scale=Scale(
                neutral=numbers("neutral", len(MEASURES)),
                spread=numbers("spread", len(MEASURES)),
                still=numbers("still", len(UNITS)),
                full=numbers("full", len(UNITS)),
            ),
            rules=Rules(
                steepness=float(numbers("rule_steepness", 1)[0]),
                bias=numbers("rule_bias", 8),
                weight=float(numbers("rule_weight", 1)[0]),
            ),
        )

    def __call__(self, rgb: NDArray[np.uint8], face: Face) -> Geometry:
        """Read the geometry of one face of the frame."""
        mesh = self._net(rgb, face)
        shape = align(mesh.points, self._reference)
        return Geometry(mesh=mesh, yaw=shape.yaw, pitch=shape.pitch, measures=measure(shape.points))
