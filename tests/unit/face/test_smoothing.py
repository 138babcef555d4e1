from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.face.smoothing import OneEuroFilter

NEUTRAL, SMILE = np.eye(8)[0], np.eye(8)[1]


def steadied(readings: list[np.ndarray], rate_hz: float = 5.0) -> np.ndarray:
    steady = OneEuroFilter()
    return np.stack([steady(reading, index / rate_hz) for index, reading in enumerate(readings)])


def test_jitter_between_two_classes_is_damped() -> None:
    rng = np.random.default_rng(0)
    raw = [0.5 * NEUTRAL + 0.5 * SMILE + rng.uniform(-0.1, 0.1) * (NEUTRAL - SMILE) for _ in range(100)]
    assert steadied(raw)[20:, 0].std() < 0.6 * np.std([reading[0] for reading in raw[20:]])


@pytest.mark.parametrize("rate_hz", [3.0, 5.0, 10.0])
def test_a_smile_of_half_a_second_is_kept_and_seen_within_a_third_of_a_second(rate_hz: float) -> None:
    before, smiling = round(3 * rate_hz), max(2, round(0.5 * rate_hz))
    seen = steadied([NEUTRAL] * before + [SMILE] * smiling + [NEUTRAL] * before, rate_hz)[:, 1]
    assert seen.max() > 0.7
    assert (np.argmax(seen > 0.5) - before) / rate_hz <= 1 / 3


@pytest.mark.parametrize(("rate_hz", "late_s"), [(3.0, 0.34), (5.0, 0.21), (10.0, 0.21)])
def test_the_latency_is_the_one_that_the_card_tells(rate_hz: float, late_s: float) -> None:
    before = round(20 * rate_hz)
    seen = steadied([NEUTRAL] * before + [SMILE] * before, rate_hz)[before:, 1]
    assert seen[0] > 0.5
    assert np.argmax(seen > 0.9) / rate_hz <= late_s


def test_a_lasting_change_is_reached() -> None:
    np.testing.assert_allclose(steadied([NEUTRAL] * 5 + [SMILE] * 40)[-1], SMILE, atol=0.01)


@given(st.lists(st.lists(st.floats(0.01, 1.0), min_size=8, max_size=8), min_size=1, max_size=20))
def test_the_result_is_always_a_distribution(weights: list[list[float]]) -> None:
    found = steadied([np.array(row) / sum(row) for row in weights])
    np.testing.assert_allclose(found.sum(axis=1), 1.0)
    assert (found >= 0).all()
