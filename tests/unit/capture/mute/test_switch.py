from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import gpiod
import pytest

from edge.capture.mute.gpio import open_input, open_output
from edge.capture.mute.options import LineOptions
from edge.capture.mute.switch import POLL_S, STEADY_READS, Indicator, MuteSwitch
from edge.clock import VirtualClock, run
from edge.errors import SourceError, SourceReason

OPTIONS = LineOptions(line=17)


@dataclass
class FakeLine:
    """Plays a script of levels; None is a line that cannot be read."""

    script: list[bool | None] = field(default_factory=list)
    written: list[bool] = field(default_factory=list)
    closed: int = 0

    def read(self) -> bool:
        level = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if level is None:
            raise SourceError("mute switch", SourceReason.UNREADABLE, "no such line")
        return level

    def write(self, *, active: bool) -> None:
        self.written.append(active)

    def close(self) -> None:
        self.closed += 1


def watch(line: FakeLine, *, polls: int) -> list[bool]:
    """What the switch tells over so many polls, the end included."""
    told: list[bool] = []
    clock = VirtualClock()

    async def main() -> None:
        switch = MuteSwitch(lambda: line, clock=clock, on_change=told.append)
        assert not switch.is_allowed
        task = asyncio.create_task(switch.run())
        await clock.sleep_until((polls - 0.5) * POLL_S)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    run(main(), clock=clock)
    return told


def test_sensing_is_allowed_only_after_steady_readings_and_forbidden_at_the_end() -> None:
    line = FakeLine([True])
    assert watch(line, polls=STEADY_READS - 1) == []
    assert watch(line, polls=STEADY_READS) == [True, False]
    assert line.closed == 2


def test_one_reading_mutes() -> None:
    assert watch(FakeLine([True] * STEADY_READS + [False, True]), polls=STEADY_READS + 2) == [True, False]


def test_a_bouncing_switch_stays_muted() -> None:
    assert watch(FakeLine([True, True, False] * 20), polls=60) == []


def test_a_line_that_cannot_be_read_mutes_is_logged_once_and_opened_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    line = FakeLine([True] * STEADY_READS + [None] * 5 + [True])
    assert watch(line, polls=STEADY_READS + 5 + STEADY_READS) == [True, False, True, False]
    assert sum("stays muted" in record.message for record in caplog.records) == 1
    assert line.closed == 5 + 1


def test_the_light_is_on_while_any_device_is_open() -> None:
    line = FakeLine()
    light = Indicator(line)
    light.note("camera", is_open=True)
    light.note("microphone", is_open=True)
    light.note("camera", is_open=False)
    assert line.written == [False, True, True, True]
    light.note("microphone", is_open=False)
    light.close()
    assert line.written[-2:] == [False, False]
    assert line.closed == 1


class FakeRequest:
    def __init__(self, value: object = gpiod.line.Value.ACTIVE, error: Exception | None = None) -> None:
        self.value, self.error, self.released = value, error, False

    def get_value(self, offset: int) -> object:
        assert offset == 17
        if self.error:
            raise self.error
        return self.value

    def set_value(self, offset: int, value: object) -> None:
        assert offset == 17
        if self.error:
            raise self.error
        self.value = value

    def release(self) -> None:
        self.released = True


@pytest.fixture
def request_lines(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Answer gpiod's `request_lines`; `made` is what it was asked for."""
    answer = SimpleNamespace(request=FakeRequest(), error=None, made=None)

    def request_lines(chip: str, *, config: dict[int, Any], consumer: str) -> FakeRequest:
        if answer.error:
            raise answer.error
        answer.made = (chip, config, consumer)
        return answer.request

    monkeypatch.setattr(gpiod, "request_lines", request_lines)
    return answer


def test_an_input_reads_active_and_nothing_else_as_on(request_lines: SimpleNamespace) -> None:
    line = open_input(OPTIONS)
    assert line.read()
    request_lines.request.value = gpiod.line.Value.INACTIVE
    assert not line.read()
    line.close()
    assert request_lines.request.released
    settings = request_lines.made[1][17]
    assert settings.direction is gpiod.line.Direction.INPUT


def test_an_output_is_driven(request_lines: SimpleNamespace) -> None:
    open_output(LineOptions(line=17, active_low=True)).write(active=False)
    assert request_lines.request.value is gpiod.line.Value.INACTIVE
    assert request_lines.made[1][17].active_low


def test_failures_are_explained(request_lines: SimpleNamespace) -> None:
    line = open_input(OPTIONS)
    request_lines.request.error = OSError("gone")
    for use in (line.read, lambda: line.write(active=True)):
        with pytest.raises(SourceError, match="gone"):
            use()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (FileNotFoundError("no chip"), SourceReason.MISSING),
        (PermissionError("not yours"), SourceReason.PERMISSION),
        (OSError("taken"), SourceReason.BUSY),
        (ValueError("no line"), SourceReason.UNREADABLE),
    ],
)
def test_a_line_that_cannot_be_had_says_why(
    request_lines: SimpleNamespace, error: Exception, reason: SourceReason
) -> None:
    request_lines.error = error
    with pytest.raises(SourceError) as caught:
        open_input(OPTIONS)
    assert caught.value.reason is reason


def test_a_chip_that_is_not_there_is_missing() -> None:
    with pytest.raises(SourceError) as caught:
        open_input(LineOptions(chip="/dev/gpiochip-none", line=1))
    assert caught.value.reason is SourceReason.MISSING


def test_without_gpiod_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gpiod", None)
    with pytest.raises(SourceError, match=r"edge-affect\[gpio\]"):
        open_output(OPTIONS)
