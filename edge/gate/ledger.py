"""The privacy budget of `public`: each window is paid for once and drawn once, whatever happens."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING, Final

from edge.errors import BudgetError
from edge.gate.decision import Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DAY_S: Final = 86_400
KEPT_DAYS: Final = 8

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS window (
    zone     TEXT    NOT NULL,
    start_s  INTEGER NOT NULL,
    end_s    INTEGER NOT NULL,
    epsilon  REAL    NOT NULL,
    payload  BLOB    NOT NULL,
    PRIMARY KEY (zone, start_s, end_s)
) STRICT, WITHOUT ROWID
"""


class Ledger:
    """Windows that were paid for, with the bytes they were published as.

    Payment and bytes are written in one transaction, and no byte leaves before it is on disk. So a crash
    at any instruction leaves either nothing (nothing was seen, nothing was spent) or a payment with its
    bytes, which are handed out again instead of being drawn a second time.

    Days are UTC. All zones of a file share its budget, so that renaming a zone refills nothing.

    Parameters
    ----------
    path
        The database file; made when it does not exist.

    Raises
    ------
    BudgetError
        It cannot be opened or is no ledger.
    """

    def __init__(self, path: Path) -> None:
        with _explained():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5.0)
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=FULL")
            self._database.execute(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def once(
        self,
        *,
        zone: str,
        start_s: int,
        end_s: int,
        epsilon: float,
        daily_epsilon: float,
        draw: Callable[[], bytes],
    ) -> bytes | Reason:
        """Pay for one window and draw it, unless that was done before.

        Returns
        -------
        The bytes of the window, from `draw` the first time and from disk ever after; or the reason why
        it cannot be paid for.

        Raises
        ------
        BudgetError
            The file cannot be read or written; nothing may be published then.
        """
        with _explained(), self._transaction():
            known = self._database.execute(
                "SELECT payload FROM window WHERE zone = ? AND start_s = ? AND end_s = ?",
                (zone, start_s, end_s),
            ).fetchone()
            if known:
                return bytes(known[0])
            if start_s < self._newest_end_s(zone):
                # The clock went back, or the grid changed: the window would overlap one already paid for.
                return Reason.CLOCK_WENT_BACK
            if self._spent(start_s // DAY_S) + epsilon > daily_epsilon + 1e-9:
                return Reason.BUDGET_SPENT
            payload = draw()
            self._database.execute(
                "INSERT INTO window VALUES (?, ?, ?, ?, ?)", (zone, start_s, end_s, epsilon, payload)
            )
            self._database.execute("DELETE FROM window WHERE end_s < ?", (start_s - KEPT_DAYS * DAY_S,))
        return payload

    def spent(self, day: int) -> float:
        """Epsilon spent on one UTC day, counted from 1970-01-01.

        Raises
        ------
        BudgetError
            The file cannot be read.
        """
        with _explained():
            return self._spent(day)

    def _spent(self, day: int) -> float:
        row = self._database.execute(
            "SELECT total(epsilon) FROM window WHERE start_s >= ? AND start_s < ?",
            (day * DAY_S, (day + 1) * DAY_S),
        ).fetchone()
        return float(row[0])

    def _newest_end_s(self, zone: str) -> int:
        row = self._database.execute("SELECT max(end_s) FROM window WHERE zone = ?", (zone,)).fetchone()
        return int(row[0] or 0)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise BudgetError(f"the budget ledger cannot be used: {error}") from error
