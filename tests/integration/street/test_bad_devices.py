"""Devices that are not there, and many of them."""

from __future__ import annotations

import logging
from pathlib import Path

import av
import numpy as np
import pytest

from edge.app import Street
from edge.cli import main
from edge.clock import VirtualClock
from edge.clock import run as clock_run
from edge.config.load import load_config

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


def test_ten_cameras_at_once(configured, tmp_path: Path) -> None:
    with av.open(str(tmp_path / "hall.mp4"), "w") as film:
        stream = film.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for index in range(20):
            picture = np.full((120, 160, 3), 10 * index, np.uint8)
            film.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        film.mux(stream.encode())
    source = f"{{kind: replay_video, path: {tmp_path / 'hall.mp4'}, loop: true}}"
    config = load_config(
        configured({f"camera_{index}": source for index in range(10)}), overrides=["replay.speed=max"]
    )
    clock = VirtualClock()
    street = Street(config.config, clock=clock)
    clock_run(street.run(seconds=6), clock=clock)
    looked_at = {status.name: status.samples for status in street.sources}
    assert len(looked_at) == 10
    assert all(4 * 6 <= pictures <= 7 * 6 for pictures in looked_at.values()), looked_at
    assert all(tally.failed == tally.dropped == 0 for tally in street._tallies().values())
