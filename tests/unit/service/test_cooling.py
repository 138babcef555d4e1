from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from edge.board import Probe, hottest_c
from edge.service.cooling import Cooling

if TYPE_CHECKING:
    from pathlib import Path


def heat(root: Path, temperature_c: float) -> float | None:
    zone = root / "sys/class/thermal/thermal_zone0"
    zone.mkdir(parents=True, exist_ok=True)
    (zone / "temp").write_text(f"{temperature_c * 1000:.0f}\n")
    return hottest_c(Probe(root))


def pictures(cooling: Cooling, seconds: int, *, rate_hz: int = 10, from_s: int = 0) -> int:
    return sum(cooling.admits("camera", from_s + index / rate_hz) for index in range(seconds * rate_hz))


def test_readings_slow_down_with_heat_and_come_back_with_a_margin(tmp_path: Path) -> None:
    cooling = Cooling(limit_c=75.0, reading_rate_hz=5.0)
    slowdowns = []
    for temperature_c in (60, 74.9, 75, 78, 80, 90, 76, 71, 70, 74, 75, 70):
        cooling.feel(heat(tmp_path, temperature_c))
        slowdowns.append(cooling.slowdown)
    assert slowdowns == [1, 1, 2, 2, 4, 4, 4, 4, 1, 1, 2, 1]
    assert cooling.times == 2


@pytest.mark.parametrize(("temperature_c", "per_s"), [(60, 10.0), (75, 2.5), (80, 1.25)])
def test_pictures_are_thinned_out_and_counted(tmp_path: Path, temperature_c: float, per_s: float) -> None:
    cooling = Cooling(limit_c=75.0, reading_rate_hz=5.0)
    cooling.feel(heat(tmp_path, temperature_c))
    assert pictures(cooling, 40) == 40 * per_s
    assert cooling.skipped == 400 - 40 * per_s
    assert cooling.pictures == 400


def test_two_cameras_do_not_share_their_turn() -> None:
    cooling = Cooling(limit_c=75.0, reading_rate_hz=5.0)
    cooling.feel(75.0)
    assert [cooling.admits(name, 1.0) for name in ("one", "two", "one")] == [True, True, False]


def test_an_unknown_temperature_changes_nothing(tmp_path: Path) -> None:
    cooling = Cooling(limit_c=75.0, reading_rate_hz=5.0)
    cooling.feel(80.0)
    cooling.feel(hottest_c(Probe(tmp_path)))
    assert cooling.slowdown == 4


def test_the_log_tells_it_once(caplog: pytest.LogCaptureFixture) -> None:
    cooling = Cooling(limit_c=75.0, reading_rate_hz=5.0)
    with caplog.at_level(logging.INFO):
        for temperature_c in (80, 60, 80, 60):
            cooling.feel(temperature_c)
    assert [record.getMessage() for record in caplog.records] == [
        "the processor is hot: faces are read less often until it is not (said once)"
    ]
