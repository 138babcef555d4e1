from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pytest

from edge.inference import ModelStore
from measure.corruptions import CORRUPTIONS, SEVERITIES
from measure.face import evaluate, figures


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_corruption_grows_with_its_severity_and_keeps_the_shape(name: str) -> None:
    smooth = np.linspace(0, 6, 48)
    picture = 128 + 60 * np.sin(smooth)[:, None] * np.cos(smooth)[None, :] + 20 * np.sin(9 * smooth)[None, :]
    tiles = np.repeat(picture.astype(np.uint8)[None], 20, axis=0)
    before = tiles.copy()
    change = []
    for severity in SEVERITIES:
        changed = CORRUPTIONS[name](tiles, severity, np.random.default_rng(0))
        assert changed.shape == tiles.shape
        assert changed.dtype == np.uint8
        change.append(np.abs(changed.astype(float) - tiles).mean())
    assert change == sorted(change)
    assert change[0] > 0
    np.testing.assert_array_equal(tiles, before)


def test_figures_of_a_known_table() -> None:
    labels = np.array([0] * 8 + [1] * 2)
    guesses = np.array([0] * 8 + [0, 1])
    found = figures(np.eye(8)[guesses], labels)
    assert found["accuracy"] == pytest.approx(0.9)
    assert found["uar"] == pytest.approx(0.75)
    assert found["ece"] == pytest.approx(0.1)
    assert found["interval"][0] < 0.9 < found["interval"][1]


@pytest.mark.data
@pytest.mark.parametrize(
    ("model", "accuracy", "uar"), [("face_expression", 0.86, 0.66), ("face_expression_nano", 0.846, 0.66)]
)
def test_the_shipped_nets_keep_their_floors(data_dir: Path, model: str, accuracy: float, uar: float) -> None:
    found = evaluate(
        argparse.Namespace(data=data_dir, split="public_test", model=model, runtime=None, stress=False)
    )
    assert found["n"] == 3199
    assert found["accuracy"] >= accuracy
    assert found["uar"] >= uar
    assert found["ece"] <= 0.05
    assert found["without_near_duplicates"]["accuracy"] >= accuracy


@pytest.mark.parametrize(
    ("model", "most_bytes"), [("face_expression", 500_000), ("face_expression_nano", 120_000)]
)
def test_the_shipped_nets_stay_small(model: str, most_bytes: int) -> None:
    store = ModelStore()
    assert (store.directory / store.entry(model).file).stat().st_size <= most_bytes
