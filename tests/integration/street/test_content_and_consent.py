"""A kiosk's windows in the time of what it shows, and a file of consents that breaks: the whole street."""

from __future__ import annotations

import asyncio
import logging
import wave
from typing import TYPE_CHECKING, Any

import pytest

from edge.app import Street
from edge.capture.supervisor import SourceState
from edge.clock import RealClock, VirtualClock
from edge.clock import run as run_on
from edge.config.derived import consent_path
from edge.config.load import load_config
from edge.config.schema import Config
from edge.errors import ConfigError
from edge.gate.consent import ConsentStore, Purpose
from edge.publish.player import Position
from edge.street import Observer

if TYPE_CHECKING:
    from pathlib import Path

    from edge.release import Release

FAST = 40.0
KIOSK: dict[str, Any] = {
    "deployment": {
        "context": "public_space",
        "notice": {"contact": "hall@example.org", "acknowledged_on": "2026-11-01"},
    },
    "privacy": {"profile": "public", "window_s": 60},
    "publish": {"mqtt": {"host": "127.0.0.1", "port": 1}, "player": {}},
    "readers": {"speech": {"enabled": False}},
    "replay": {"speed": "max"},
}


class Player(Observer):
    """Says where it is, every ten seconds of the street's time; keeps what leaves."""

    def __init__(self) -> None:
        self.released: list[Release] = []

    def on_release(self, release: Release) -> None:
        self.released.append(release)

    async def play(self, street: Street, clock: VirtualClock) -> None:
        for tick in range(18):
            await clock.sleep_until(10.0 * tick + 5.0)
            street._note_position(Position("film", 10.0 * tick + 5.0, playing=True, rate=1.0))


def test_each_window_says_what_was_shown_when_it_began(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "silence.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16_000)
        sound.writeframes(bytes(32_000))
    source = {"kind": "replay_audio", "path": tmp_path / "silence.wav", "loop": True}
    config = Config.model_validate(
        {**KIOSK, "sources": {"microphone": source}, "state_directory": tmp_path / "state"}
    )
    clock, player = VirtualClock(), Player()

    async def run() -> None:
        street = Street(config, clock=clock, observer=player)
        playing = asyncio.create_task(player.play(street, clock))
        await street.run(seconds=430)
        await playing

    run_on(run(), clock=clock)
    told = [(release.content, release.content_s) for release in player.released]
    assert told[:5] == [(None, None), ("film", 60.0), ("film", 120.0), ("film", 180.0), (None, None)]
    assert {tuple(release.payload()) for release in player.released} == {tuple(player.released[0].payload())}


def test_a_player_belongs_to_the_profile_public(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(
        "sources: {camera: {kind: v4l2}}\npublish:\n  mqtt: {host: localhost}\n  player: {}\n",
        encoding="utf-8",
    )
    with pytest.raises(ConfigError, match=r"config\.yaml:4:\d+: publish\.player: content is told"):
        load_config(path)


def test_a_file_of_consents_that_breaks_mutes_and_ends_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="edge.gate.consent")
    source = {"kind": "v4l2", "device": str(tmp_path / "no-camera")}
    config = Config.model_validate({"sources": {"camera": source}, "state_directory": tmp_path})
    path = consent_path(config)

    async def run() -> None:
        clock = RealClock(FAST)
        ConsentStore(path).grant(sensor="camera", purpose=Purpose.ROOM_MOOD, days=1, now_s=clock.wall_s())
        agreed = path.read_bytes()
        street = Street(config, clock=clock)
        running = asyncio.create_task(street.run())
        await until(street, muted=False)
        path.write_bytes(b"\xff damaged")
        await until(street, muted=True)
        path.write_bytes(agreed)
        await until(street, muted=False)
        assert not running.done()
        street.stop()
        await running

    run_on(run(), clock=RealClock())
    told = [
        record.message
        for record in caplog.records
        if record.name == "edge.gate.consent" and "consent" in record.message
    ]
    assert len(told) == 2
    assert "are muted until" in told[0]
    assert "can be read again" in told[1]


async def until(street: Street, *, muted: bool) -> None:
    """Wait for the camera to be muted, or not."""
    async with asyncio.timeout(60):
        while (street.sources[0].state is SourceState.MUTED) is not muted:  # noqa: ASYNC110  # it is polled
            await asyncio.sleep(0.01)
