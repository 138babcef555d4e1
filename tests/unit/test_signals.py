from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest

from edge.signals import Affect, AudioChunk, Modality


def reading(**changes: Any) -> Affect:
    values: dict[str, Any] = {
        "modality": Modality.FACE,
        "who": 1,
        "start_s": 0.0,
        "end_s": 1.0,
        "probabilities": np.full(8, 1 / 8),
        "mask": np.ones(8, dtype=bool),
        "valence": 0.0,
        "arousal": 0.0,
        "quality": 1.0,
    }
    return Affect(**(values | changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"probabilities": np.full(8, 0.2)},
        {"probabilities": np.full(7, 1 / 7)},
        {"probabilities": np.full(8, np.nan)},
        {"mask": np.arange(8) < 4},
        {"valence": 1.5},
        {"arousal": float("nan")},
        {"quality": -0.1},
        {"stress": 2.0},
        {"start_s": 2.0},
    ],
)
def test_a_reading_that_makes_no_sense_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must|cannot"):
        reading(**changes)


def test_a_reader_without_an_opinion_on_classes_has_an_empty_mask() -> None:
    affect = reading(probabilities=np.zeros(8), mask=np.zeros(8, dtype=bool), stress=0.7)
    assert affect.stress == 0.7


def test_what_flows_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        reading().quality = 0.5  # type: ignore[misc]


def test_a_chunk_knows_when_it_ends() -> None:
    assert AudioChunk("microphone", 2.0, np.zeros(8000, np.float32)).end_s == 2.5
