"""Collects the windows of many kiosks into one table: `collector.py BROKER DATABASE --name NAME`.

Run as many as the load needs, each with a name of its own: the broker shares the windows out among them
(MQTT 5 shared subscription). A window is acknowledged only after it is stored, and stored only once,
whichever collector gets it and however often it comes. Needs paho-mqtt.
"""

from __future__ import annotations

import argparse
import json
import queue
import signal
import sqlite3
import threading
import time
from typing import TYPE_CHECKING, Any

import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

if TYPE_CHECKING:
    from collections.abc import Iterable

SCHEMA = """
CREATE TABLE IF NOT EXISTS windows (
    node TEXT, zone TEXT, window INTEGER, ends_at INTEGER, state TEXT, people TEXT,
    valence REAL, arousal REAL, shares TEXT, epsilon REAL, attention REAL,
    moment TEXT, moment_s REAL, content TEXT, content_s REAL,
    PRIMARY KEY (node, zone, window)
) WITHOUT ROWID
"""
INSERT = "INSERT OR IGNORE INTO windows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
OPTIONAL = ("epsilon", "attention", "moment", "moment_s", "content", "content_s")
SESSION_S = 7 * 24 * 3600
AT_ONCE = 1000
WAIT_S = 30.0


def row_of(topic: str, payload: bytes) -> tuple[Any, ...] | None:
    """Make the row of one message, or None when it is no window."""
    try:
        node = topic.split("/")[-4]
        said = json.loads(payload)
        ends_at = round((said["window"] + 1) * said["window_s"])
        shares = json.dumps(said.get("shares"))
        return (node, said["zone"], said["window"], ends_at, said["state"], said.get("people"),
                said["valence"], said["arousal"], shares, *(said.get(key) for key in OPTIONAL))  # fmt: skip
    except (ValueError, KeyError, TypeError, IndexError):
        return None


class Collector:
    """One member of the group."""

    def __init__(self, host: str, port: int, *, name: str, topic: str) -> None:
        self._arrived: queue.SimpleQueue[paho.MQTTMessage] = queue.SimpleQueue()
        self._client = paho.Client(
            paho.CallbackAPIVersion.VERSION2, client_id=name, protocol=paho.MQTTv5, manual_ack=True
        )
        self._client.on_connect = lambda client, *_: client.subscribe(topic, qos=1)
        self._client.on_subscribe = lambda *_: print(f"Collecting {topic}", flush=True)
        self._client.on_message = lambda _client, _data, message: self._arrived.put(message)
        self._client.reconnect_delay_set(1, 10)
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = SESSION_S
        properties.ReceiveMaximum = AT_ONCE
        self._client.connect_async(host, port, clean_start=False, properties=properties)

    def run(self, database: sqlite3.Connection, stopping: threading.Event) -> None:
        """Store and acknowledge until told to stop."""
        self._client.loop_start()
        while not stopping.is_set():
            batch = self._batch()
            with database:
                database.executemany(INSERT, filter(None, (row_of(m.topic, m.payload) for m in batch)))
            self._acknowledge(batch)
        self._client.disconnect()
        self._client.loop_stop()

    def _batch(self) -> list[paho.MQTTMessage]:
        batch: list[paho.MQTTMessage] = []
        try:
            batch.append(self._arrived.get(timeout=0.5))
            while len(batch) < AT_ONCE:
                batch.append(self._arrived.get_nowait())
        except queue.Empty:
            pass
        return batch

    def _acknowledge(self, batch: Iterable[paho.MQTTMessage]) -> None:
        for message in batch:
            self._client.ack(message.mid, message.qos)


def open_database(file: str) -> sqlite3.Connection:
    """Open the table; several collectors may share one file."""
    database = sqlite3.connect(file, timeout=WAIT_S)
    until_s = time.monotonic() + WAIT_S
    while True:
        try:
            database.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError:
            # SQLite does not wait by itself where another collector asks for this at the same moment.
            if time.monotonic() > until_s:
                raise
            time.sleep(0.05)
    database.execute("PRAGMA synchronous = FULL")
    database.execute(SCHEMA)
    return database


def main() -> None:
    """Collect until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("broker", metavar="HOST[:PORT]")
    parser.add_argument("database")
    parser.add_argument(
        "--name", required=True, help="client id; keep it, so that the broker keeps what is yours"
    )
    parser.add_argument("--group", default="edge-affect", help="collectors of one group share the load")
    parser.add_argument("--prefix", default="edge-affect", help="publish.mqtt.prefix of the kiosks")
    arguments = parser.parse_args()
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    host, _, port = arguments.broker.partition(":")
    topic = f"$share/{arguments.group}/{arguments.prefix}/+/zone/+/history"
    collector = Collector(host, int(port or 1883), name=arguments.name, topic=topic)
    try:
        database = open_database(arguments.database)
    except sqlite3.Error as error:
        parser.exit(1, f"{arguments.database}: {error}. Name a file in a folder that this user may write.\n")
    collector.run(database, stopping)


if __name__ == "__main__":
    main()
