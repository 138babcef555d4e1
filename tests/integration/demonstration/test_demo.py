"""The demo as a user runs it, on a virtual clock so that it takes seconds."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def config(tmp_path: Path, recordings: Path) -> Path:
    text = (ROOT / "board_configs" / "demo.yaml").read_text()
    path = tmp_path / "demo.yaml"
    path.write_text(text.replace("../.cache/recordings", str(recordings)) + "replay: {speed: max}\n")
    return path


def demo(config: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "tools" / "demonstration"), "--config", str(config), *arguments]
    # As tools/demo starts it, away from the checkout.
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80"}
    return subprocess.run(
        command, cwd=config.parent, env=environment, capture_output=True, text=True, check=False, timeout=100
    )


def test_it_ends_by_itself_and_shows_what_is_published_and_withheld(config: Path) -> None:
    done = demo(config, "--seconds", "45", "--plain")
    assert done.returncode == 0, done.stderr
    assert "sensed     face" in done.stdout
    assert "sensed     speech" in done.stdout
    assert "simulated_skin: ok 4 Hz" in done.stdout
    assert "withheld, little evidence" in done.stdout
    assert "7 windows: " in done.stdout
    assert "heard 7 releases" in done.stdout.replace("\n", " ").replace("  ", " ")
    assert re.search(r"lamp +wled/lamp #[0-9a-f]{6}", done.stdout)
    assert "Traceback" not in done.stderr


def test_a_broker_that_is_away_is_told_without_a_traceback(config: Path) -> None:
    done = demo(config, "--seconds", "6", "--plain", "--broker", "127.0.0.1:1")
    assert done.returncode == 1
    assert "No release reached the broker" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broken_config_is_told_without_a_traceback(config: Path) -> None:
    config.write_text(config.read_text().replace("replay_video", "replay_vdieo"))
    done = demo(config, "--plain")
    assert done.returncode == 1
    assert "did you mean `replay_video`?" in done.stderr
    assert "Traceback" not in done.stderr
