from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from edge.capture.scaling import Divider, GroveGsr, Linear, Pairs


def test_linear() -> None:
    assert Linear(scale=2, zero=1).apply(np.array([3.0])) == 4


@given(st.floats(0.05, 100), st.sampled_from(["high", "low"]))
def test_divider_gives_back_the_skin(skin_us: float, side) -> None:
    skin_ohm, fixed_ohm = 1e6 / skin_us, 330e3
    share = (fixed_ohm if side == "high" else skin_ohm) / (skin_ohm + fixed_ohm)
    divider = Divider(kind="divider", full_scale=4096, fixed_ohm=fixed_ohm, skin=side)
    assert divider.apply(np.array([share * 4096]))[0] == pytest.approx(skin_us, rel=1e-9)


def test_rails_are_a_loose_electrode() -> None:
    reading = np.array([0.0, 4096.0, -1.0, 5000.0, np.nan])
    assert np.isnan(Divider(kind="divider", full_scale=4096, fixed_ohm=1e5, skin="high").apply(reading)).all()
    assert np.isnan(GroveGsr(kind="grove_gsr", full_scale=4096).apply(reading)).all()


def test_grove_formula_of_the_maker() -> None:
    reading = np.array([100.0, 300.0, 500.0])
    ohm = (1024 + 2 * reading) * 10_000 / (512 - reading)
    np.testing.assert_allclose(GroveGsr(kind="grove_gsr", full_scale=1024).apply(reading), 1e6 / ohm)


def test_pairs_run_through_their_points_in_any_order() -> None:
    pairs = Pairs(kind="pairs", points=((2.0, 10.0), (1.0, 0.0), (3.0, 40.0)))
    np.testing.assert_allclose(pairs.apply(np.array([1.0, 1.5, 2.5, 3.0])), [0, 5, 25, 40])
    assert np.isnan(pairs.apply(np.array([0.9, 3.1]))).all()


@pytest.mark.parametrize("points", [((1.0, 1.0),), ((1.0, 1.0), (1.0, 2.0))])
def test_pairs_that_make_no_line_are_refused(points) -> None:
    with pytest.raises(ValidationError):
        Pairs(kind="pairs", points=points)
