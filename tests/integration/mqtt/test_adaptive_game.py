"""The game of examples/adaptive_game: its rules, and with real releases through a real broker."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from edge.release import Level, Profile, Release, State, Suggestion

from .conftest import until

GAME = Path(__file__).resolve().parents[3] / "examples" / "adaptive_game" / "game.py"
TOPIC = "edge-affect/pi-1/zone/room/state"


@pytest.fixture(scope="module")
def game():
    spec = importlib.util.spec_from_file_location("adaptive_game", GAME)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def clock():
    return {"now_s": 0.0}


@pytest.fixture
def pace(game, clock):
    return game.Pace(lambda: clock["now_s"])


def a_state(window: int, suggestion: Suggestion) -> Release:
    return Release(
        "room", Profile.PERSONAL, window, 10.0, State.NEUTRAL, stress=Level.LOW, suggestion=suggestion
    )


def test_each_suggestion_moves_the_level_and_each_window_counts_once(game, pace, clock):
    first = pace.seconds
    for window, suggestion in enumerate([Suggestion.INTENSIFY, Suggestion.HOLD, Suggestion.EASE]):
        payload = a_state(window, suggestion).encode()
        pace.heard(payload)
        pace.heard(payload)
        clock["now_s"] += game.STEP_EVERY_S
        assert pace.level == game.FIRST_LEVEL + [1, 1, 0][window]
    pace.heard(a_state(3, Suggestion.EASE).encode())
    assert pace.seconds > first


def test_it_takes_one_step_and_waits(game, pace, clock):
    for window in range(4):
        pace.heard(a_state(window, Suggestion.INTENSIFY).encode())
        clock["now_s"] += game.STEP_EVERY_S / 4
    assert pace.level == game.FIRST_LEVEL + 1


def test_levels_have_ends(game, pace, clock):
    for window, suggestion in enumerate([Suggestion.INTENSIFY] * 20 + [Suggestion.EASE] * 40):
        pace.heard(a_state(window, suggestion).encode())
        clock["now_s"] += game.STEP_EVERY_S
        assert 0 <= pace.level <= game.LEVELS
    assert pace.level == 0


def test_hits_count_only_while_nothing_is_known(game, pace, clock):
    for _ in range(game.HITS_A_LEVEL):
        pace.played(hit=True)
    assert pace.level == game.FIRST_LEVEL + 1
    pace.heard(a_state(1, Suggestion.HOLD).encode())
    pace.played(hit=False)
    assert pace.level == game.FIRST_LEVEL + 1
    clock["now_s"] += game.FRESH_WINDOWS * 10.0
    pace.played(hit=False)
    assert pace.level == game.FIRST_LEVEL


@pytest.mark.parametrize("payload", [b"", b"[]", b"\xff", b"{}", b'{"suggestion":"ease"}', b"7"])
def test_what_is_no_state_changes_nothing(game, pace, payload):
    pace.heard(payload)
    assert pace.level == game.FIRST_LEVEL


async def test_it_follows_a_device_through_a_broker(game, mosquitto, publisher):
    broker = mosquitto()
    pace = game.Pace()
    client = game.follow(pace, host="127.0.0.1", port=broker.port, topic=TOPIC)
    try:
        device = await publisher(broker.port)
        await until(lambda: device.status.connected and client.is_connected())
        window = 0
        while pace.level == game.FIRST_LEVEL:
            window += 1
            await device.publish(a_state(window, Suggestion.EASE))
            await until(lambda: device.status.published == window)  # noqa: B023  # waits within the turn
        assert pace.level == game.FIRST_LEVEL - 1
    finally:
        client.disconnect()
        client.loop_stop()


def test_it_can_be_played_without_a_broker():
    played = subprocess.run(
        [sys.executable, str(GAME), "--port", "1", "--topic", TOPIC, "--letters", "2"],
        input="?\n?\n",
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert played.stdout.splitlines()[-1] == "0 hits, level 2"
    assert played.stderr == ""
