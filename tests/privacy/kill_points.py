"""Kill a process that pays from the ledger at random instants, many times, and look at what is left.

    python tests/privacy/kill_points.py --points 10000 --seed 1

Each child opens the same ledger, asks again for the windows that others asked for before, pays for new
ones, and tells every byte string it was given. Half of the children kill themselves with SIGKILL after a
random number of executed lines of the ledger; the others are killed from outside after a random time, so
that SQLite's own instructions are hit as well. Prints JSON; what must not be is an assertion.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sqlite3
import struct
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from edge.gate.ledger import DAY_S, Ledger

if TYPE_CHECKING:
    from types import FrameType

WINDOW_S: Final = 300
NEW_WINDOWS: Final = 3
ASKED_AGAIN: Final = 2
POINTS_A_LEDGER: Final = 250
MOST_LINES: Final = 700
LONGEST_S: Final = 0.05
_TOLD: Final = struct.Struct("<q16s")


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--points", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    randomness = random.Random(arguments.seed)
    totals = {"points": 0, "killed": 0, "told": 0, "asked_again": 0, "windows": 0}
    while totals["points"] < arguments.points:
        with tempfile.TemporaryDirectory() as directory:
            points = min(POINTS_A_LEDGER, arguments.points - totals["points"])
            kill_at_random(Path(directory) / "ledger.sqlite3", points, randomness, totals)
    sys.stdout.write(json.dumps(totals) + "\n")


def kill_at_random(path: Path, points: int, randomness: random.Random, totals: dict[str, int]) -> None:
    """Kill `points` children in turn on one ledger; nothing may be refunded, drawn twice or lost."""
    seen: dict[int, bytes] = {}
    next_window = 0
    for _ in range(points):
        told, was_killed = _run_child(path, next_window, randomness)
        for window, payload in told:
            totals["asked_again"] += window in seen
            assert seen.setdefault(window, payload) == payload, f"window {window} was drawn twice"
        stored = _stored(path)
        missing = {window for window in seen if stored.get(window) != seen[window]}
        assert not missing, f"windows {missing} left the ledger but are not in it"
        assert set(stored) >= set(seen), "something that was seen was not paid"
        totals["points"] += 1
        totals["killed"] += was_killed
        totals["told"] += len(told)
        next_window = max([*stored, next_window - 1]) + 1
    ledger = Ledger(path)
    days = range(next_window * WINDOW_S // DAY_S + 1)
    assert sum(ledger.spent(day) for day in days) == len(_stored(path)), "epsilon and windows differ"
    ledger.close()
    totals["windows"] += len(_stored(path))


def _run_child(
    path: Path, next_window: int, randomness: random.Random
) -> tuple[list[tuple[int, bytes]], bool]:
    by_itself = randomness.random() < 0.5
    lines, wait_s = randomness.randrange(MOST_LINES), randomness.uniform(0.0, LONGEST_S)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _pay(path, next_window, writing, kill_after_lines=lines if by_itself else None)
        os._exit(0)
    os.close(writing)
    if not by_itself:
        time.sleep(wait_s)
        os.kill(child, signal.SIGKILL)
    content = b""
    while chunk := os.read(reading, 65_536):
        content += chunk
    os.close(reading)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the ledger failed in a child"
    whole = len(content) - len(content) % _TOLD.size
    return list(_TOLD.iter_unpack(content[:whole])), os.WIFSIGNALED(status)


def _pay(path: Path, next_window: int, told: int, *, kill_after_lines: int | None) -> None:
    try:
        if kill_after_lines is not None:
            sys.settrace(_killer(kill_after_lines))
        ledger = Ledger(path)
        for window in range(max(0, next_window - ASKED_AGAIN), next_window + NEW_WINDOWS):
            payload = ledger.once(
                zone="hall",
                start_s=window * WINDOW_S,
                end_s=(window + 1) * WINDOW_S,
                epsilon=1.0,
                daily_epsilon=1e9,
                draw=lambda: os.urandom(16),
            )
            if isinstance(payload, bytes):
                os.write(told, _TOLD.pack(window, payload))
            elif window >= next_window:
                os._exit(2)
    except BaseException:  # noqa: BLE001 - a forked child must not run the code of its parent
        os._exit(1)


def _killer(lines: int) -> Any:
    left = lines

    def trace(frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal left
        if (
            frame.f_code.co_filename.endswith(("ledger.py", "contextlib.py", "pathlib.py"))
            and event == "line"
        ):
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    return trace


def _stored(path: Path) -> dict[int, bytes]:
    if not path.exists():
        return {}
    database = sqlite3.connect(path)
    try:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        tables = database.execute("SELECT name FROM sqlite_master").fetchall()
        if not tables:
            return {}
        rows = database.execute("SELECT start_s, payload FROM window").fetchall()
        return {start_s // WINDOW_S: payload for start_s, payload in rows}
    finally:
        database.close()


if __name__ == "__main__":
    main()
