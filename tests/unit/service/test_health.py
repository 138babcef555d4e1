"""What is told of the node's health, and that nobody's presence can be read from it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.capture.supervisor import SourceState, SourceStatus
from edge.health import Health, Heat, Share
from edge.publish.node import Node, Sensor, SensorKind
from edge.release import Profile
from edge.service.health import DAY_S, HOUR_S, HealthKeeper, Tally

SENSORS = (Sensor("camera", SensorKind.CAMERA), Sensor("strap", SensorKind.WEARABLE))
PRIVATE = (Profile.PERSONAL, Profile.HOUSEHOLD)
HOURS = st.lists(
    st.tuples(st.integers(0, 2000), st.integers(0, 50), st.integers(0, 50), st.floats(20, 99)),
    min_size=1,
    max_size=120,
)
"""What comes of each hour: samples, how many of them are dropped and not read, the temperature."""


def keep(hours, profile: Profile = Profile.HOUSEHOLD) -> list[Health]:
    node = Node("pi", "pi", "0", profile, 10.0, ("room",), sensors=SENSORS)
    came = dropped = failed = 0
    keeper = HealthKeeper(node, tallies=lambda: {"camera": Tally(came, dropped, failed)})
    keeper.look(0.0, statuses=(), broker_losses=0, temperature_c=None)
    told = []
    for hour, (more, lost, bad, temperature_c) in enumerate(hours):
        came, dropped, failed = came + more + lost, dropped + lost, failed + min(bad, more)
        statuses = [
            SourceStatus(name, SourceState.OK, 0.0, None, "", restarts=hour // 10, samples=came)
            for name in ("camera", "strap")
        ]
        told.append(
            keeper.look((hour + 1) * HOUR_S, statuses=statuses, broker_losses=2, temperature_c=temperature_c)
        )
    return told


def bands(health: Health) -> tuple[Share, Share, Heat]:
    return health.lost, health.failed, health.heat


@given(hours=HOURS)
def test_what_people_do_changes_a_band_twice_at_the_most_and_only_at_the_end_of_a_day(hours) -> None:
    told = [(Share.UNKNOWN, Share.UNKNOWN, Heat.UNKNOWN), *map(bands, keep(hours))]
    for band in zip(*told, strict=True):
        changes = [hour for hour in range(1, len(band)) if band[hour] is not band[hour - 1]]
        assert all(hour * HOUR_S % DAY_S == 0 for hour in changes)
        assert len([hour for hour in changes if hour * HOUR_S > DAY_S]) <= 2


@given(hours=HOURS, others=HOURS)
def test_on_the_first_day_nothing_depends_on_people(hours, others) -> None:
    assert all(one == other for one, other in zip(keep(hours)[:23], keep(others)[:23], strict=False))


@given(hours=HOURS, others=HOURS)
def test_in_public_nothing_ever_does(hours, others) -> None:
    one, other = keep(hours, Profile.PUBLIC), keep(others, Profile.PUBLIC)
    assert all(a == b for a, b in zip(one, other, strict=False))


@pytest.mark.parametrize(
    ("hour", "expected"),
    [
        ((1000, 0, 0, 40.0), (Share.NONE, Share.NONE, Heat.COOL)),
        ((990, 10, 0, 75.0), (Share.SOME, Share.NONE, Heat.WARM)),
        ((900, 100, 60, 81.0), (Share.MUCH, Share.MUCH, Heat.HOT)),
    ],
)
def test_the_bands_of_the_worst_day_stay(hour, expected) -> None:
    quiet = (1000, 0, 0, 40.0)
    told = keep([quiet] * 24 + [hour] * 24 + [quiet] * 48)
    assert bands(told[22]) == (Share.UNKNOWN, Share.UNKNOWN, Heat.UNKNOWN)
    assert bands(told[23]) == (Share.NONE, Share.NONE, Heat.COOL)
    assert bands(told[47]) == bands(told[-1]) == expected


@pytest.mark.parametrize(
    ("profile", "names"), [(Profile.PERSONAL, ["camera", "strap"]), (Profile.HOUSEHOLD, ["camera"])]
)
def test_restarts_are_told_of_the_sensors_whose_status_is_told(profile: Profile, names: list[str]) -> None:
    last = keep([(1, 0, 0, 40.0)] * 30, profile)[-1]
    assert last.restarts == tuple((name, 2) for name in names)
    assert (last.running_h, last.broker_losses) == (30, 2)


def test_in_public_no_sensor_is_named() -> None:
    assert keep([(1, 0, 0, 40.0)], Profile.PUBLIC)[-1].restarts == ()
