"""Attacks that want a second draw of the same window, or a second budget for the same day."""

from __future__ import annotations

import random
import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edge.emotion import Emotion
from edge.errors import BudgetError
from edge.gate.decision import Reason
from edge.gate.ledger import Ledger
from privacy.venue import BEST_GUESS, TARGET, Venue, guess_mood, mood, strangers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from privacy.conftest import AttackTable

POINTS = 0.05
DRAWS = 25
THOROUGH_TRIALS = 30
OTHERS = strangers(14, Emotion.NEUTRAL)


@pytest.fixture
def state() -> Iterator[Path]:
    """A directory in memory, where there is one: here are thousands of ledgers."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as directory:
        yield Path(directory)


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of ledgers; what a power cut does to them is not what is attacked here."""
    monkeypatch.setattr("os.fsync", lambda _descriptor: None)
    connect = sqlite3.connect

    def hasty(*arguments: object, **keys: object) -> sqlite3.Connection:
        return connect(*arguments, **keys, factory=_HastyConnection)  # type: ignore[call-overload]

    monkeypatch.setattr("sqlite3.connect", hasty)


class _HastyConnection(sqlite3.Connection):
    def execute(self, statement: str, *arguments: object) -> sqlite3.Cursor:
        return super().execute(statement.replace("synchronous=FULL", "synchronous=OFF"), *arguments)  # type: ignore[arg-type]


def rate(state: Path, scenario: Callable[..., None], *, trials: int) -> float:
    """How often the mood of the target is guessed from all draws that `scenario` provokes.

    The first trials try `DRAWS` times, the others only twice, which provokes as many draws.
    """
    randomness = random.Random(6)
    path = state / scenario.__name__ / "ledger.sqlite3"
    right = 0
    for trial in range(trials):
        target = mood(randomness)
        venue = Venue(randomness)
        tries = DRAWS if trial < THOROUGH_TRIALS else 2
        scenario(venue, path, OTHERS | {TARGET: target}, window=trial, tries=tries)
        right += guess_mood(venue.draws, [OTHERS] * len(venue.draws)) == target
    return right / trials


def close_again_and_again(
    venue: Venue, path: Path, people: dict[int, int], *, window: int, tries: int
) -> None:
    """The broker was away and back, the clock was set back: the same process closes a window anew."""
    venue.ledger = Ledger(path)
    seen = {venue.fill(venue.gate(), people, window=window).release.encode() for _ in range(tries)}
    venue.ledger.close()
    assert len(seen) == 1


def reboot_again_and_again(
    venue: Venue, path: Path, people: dict[int, int], *, window: int, tries: int
) -> None:
    """The device is unplugged once a window, and comes up again within it."""
    seen = set()
    for _ in range(tries):
        venue.ledger = Ledger(path)
        seen.add(venue.fill(venue.gate(), people, window=window).release.encode())
        venue.ledger.close()
    assert len(seen) == 1


def roll_back_again_and_again(
    venue: Venue, path: Path, people: dict[int, int], *, window: int, tries: int
) -> None:
    """An old copy of the ledger is put back before each reboot."""
    Ledger(path).close()
    old = new = path.read_bytes()
    for _ in range(tries):
        path.write_bytes(old)
        try:
            venue.ledger = Ledger(path)
        except BudgetError:
            continue
        venue.fill(venue.gate(), people, window=window)
        venue.ledger.close()
        new = path.read_bytes()
    path.write_bytes(new)


def without_memory(venue: Venue, _path: Path, people: dict[int, int], *, window: int, tries: int) -> None:
    """As all of the above, with a gate that draws anew each time."""
    for _ in range(tries):
        venue.fill(venue.gate(), people, window=window)


def roll_back_the_witness_too(
    venue: Venue, path: Path, people: dict[int, int], *, window: int, tries: int
) -> None:
    """Both files are put back together; no device can notice that by itself."""
    for _ in range(tries):
        shutil.rmtree(path.parent, ignore_errors=True)
        venue.ledger = Ledger(path)
        venue.fill(venue.gate(), people, window=window)
        venue.ledger.close()


@pytest.mark.parametrize(
    ("scenario", "undefended", "attack", "defence"),
    [
        (
            close_again_and_again,
            without_memory,
            f"average over {DRAWS} retries and reconnects",
            "noise is drawn once, the bytes are stored",
        ),
        (
            reboot_again_and_again,
            without_memory,
            f"average over {DRAWS} reboots within a window",
            "the ledger is on disk before any byte leaves",
        ),
        (
            roll_back_again_and_again,
            roll_back_the_witness_too,
            f"put an old ledger back {DRAWS} times",
            "the witness; undefended when it is put back as well",
        ),
    ],
)
def test_no_second_draw(
    state: Path,
    attacks: AttackTable,
    *,
    scenario: Callable[..., None],
    undefended: Callable[..., None],
    attack: str,
    defence: str,
) -> None:
    defended_rate = rate(state, scenario, trials=500)
    undefended_rate = rate(state, undefended, trials=THOROUGH_TRIALS)
    assert defended_rate <= BEST_GUESS + POINTS
    assert undefended_rate > BEST_GUESS + 0.3
    attacks.add(attack, defence, base=BEST_GUESS, defended=defended_rate, undefended=undefended_rate)


def published_in_a_day(state: Path, *, forgetful: bool) -> int:
    """Windows published by a device that reboots after each, with a budget for 5 windows a day."""
    venue = Venue(random.Random(7))
    published = 0
    for window in range(12):
        if forgetful:
            shutil.rmtree(state, ignore_errors=True)
        venue.ledger = Ledger(state / "ledger.sqlite3")
        gate = venue.gate(daily_epsilon=5.0)
        verdict = venue.fill(gate, strangers(60, Emotion.NEUTRAL, first=100 * window), window=window)
        published += verdict.decision.reason is not Reason.BUDGET_SPENT
        venue.ledger.close()
    return published


def test_a_reboot_refills_no_budget(state: Path, attacks: AttackTable) -> None:
    defended = published_in_a_day(state / "durable", forgetful=False)
    undefended = published_in_a_day(state / "forgetful", forgetful=True)
    assert (defended, undefended) == (5, 12)
    attacks.add(
        "reboot refill: share of 12 windows paid from a budget of 5",
        "payments of the day are on disk",
        base=5 / 12,
        defended=defended / 12,
        undefended=undefended / 12,
    )
