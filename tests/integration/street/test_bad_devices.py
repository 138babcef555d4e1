"""Devices that are not there, and many of them."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from edge.cli import main

SETTINGS = ("publish.mqtt=null", "publish.lights=[]")
COMMON = """\
privacy: {profile: personal, window_s: 5}
state_directory: state
sources:
"""


@pytest.fixture
def configured(tmp_path: Path):
    def write(sources: dict[str, str]) -> Path:
        path = tmp_path / "room.yaml"
        path.write_text(COMMON + "".join(f"  {name}: {source}\n" for name, source in sources.items()))
        return path

    return write


def run(config: Path, *agreed: str, seconds: str = "4") -> int:
    for name in agreed:
        grant = ["consent", "grant", str(config), "--sensor", name, "--purpose", "room_mood"]
        assert main(grant) == 0
    settings = [word for setting in SETTINGS for word in ("--set", setting)]
    return main(["run", str(config), "--json", "--seconds", seconds, *settings])


def test_without_any_device_it_waits_for_one_and_says_so(
    configured, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    config = configured({"camera": "{kind: v4l2, device: /dev/video90}"})
    with caplog.at_level(logging.WARNING, logger="edge.capture"):
        assert run(config, "camera", seconds="8") == 0
    assert caplog.messages == ["camera: there is no /dev/video90 (absent)"]
    assert '"state":"insufficient"' in capsys.readouterr().out


def test_ten_cameras_of_which_one_works(
    configured, recordings: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    absent = {f"camera_{index}": f"{{kind: v4l2, device: /dev/video9{index}}}" for index in range(9)}
    scene = recordings / "scene.mp4"
    config = configured(absent | {"works": f"{{kind: replay_video, path: {scene}, rate_hz: 3, loop: true}}"})
    with caplog.at_level(logging.WARNING, logger="edge.capture"):
        assert run(config, *absent, seconds="12") == 0
    assert '"state":' in capsys.readouterr().out
    told = [message for message in caplog.messages if "there is no /dev/video9" in message]
    assert len(told) == len(absent)
