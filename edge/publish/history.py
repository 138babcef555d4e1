"""Closed windows that wait on disk until the broker has them, however long it is away.

For the profile `public`: what is stored is exactly what may leave, byte for byte, so that sending it
again tells nothing new. Windows are sent in order and deleted once the broker has acknowledged them
and, where it tells (MQTT 5), somebody listened: a collector that is away misses nothing. A window whose
acknowledgement was lost is sent again; who counts goes by node, zone and window.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
from typing import TYPE_CHECKING, Final

from edge.publish.message import Message

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from paho.mqtt.client import MQTTMessageInfo

_LOG: Final = logging.getLogger(__name__)
_AT_ONCE: Final = 20
_ACKNOWLEDGED_WITHIN_S: Final = 10.0
_LOOK_EVERY_S: Final = 0.5
_LOOK_AGAIN_S: Final = 30.0


class Waiting:
    """The windows on disk, oldest first."""

    def __init__(self, file: Path, *, most_windows: int) -> None:
        self._file = file
        self._most_windows = most_windows
        self._lock = threading.Lock()
        self._database = self._open()
        self.given_up = 0

    def add(self, message: Message) -> None:
        """Store a window; when there are too many, the oldest is given up."""
        with self._lock, self._database:
            self._database.execute(
                "INSERT INTO windows (topic, payload) VALUES (?, ?)", (message.topic, message.payload)
            )
            too_many = self._database.execute(
                "DELETE FROM windows WHERE id <= (SELECT max(id) FROM windows) - ?", (self._most_windows,)
            )
            self.given_up += too_many.rowcount

    def oldest(self, count: int) -> list[tuple[int, Message]]:
        """Look at the oldest windows."""
        query = "SELECT id, topic, payload FROM windows ORDER BY id LIMIT ?"
        with self._lock:
            rows = self._database.execute(query, (count,)).fetchall()
        return [(number, Message(topic, payload)) for number, topic, payload in rows]

    def remove_through(self, number: int) -> None:
        """Forget the windows up to this one, which has arrived."""
        with self._lock, self._database:
            self._database.execute("DELETE FROM windows WHERE id <= ?", (number,))

    def __len__(self) -> int:
        with self._lock:
            count: int = self._database.execute("SELECT count(*) FROM windows").fetchone()[0]
        return count

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    def _open(self) -> sqlite3.Connection:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        try:
            return self._connect()
        # A damaged file may put bytes that are no text into sqlite's own message.
        except (sqlite3.DatabaseError, UnicodeDecodeError):
            aside = self._file.with_suffix(".broken")
            self._file.replace(aside)
            _LOG.error("the stored windows in %s cannot be read; set aside as %s", self._file, aside.name)
            return self._connect()

    def _connect(self) -> sqlite3.Connection:
        self._file.touch(mode=0o600)
        database = sqlite3.connect(self._file, check_same_thread=False)
        try:
            database.execute("PRAGMA synchronous = FULL")
            database.execute(
                "CREATE TABLE IF NOT EXISTS windows "
                "(id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, payload BLOB NOT NULL)"
            )
        except (sqlite3.DatabaseError, UnicodeDecodeError):
            database.close()
            raise
        return database


class History:
    """Sends stored windows in a thread of its own.

    Parameters
    ----------
    file
        Where windows wait.
    most_windows
        How many are kept at the most.
    send
        Hands a message to the broker's connection; None while there is none.
    was_heard
        Whether somebody got an acknowledged message; one that nobody got is kept.
    """

    def __init__(
        self,
        file: Path,
        *,
        most_windows: int,
        send: Callable[[Message], MQTTMessageInfo | None],
        was_heard: Callable[[MQTTMessageInfo], bool],
    ) -> None:
        self._waiting = Waiting(file, most_windows=most_windows)
        self._send = send
        self._was_heard = was_heard
        self._wake = threading.Event()
        self._connections = 0
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="edge-history", daemon=True)
        self._not_stored = 0
        self.added = 0

    @property
    def lost(self) -> int:
        """Windows that could not be stored, or waited until there were too many."""
        return self._not_stored + self._waiting.given_up

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def add(self, message: Message) -> None:
        """Store a window before anything is sent; a full disk loses it, and says so."""
        self.added += 1
        try:
            self._waiting.add(message)
        except sqlite3.Error as error:
            self._not_stored += 1
            _LOG.error("a window could not be stored: %s", error)
        self._wake.set()

    def wake(self) -> None:
        """Look again: the broker is there, and what was on its way to it before is lost."""
        self._connections += 1
        self._wake.set()

    def stop(self) -> None:
        """End; what was not acknowledged waits for the next start."""
        self._stopping = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(_ACKNOWLEDGED_WITHIN_S)
        self._waiting.close()

    def _run(self) -> None:
        while not self._stopping:
            has_more = False
            try:
                has_more = self._send_some()
            except sqlite3.Error as error:
                # On a full disk nothing can be crossed off either; it is sent once more when there is room.
                _LOG.error("a window that was sent could not be crossed off: %s", error)
            if not has_more:
                self._wake.wait(_LOOK_AGAIN_S)
            self._wake.clear()

    def _send_some(self) -> bool:
        """Send the oldest windows; True when there may be more to do at once."""
        connection = self._connections
        batch = self._waiting.oldest(_AT_ONCE)
        sent = [(number, self._send(message)) for number, message in batch]
        arrived = []
        for number, info in sent:
            if info is None or not self._acknowledged(info, connection):
                break
            arrived.append(number)
        if arrived:  # one commit for all of them spares the memory card
            self._waiting.remove_through(arrived[-1])
        return len(arrived) == _AT_ONCE

    def _acknowledged(self, info: MQTTMessageInfo, connection: int) -> bool:
        waited_s = 0.0
        with contextlib.suppress(RuntimeError, ValueError):  # the connection went
            while (
                waited_s < _ACKNOWLEDGED_WITHIN_S and connection == self._connections and not self._stopping
            ):
                info.wait_for_publish(_LOOK_EVERY_S)
                if info.is_published():
                    return self._was_heard(info)
                waited_s += _LOOK_EVERY_S
        return False
