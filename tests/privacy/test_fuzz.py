from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).with_name("fuzz_parsers.py")


def test_nothing_that_reads_from_outside_crashes() -> None:
    command = [sys.executable, str(SCRIPT), "--seconds", "4", "--seed", "11"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr
    tally = json.loads(done.stdout)
    assert len(tally) >= 20
    assert all(each["inputs"] > 0 for each in tally.values())
    assert sum(each["refused"] for each in tally.values()) > 100
