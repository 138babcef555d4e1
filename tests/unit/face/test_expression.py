from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from edge.errors import ModelError
from edge.face.expression import ExpressionNet
from edge.inference.store import ModelStore


class LeftAndRight:
    """A net whose first logit is the mean of the left half and whose second is that of the right."""

    runtime = None

    def __call__(self, tile: np.ndarray) -> tuple[np.ndarray]:
        logits = np.zeros((1, 8), np.float32)
        logits[0, :2] = tile[0, :, :24].mean(), tile[0, :, 24:].mean()
        return (logits,)


def net(**changes: Any) -> ExpressionNet:
    settings: dict[str, Any] = {"temperature": 1.0, "logit_bias": np.zeros(8)} | changes
    return ExpressionNet(LeftAndRight(), **settings)  # type: ignore[arg-type]


@pytest.fixture
def tile() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (48, 48), dtype=np.uint8) // 2 + np.arange(
        48, dtype=np.uint8
    )


def test_a_mirrored_face_reads_the_same(tile: np.ndarray) -> None:
    np.testing.assert_allclose(net()(tile), net()(tile[:, ::-1]), atol=1e-6)
    shipped = ExpressionNet.load(ModelStore())
    np.testing.assert_array_equal(shipped(tile), shipped(np.ascontiguousarray(tile[:, ::-1])))


def test_a_high_temperature_flattens_and_a_bias_lifts(tile: np.ndarray) -> None:
    np.testing.assert_allclose(net(temperature=1e6)(tile), 1 / 8, atol=1e-6)
    bias = np.zeros(8)
    bias[7] = 9.0
    assert net(logit_bias=bias)(tile).argmax() == 7


@pytest.mark.parametrize("value", [0, 128, 255])
def test_any_flat_tile_gives_a_distribution(value: int) -> None:
    found = ExpressionNet.load(ModelStore())(np.full((48, 48), value, np.uint8))
    assert found.sum() == pytest.approx(1.0)
    assert np.isfinite(found).all()


@pytest.mark.parametrize("parameters", [{}, {"temperature": 1.0}, {"temperature": 1.0, "logit_bias": (0.0,)}])
def test_a_manifest_without_calibration_is_refused(parameters: dict[str, Any]) -> None:
    store = ModelStore()
    broken = SimpleNamespace(entry=lambda _name: SimpleNamespace(parameters=parameters), load=store.load)
    with pytest.raises(ModelError, match="temperature"):
        ExpressionNet.load(broken)  # type: ignore[arg-type]
