"""What the page of a kiosk shows of its budget, its consents and its sign, through the whole street."""

from __future__ import annotations

import wave
from typing import TYPE_CHECKING, Any

from edge.app import Street
from edge.clock import VirtualClock
from edge.clock import run as run_on
from edge.config.schema import Config
from edge.street import Observer

if TYPE_CHECKING:
    from pathlib import Path

    from edge.release import Release


def kiosk(directory: Path) -> Config:
    with wave.open(str(directory / "silence.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16_000)
        sound.writeframes(bytes(32_000))
    return Config.model_validate(
        {
            "deployment": {
                "context": "public_space",
                "notice": {"contact": "hall@example.org", "acknowledged_on": "2026-11-01"},
            },
            "privacy": {"profile": "public", "window_s": 60, "daily_epsilon": 5},
            "sources": {
                "microphone": {"kind": "replay_audio", "path": directory / "silence.wav", "loop": True}
            },
            "page": {"port": 0},
            "replay": {"speed": "max"},
            "state_directory": directory / "state",
        }
    )


class Reader(Observer):
    """Looks at the page whenever something leaves."""

    def __init__(self) -> None:
        self.street: Street | None = None
        self.shown: list[dict[str, Any]] = []
        self.signs: list[str] = []

    def on_release(self, release: Release) -> None:
        assert self.street is not None
        assert self.street._page is not None
        self.shown.append(self.street._page._site.snapshot())
        self.signs.append(self.street._page._site.documents["/notice"])


def test_the_budget_that_is_shown_is_that_of_the_ledger(tmp_path: Path) -> None:
    clock, reader = VirtualClock(), Reader()

    async def run() -> None:
        reader.street = Street(kiosk(tmp_path), clock=clock, observer=reader)
        await reader.street.run(seconds=430)

    run_on(run(), clock=clock)
    assert [shown["budget"]["spent"] for shown in reader.shown] == [1, 2, 3, 4, 5, 5, 5]
    assert {shown["budget"]["daily"] for shown in reader.shown} == {5}
    assert reader.shown[-1]["windows"][0]["withheld"] == "budget_spent"
    assert reader.shown[0]["consents"] == []
    assert reader.shown[0]["notice"]["contact"] == "hall@example.org"
    assert "hall@example.org" in reader.signs[0]
    assert "a microphone" in reader.signs[0]
