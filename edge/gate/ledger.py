"""The privacy budget of `public`: each window is paid for once and drawn once, whatever happens."""

from __future__ import annotations

import contextlib
import os
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
_SLACK: Final = 1e-9


class Ledger:
    """Windows that were paid for, with the bytes they were published as.

    Payment and bytes are written in one transaction, and no byte leaves before it is on disk. So a crash
    at any instruction leaves either nothing (nothing was seen, nothing was spent) or a payment with its
    bytes, which are handed out again instead of being drawn a second time.

    A second file, the witness, holds the number of payments. A ledger with fewer payments than its
    witness was rolled back or replaced, and is refused. When both are restored together from one old
    copy, the device alone cannot tell; that takes a counter which cannot be set back, such as a TPM's.

    Days are UTC. All zones of a file share its budget, so that renaming a zone refills nothing.

    Parameters
    ----------
    path
        The database file; made when neither it nor the witness exists.
    witness
        Better on another medium; beside the database when None.

    Raises
    ------
    BudgetError
        It cannot be opened, is no ledger, or was rolled back.
    """

    def __init__(self, path: Path, *, witness: Path | None = None) -> None:
        self._witness = witness or path.with_suffix(".witness")
        with _explained():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5.0)
            try:
                self._database.execute("PRAGMA journal_mode=WAL")
                self._database.execute("PRAGMA synchronous=FULL")
                self._database.execute(_SCHEMA)
                self._refuse_rollback()
                self._write_witness()
            except BaseException:
                self._database.close()
                raise

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
            The file cannot be read or written, or was rolled back; nothing may be published then.
        """
        with _explained():
            with self._transaction():
                self._refuse_rollback()
                known = self._stored(zone, start_s, end_s)
                if known is not None:
                    return known
                if start_s < self._newest_end_s(zone):
                    # The clock went back or the grid changed: it would overlap a window already paid for.
                    return Reason.CLOCK_WENT_BACK
                if self._spent(start_s // DAY_S) + epsilon > daily_epsilon + _SLACK:
                    return Reason.BUDGET_SPENT
                payload = draw()
                self._pay(zone, start_s, end_s, epsilon, payload)
            self._write_witness()
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

    def _stored(self, zone: str, start_s: int, end_s: int) -> bytes | None:
        row = self._database.execute(
            "SELECT payload FROM window WHERE zone = ? AND start_s = ? AND end_s = ?", (zone, start_s, end_s)
        ).fetchone()
        return bytes(row[0]) if row else None

    def _pay(self, zone: str, start_s: int, end_s: int, epsilon: float, payload: bytes) -> None:
        self._database.execute(
            "INSERT INTO window VALUES (?, ?, ?, ?, ?)", (zone, start_s, end_s, epsilon, payload)
        )
        self._database.execute("DELETE FROM window WHERE end_s < ?", (start_s - KEPT_DAYS * DAY_S,))
        # Pragmas take no parameters; the number is our own.
        self._database.execute(f"PRAGMA user_version = {self._payments() + 1:d}")

    def _payments(self) -> int:
        return int(self._database.execute("PRAGMA user_version").fetchone()[0])

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
            self._database.execute("COMMIT")
        except BaseException:
            # A full disk may have rolled it back already, or broken the commit and left it open.
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise

    def _refuse_rollback(self) -> None:
        payments = self._payments()
        witnessed = self._witnessed()
        if witnessed is None and payments == 0:
            return
        if witnessed is None or payments < witnessed:
            raise BudgetError(
                f"the budget ledger was rolled back or replaced: it holds {payments} payments, its witness "
                f"{self._witness} {'is missing' if witnessed is None else f'says {witnessed}'}"
            )

    def _witnessed(self) -> int | None:
        try:
            return int(self._witness.read_text(encoding="ascii"))
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise BudgetError(f"the witness of the budget ledger is unreadable: {self._witness}") from error

    def _write_witness(self) -> None:
        payments = self._payments()
        if self._witnessed() == payments:
            return
        fresh = self._witness.with_suffix(".new")
        with fresh.open("w", encoding="ascii") as stream:
            stream.write(str(payments))
            stream.flush()
            os.fsync(stream.fileno())
        fresh.replace(self._witness)
        directory = os.open(self._witness.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    # A damaged file may put bytes that are no text into sqlite's own message.
    except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
        raise BudgetError(f"the budget ledger cannot be used: {error}") from error
