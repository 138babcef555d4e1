"""What `public` keeps on disk depends on the noisy counts alone."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from edge.gate.crowd import NoisyCounts
from edge.gate.gate import open_gate
from edge.gate.options import PrivacyOptions
from edge.release import Profile
from privacy.venue import Venue, mood

if TYPE_CHECKING:
    from pathlib import Path

COUNTS = [NoisyCounts((9, 4, 1, 0, 0, 2, 0, -1), 15, 2.0), NoisyCounts((1, 0, 0, 0, 0, 0, 0, 0), 2, 2.0)]


def kept(state: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """All bytes on disk, and all bytes released, after two windows with made-up people."""
    randomness = random.Random(seed)
    counts = iter(COUNTS)
    gate = open_gate(PrivacyOptions(profile=Profile.PUBLIC), zone="hall", state=state)
    venue = Venue(randomness)
    monkeypatch.setattr(venue, "add_noise", lambda _counts, *, epsilon: next(counts))
    for window in range(len(COUNTS)):
        people = {randomness.randrange(2**63): mood(randomness) for _ in range(randomness.randrange(40))}
        venue.fill(gate, people, window=window)
    files = {path.name: path.read_bytes() for path in state.iterdir()}
    gate.close()
    return files


def test_other_people_leave_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    once, again = (kept(tmp_path / str(seed), seed, monkeypatch) for seed in (1, 2))
    assert (
        once.keys()
        == again.keys()
        == {f"privacy-ledger.{end}" for end in ("sqlite3", "sqlite3-wal", "sqlite3-shm", "witness")}
    )
    # The log and its index hold random salts of SQLite; what they hold beside is in the closed file.
    for directory in ("1", "2"):
        assert not list((tmp_path / directory).glob("*-wal"))
    closed = [(tmp_path / directory / "privacy-ledger.sqlite3").read_bytes() for directory in ("1", "2")]
    assert closed[0] == closed[1]
    assert once["privacy-ledger.witness"] == again["privacy-ledger.witness"]


def test_no_closed_window_stays_in_memory() -> None:
    venue = Venue(random.Random(3))
    gate = venue.gate()
    for window in range(5):
        venue.fill(gate, {window: 1}, window=window)
    assert gate._votes == {}
    assert gate._tallies == {}
