from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.capture.timebase import RateEstimate, TimeBase

EPOCH_S = 599_616_000.0


def packets(seconds: float, *, period_s: float = 0.5, ppm: float = 0.0, delay_s: float = 0.0, seed: int = 1):
    """Sensor time, true street time and arrival of each packet."""
    rng = random.Random(seed)
    for i in range(int(seconds / period_s)):
        true_s = 100 + i * period_s
        yield EPOCH_S + (true_s - 100) * (1 + ppm * 1e-6), true_s, true_s + rng.uniform(0, delay_s)


def errors(base: TimeBase, stream) -> np.ndarray:
    return np.array([base.map(sensor, arrival_s=arrival) - true for sensor, true, arrival in stream])


def test_first_arrival_anchors_and_differences_follow() -> None:
    base = TimeBase()
    assert base.map(EPOCH_S, arrival_s=100.0) == 100.0
    assert base.map(EPOCH_S + 0.5, arrival_s=100.9) == pytest.approx(100.5)
    assert base.map(EPOCH_S + 1.0, arrival_s=101.0) == pytest.approx(101.0)


@pytest.mark.parametrize("ppm", [-200, 0, 50, 200])
def test_drift_is_followed_for_hours(ppm: float) -> None:
    off = errors(TimeBase(), packets(3 * 3600, ppm=ppm, delay_s=0.15))
    assert np.abs(off[200:]).max() < 0.06
    assert np.abs(np.diff(off)).max() <= 0.5 * 0.0013


def test_radio_stall_moves_nothing() -> None:
    base = TimeBase()
    sent = list(packets(60))
    stalled = [
        (sensor, true, max(arrival, 135.0) if 130 < true < 135 else arrival) for sensor, true, arrival in sent
    ]
    assert np.abs(errors(base, stalled)).max() < 1e-6
    assert base.jumps == 0


@pytest.mark.parametrize("jump_s", [-1e8, -30.0, 30.0, 1e9])
def test_clock_that_jumps_is_anchored_again(jump_s: float) -> None:
    base = TimeBase()
    sent = [(s + (jump_s if true >= 130 else 0), true, arrival) for s, true, arrival in packets(60)]
    assert np.abs(errors(base, sent)).max() < 1e-3
    assert base.jumps == 1


def test_lost_samples_of_a_counting_clock_are_made_up_for() -> None:
    base = TimeBase()
    sent = [
        (s - (1.7 if true >= 130 else 0), true, arrival)
        for s, true, arrival in packets(90)
        if not 128 < true < 130
    ]
    off = errors(base, sent)
    assert np.abs(off[-20:]).max() < 0.01
    assert base.jumps == 1


def test_duplicates_and_late_comers_are_told_apart_from_jumps() -> None:
    base = TimeBase()
    for sensor in (1.0, 2.0, 3.0):
        assert base.map(sensor, arrival_s=sensor) is not None
    assert base.map(3.0, arrival_s=3.1) is None
    assert base.map(2.0, arrival_s=3.2) is None
    assert base.map(4.0, arrival_s=4.0) == 4.0
    assert (base.repeats, base.jumps) == (2, 0)


def test_restart_anchors_anew() -> None:
    base = TimeBase()
    base.map(100.0, arrival_s=5.0)
    base.restart()
    assert base.map(0.0, arrival_s=60.0) == 60.0


@given(st.lists(st.tuples(st.floats(-30, 30), st.floats(0, 1)), min_size=2, max_size=60))
def test_packets_never_overlap_however_the_clock_jumps(steps: list[tuple[float, float]]) -> None:
    base, span_s = TimeBase(), 0.5
    sensor_s = arrival_s = 100.0
    ends = []
    for jump_s, wait_s in steps:
        sensor_s += span_s + (jump_s if abs(jump_s) > 15 else 0.0)
        arrival_s += wait_s
        end_s = base.map(sensor_s, arrival_s=arrival_s, span_s=span_s)
        if end_s is not None:
            ends.append(end_s)
    assert all(np.diff(ends) >= span_s * (1 - 2e-3))


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(0, 10)), max_size=60))
def test_time_never_runs_back(steps: list[tuple[float, float]]) -> None:
    base = TimeBase()
    arrival_s, mapped = 0.0, []
    for sensor_s, wait_s in steps:
        arrival_s += wait_s
        mapped.append(base.map(sensor_s, arrival_s=arrival_s))
    told = [street_s for street_s in mapped if street_s is not None]
    assert told == sorted(told)
    assert all(np.isfinite(told))


@pytest.mark.parametrize("true_hz", [127.4, 130.0, 132.6])
def test_rate_is_measured_from_timestamps(true_hz: float) -> None:
    rate = RateEstimate(nominal_hz=130.0)
    for i in range(60):
        rate.add(EPOCH_S + i * 73 / true_hz, samples=73)
    assert rate.rate_hz == pytest.approx(true_hz, rel=1e-5)


def test_lost_frames_and_jumps_do_not_spoil_the_rate() -> None:
    rate = RateEstimate(nominal_hz=130.0)
    for i in range(60):
        if i % 10 != 5:
            rate.add(EPOCH_S + i * 73 / 131 + (500.0 if i > 33 else 0.0), samples=73)
    assert rate.rate_hz == pytest.approx(131, rel=1e-5)


def test_senseless_timestamps_leave_the_nominal_rate() -> None:
    rate = RateEstimate(nominal_hz=130.0)
    for i in range(10):
        rate.add(EPOCH_S + i * 73 / 170, samples=73)
        rate.add(EPOCH_S, samples=73)
    assert rate.rate_hz == 130.0
