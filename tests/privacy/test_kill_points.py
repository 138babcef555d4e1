from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).with_name("kill_points.py")


def test_a_killed_process_refunds_nothing_and_draws_nothing_twice() -> None:
    command = [sys.executable, str(SCRIPT), "--points", "100", "--seed", "3"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    totals = json.loads(done.stdout)
    assert totals["points"] == 100
    assert totals["killed"] > 50
    assert totals["asked_again"] > 10
