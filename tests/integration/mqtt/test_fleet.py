"""The collector of examples/fleet, alone and under a small load with a restart of the broker."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from edge.emotion import MomentKind
from edge.release import Profile, Release, State

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def collector():
    spec = importlib.util.spec_from_file_location("collector", ROOT / "examples" / "fleet" / "collector.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_window_is_stored_once(collector, tmp_path):
    release = Release(
        "hall",
        Profile.PUBLIC,
        7,
        300.0,
        State.HAPPINESS,
        people="10-19",
        epsilon=0.1,
        attention=0.7,
        moment=MomentKind.JOY,
        moment_s=45.0,
        content="trailer-3",
        content_s=180.5,
    )
    row = collector.row_of("edge-affect/kiosk-1/zone/hall/history", release.encode())
    database = collector.open_database(str(tmp_path / "windows.sqlite3"))
    with database:
        database.executemany(collector.INSERT, [row, row])
    query = "SELECT node, zone, window, ends_at, state, people, epsilon, attention FROM windows"
    stored = database.execute(query).fetchall()
    assert stored == [("kiosk-1", "hall", 7, 2400, "happiness", "10-19", 0.1, 0.7)]
    readme = (ROOT / "examples" / "fleet" / "README.md").read_text(encoding="utf-8")
    _, in_content_time = re.findall(r"```sql\n(.*?)```", readme, re.DOTALL)
    assert database.execute(in_content_time).fetchall() == [("trailer-3", 225.0, "joy", 1)]
    database.close()


def test_collectors_that_start_together_share_one_file(collector, tmp_path):
    def opened(path):
        collector.open_database(str(path)).close()

    with ThreadPoolExecutor(6) as together:
        for number in range(60):
            list(together.map(opened, [tmp_path / f"{number}.sqlite3"] * 6))


@pytest.mark.parametrize("payload", [b"", b"[]", b"{}", b"\xff", b'{"window":"x","window_s":1}', b"null"])
def test_nonsense_is_no_window(collector, payload):
    assert collector.row_of("edge-affect/kiosk-1/zone/hall/history", payload) is None
    assert collector.row_of("history", payload) is None


@pytest.mark.slow
@pytest.mark.usefixtures("mosquitto")
def test_nothing_is_lost_or_counted_twice_through_a_restart(tmp_path):
    report = tmp_path / "report.json"
    load = ["--kiosks", "30", "--windows", "8", "--restarts", "1", "--json", report]
    program = [sys.executable, ROOT / "tools" / "load_fleet.py", *load]
    subprocess.run(program, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True, timeout=110)
    said = json.loads(report.read_text())
    assert said["windows_stored"] == said["windows_sent"] == 240
    assert said["missing"] == said["altered_or_unknown"] == 0
    assert said["reconnections"] > 0
