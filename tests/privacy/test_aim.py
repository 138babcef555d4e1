"""Aiming a camera writes nothing, logs nothing of what it sees, and sends too little to hold a picture."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import urllib.request
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

WATCHED: Final = """
import json, os, sys
written = []
def watch(event, arguments):
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR):
        written.append(str(arguments[0]))
    elif event in ("os.rename", "os.mkdir", "os.link", "os.symlink", "os.truncate", "tempfile.mkstemp"):
        written.append(event)
sys.dont_write_bytecode = True
sys.addaudithook(watch)
from edge.cli import main
code = main(["-v", "aim", sys.argv[1], "--port", "0", "--minutes", "0.15"])
print(json.dumps({"code": code, "written": written}))
"""
WATCHED_S: Final = 4.0
RAW_BYTES_A_SECOND: Final = 640 * 360 * 3 * 5
"""Pictures of the recording at the rate at which they are looked at."""


def test_a_session_leaves_no_trace_and_sends_no_picture(recordings: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(
        f"sources: {{camera: {{kind: replay_video, path: {recordings / 'scene.mp4'}, loop: true}}}}\n"
        f"state_directory: {tmp_path / 'state'}\n"
    )
    before = sorted(tmp_path.rglob("*"))
    command = [sys.executable, "-c", WATCHED, str(config)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while not (line := process.stdout.readline()).startswith("http"):
            assert line, "it ended before it was there"
        told = watch(line.strip())
        rest, errors = process.communicate(timeout=60)
    answer = json.loads(rest.splitlines()[-1])
    assert answer == {"code": 0, "written": []}
    assert sorted(tmp_path.rglob("*")) == before
    assert b'"box":[' in told
    assert len(told) < WATCHED_S * RAW_BYTES_A_SECOND / 1000
    seen = set(re.findall(rb'"(?:box|hints)":\[[^\]]+\]', told))
    assert not [each for each in seen if each in errors.encode()]
    assert "face" not in errors.lower()


def watch(address: str) -> bytes:
    """What is told for some seconds to somebody who has the address."""
    host, _, token = address.partition("/?token=")
    request = urllib.request.Request(f"{host}/events", headers={"Authorization": f"Bearer {token}"})
    told = b""
    with urllib.request.urlopen(request, timeout=10) as stream:
        until_s = time.monotonic() + WATCHED_S
        while time.monotonic() < until_s:
            told += stream.readline()
    return told
