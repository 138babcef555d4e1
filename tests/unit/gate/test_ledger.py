from __future__ import annotations

import itertools
import resource
import shutil
import signal
from typing import TYPE_CHECKING

import pytest

from edge.errors import BudgetError
from edge.gate.decision import Reason
from edge.gate.ledger import DAY_S, KEPT_DAYS, Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DRAWS = itertools.count()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "ledger.sqlite3"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    ledger = Ledger(path)
    yield ledger
    ledger.close()


def pay(
    ledger: Ledger,
    start_s: int,
    *,
    zone: str = "hall",
    length_s: int = 300,
    daily_epsilon: float = 3.0,
    draw: Callable[[], bytes] | None = None,
) -> bytes | Reason:
    return ledger.once(
        zone=zone,
        start_s=start_s,
        end_s=start_s + length_s,
        epsilon=1.0,
        daily_epsilon=daily_epsilon,
        draw=draw or (lambda: b"draw %d" % next(DRAWS)),
    )


def test_a_window_is_drawn_once_and_paid_once(ledger: Ledger) -> None:
    first = pay(ledger, 300)
    assert pay(ledger, 300) == first
    assert ledger.spent(0) == 1.0


def test_it_survives_a_restart(path: Path) -> None:
    before = Ledger(path)
    first = pay(before, 300)
    before.close()
    after = Ledger(path)
    assert pay(after, 300) == first
    assert after.spent(0) == 1.0
    after.close()


def test_the_budget_of_a_day_is_never_exceeded_and_the_next_day_has_its_own(ledger: Ledger) -> None:
    outcomes = [pay(ledger, start_s) for start_s in range(0, 1500, 300)]
    assert outcomes[3:] == [Reason.BUDGET_SPENT] * 2
    assert ledger.spent(0) == 3.0
    assert isinstance(pay(ledger, DAY_S), bytes)


def test_a_renamed_zone_gets_no_new_budget(ledger: Ledger) -> None:
    for start_s in range(0, 900, 300):
        pay(ledger, start_s)
    assert pay(ledger, 900, zone="hall2") is Reason.BUDGET_SPENT


def test_windows_never_overlap(ledger: Ledger) -> None:
    pay(ledger, 600)
    assert pay(ledger, 300) is Reason.CLOCK_WENT_BACK
    assert pay(ledger, 840, length_s=60) is Reason.CLOCK_WENT_BACK
    assert isinstance(pay(ledger, 900, length_s=60), bytes)


def test_a_failing_draw_costs_nothing(ledger: Ledger) -> None:
    def fail() -> bytes:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        pay(ledger, 300, draw=fail)
    assert ledger.spent(0) == 0.0
    assert isinstance(pay(ledger, 300), bytes)


def test_old_windows_are_deleted(ledger: Ledger) -> None:
    pay(ledger, 0)
    pay(ledger, (KEPT_DAYS + 1) * DAY_S)
    assert ledger.spent(0) == 0.0
    assert pay(ledger, 0) is Reason.CLOCK_WENT_BACK


def test_two_processes_publish_the_same_bytes(path: Path, ledger: Ledger) -> None:
    other = Ledger(path)
    assert pay(ledger, 300) == pay(other, 300)
    assert other.spent(0) == 1.0
    other.close()


def test_an_old_copy_is_refused(path: Path) -> None:
    before = Ledger(path)
    pay(before, 300)
    before.close()
    shutil.copy(path, path.with_name("old"))
    again = Ledger(path)
    pay(again, 600)
    again.close()
    path.with_name("old").replace(path)
    with pytest.raises(BudgetError, match="rolled back"):
        Ledger(path)


def test_an_old_copy_is_refused_while_running(path: Path, ledger: Ledger) -> None:
    pay(ledger, 300)
    path.with_suffix(".witness").write_text("5")
    with pytest.raises(BudgetError, match="holds 1 payments"):
        pay(ledger, 600)


@pytest.mark.parametrize("lost", ["ledger.sqlite3", "ledger.witness"])
def test_a_deleted_file_is_refused(path: Path, lost: str) -> None:
    before = Ledger(path)
    pay(before, 300)
    before.close()
    path.with_name(lost).unlink()
    with pytest.raises(BudgetError, match="rolled back or replaced"):
        Ledger(path)


def test_a_witness_left_behind_by_a_crash_is_caught_up(path: Path) -> None:
    before = Ledger(path)
    pay(before, 300)
    before.close()
    path.with_suffix(".witness").write_text("0")
    Ledger(path).close()
    assert path.with_suffix(".witness").read_text() == "1"


@pytest.mark.parametrize("content", [b"", b"not a database, but long enough to be read as one" * 30])
def test_a_file_that_is_no_ledger_is_refused_or_made_one(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    if content:
        with pytest.raises(BudgetError, match="cannot be used"):
            Ledger(path)
    else:
        Ledger(path).close()


def test_an_unreadable_witness_is_refused(path: Path) -> None:
    Ledger(path).close()
    path.with_suffix(".witness").write_text("many")
    with pytest.raises(BudgetError, match="unreadable"):
        Ledger(path)


def test_on_a_full_disk_nothing_is_drawn_twice_or_published_unpaid(path: Path) -> None:
    """The kernel refuses every write beyond a size, as it does on a full disk, and then has room again."""
    ledger = Ledger(path)
    first = pay(ledger, 300)
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    full = path.with_name(path.name + "-wal").stat().st_size
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (full, unlimited[1]))
        with pytest.raises(BudgetError):
            pay(ledger, 600)
        with pytest.raises(BudgetError):
            pay(ledger, 600)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
        signal.signal(signal.SIGXFSZ, before)
    second = pay(ledger, 600)
    assert pay(ledger, 300) == first
    assert pay(ledger, 600) == second != first
    assert ledger.spent(0) == 2.0
    ledger.close()


def test_a_directory_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BudgetError, match="cannot be used"):
        Ledger(tmp_path / "file" / "ledger.sqlite3")


def test_a_schema_that_is_no_text_is_explained(path: Path) -> None:
    Ledger(path).close()
    content = path.read_bytes()
    at = content.index(b"CREATE TABLE")
    path.write_bytes(content[: at - 8] + b"\xdf" * 20 + content[at + 12 :])
    with pytest.raises(BudgetError, match="cannot be used"):
        Ledger(path)
