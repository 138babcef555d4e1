from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from edge.face.detector import Face

MakeFace = Callable[..., Face]


@pytest.fixture
def make_face() -> MakeFace:
    """Make a frontal face; `angle` turns it, `nose` moves the nose by so many eye distances."""

    def make(
        centre: tuple[float, float] = (320.0, 240.0),
        *,
        eye_distance: float = 70.0,
        angle: float = 0.0,
        nose: float = 0.0,
        score: float = 0.95,
    ) -> Face:
        shape = np.array(
            [[-0.5, -0.53], [0.5, -0.53], [nose, 0.03], [0.0, 0.53], [-1.0, -0.35], [1.0, -0.35]]
        )
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        half = np.array([1.15, 1.15]) * eye_distance
        return Face(
            box=np.concatenate([centre - half, centre + half]),
            keypoints=shape @ turn.T * eye_distance + centre,
            score=score,
        )

    return make
