"""Loads a broker with many simulated kiosks, restarts it on the way, and counts what arrived.

    tools/load_fleet.py [--kiosks 2000] [--windows 20] [--collectors 2] [--restarts 2] [--json FILE]

Starts mosquitto and the collectors of examples/fleet on this machine. Each kiosk sends its windows in
order, as `publish.history` does: the next one once the last was acknowledged, and after an outage from
the first that was not. Exit code 1 when a window is missing, altered or there twice.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import resource
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time
from collections import deque
from pathlib import Path
from typing import Any

from edge.emotion import Emotion
from edge.release import Profile, Release, State

_COLLECTOR = Path(__file__).resolve().parents[1] / "examples" / "fleet" / "collector.py"
_HOST = "127.0.0.1"
_PATIENCE_S = 120.0
_NOBODY_LISTENS = b"\x10"
_MOSQUITTO = """user root
listener {port} 127.0.0.1
allow_anonymous true
persistence true
persistence_location {directory}/
max_queued_messages 0
max_inflight_messages 1000
max_connections -1
"""


def window_of(kiosk: int, number: int) -> Release:
    """Make one window; which one tells all that is in it."""
    share = (kiosk + number) % 11 / 10
    return Release(
        zone="hall",
        profile=Profile.PUBLIC,
        window=number,
        window_s=300.0,
        state=[*State][(kiosk + number) % len(State)],
        people=f"{10 * (1 + kiosk % 3)}-{10 * (1 + kiosk % 3) + 9}",
        shares=((Emotion.HAPPINESS, share),),
        epsilon=0.1,
    )


def _field(text: bytes) -> bytes:
    return struct.pack(">H", len(text)) + text


def _packet(kind: int, body: bytes) -> bytes:
    length, encoded = len(body), bytearray()
    while True:
        length, digit = divmod(length, 128)
        encoded.append(digit | (0x80 if length else 0))
        if not length:
            return bytes([kind, *encoded]) + body


async def _body(reader: asyncio.StreamReader) -> bytes:
    """Read a packet shorter than 128 bytes."""
    _, length = await reader.readexactly(2)
    return await reader.readexactly(length)


class Kiosk:
    """Speaks just enough MQTT 5 to publish with QoS 1."""

    def __init__(self, number: int, windows: int) -> None:
        self._name = f"kiosk-{number}"
        topic = f"edge-affect/{self._name}/zone/hall/history".encode()
        self._waiting = deque((index, topic, window_of(number, index).encode()) for index in range(windows))
        self.reconnections = -1

    async def run(self, port: int) -> None:
        """Send everything, however often the broker goes."""
        while self._waiting:
            with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
                self.reconnections += 1
                async with asyncio.timeout(60):
                    reader, writer = await asyncio.open_connection(_HOST, port)
                    try:
                        await self._send(reader, writer)
                    finally:
                        writer.close()
            await asyncio.sleep(random.uniform(0.1, 1.0))

    async def _send(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(_packet(0x10, _field(b"MQTT") + bytes([5, 2, 0, 60, 0]) + _field(self._name.encode())))
        await _body(reader)
        while self._waiting:
            index, topic, payload = self._waiting[0]
            writer.write(_packet(0x32, _field(topic) + struct.pack(">HB", index + 1, 0) + payload))
            acknowledgement = await _body(reader)
            if acknowledgement[2:3] != _NOBODY_LISTENS:
                self._waiting.popleft()
            await asyncio.sleep(random.uniform(0, 0.5))


class Broker:
    """A mosquitto that keeps what it has over a restart."""

    def __init__(self, directory: Path) -> None:
        with socket.socket() as probe:
            probe.bind((_HOST, 0))
            self.port: int = probe.getsockname()[1]
        self._config = directory / "mosquitto.conf"
        self._config.write_text(_MOSQUITTO.format(port=self.port, directory=directory), encoding="utf-8")
        self._program = (
            shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin") or "mosquitto"
        )
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Return once it listens."""
        self._process = await asyncio.create_subprocess_exec(
            self._program, "-c", str(self._config), stderr=subprocess.DEVNULL
        )
        while True:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection(_HOST, self.port)
                writer.close()
                return
            await asyncio.sleep(0.05)

    async def stop(self) -> None:
        """End it, with its memory written to disk."""
        if self._process is not None:
            self._process.terminate()
            await self._process.wait()


def judge(database: sqlite3.Connection, *, kiosks: int, windows: int) -> tuple[int, int]:
    """Count the windows that are missing and those that are not what was sent."""
    query = "SELECT node, window, state, people, shares FROM windows"
    found = {(node, window): rest for node, window, *rest in database.execute(query)}
    missing = altered = 0
    for kiosk in range(kiosks):
        for number in range(windows):
            sent = window_of(kiosk, number).payload()
            got = found.pop((f"kiosk-{kiosk}", number), None)
            missing += got is None
            altered += got is not None and got != [sent["state"], sent["people"], json.dumps(sent["shares"])]
    return missing, altered + len(found)


async def load(arguments: argparse.Namespace, directory: Path) -> dict[str, Any]:
    """Run the whole load; return the report."""
    broker = Broker(directory)
    await broker.start()
    file = directory / "windows.sqlite3"
    collectors = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, _COLLECTOR, f"{_HOST}:{broker.port}", file, "--name", f"collector-{number}"),
            stdout=subprocess.PIPE,
        )
        for number in range(arguments.collectors)
    ]
    kiosks = [Kiosk(number, arguments.windows) for number in range(arguments.kiosks)]
    total = arguments.kiosks * arguments.windows
    began_s = time.monotonic()
    # The broker keeps windows for collectors that it has seen, not for strangers.
    for collector in collectors:
        if collector.stdout is None or not await collector.stdout.readline():
            raise SystemExit("A collector ended at its start; it says above why.")
    sending = asyncio.gather(*(kiosk.run(broker.port) for kiosk in kiosks))
    database = sqlite3.connect(file, timeout=30)

    def stored() -> int:
        count: int = database.execute("SELECT count(*) FROM windows").fetchone()[0]
        return count

    for restart in range(arguments.restarts):
        while stored() < total * (restart + 1) / (arguments.restarts + 1):  # noqa: ASYNC110  # collectors do
            await asyncio.sleep(0.2)
        await broker.stop()
        await broker.start()
    await sending
    until_s = time.monotonic() + _PATIENCE_S
    while stored() < total and time.monotonic() < until_s:  # noqa: ASYNC110  # collectors do
        await asyncio.sleep(0.2)
    took_s = time.monotonic() - began_s
    for collector in collectors:
        collector.send_signal(signal.SIGTERM)
        await collector.wait()
    await broker.stop()
    missing, altered = judge(database, kiosks=arguments.kiosks, windows=arguments.windows)
    return {
        "kiosks": arguments.kiosks,
        "windows_sent": total,
        "windows_stored": stored(),
        "missing": missing,
        "altered_or_unknown": altered,
        "reconnections": sum(kiosk.reconnections for kiosk in kiosks),
        "broker_restarts": arguments.restarts,
        "collectors": arguments.collectors,
        "seconds": round(took_s, 1),
    }


def main() -> int:
    """Load, report, judge."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kiosks", type=int, default=2000)
    parser.add_argument("--windows", type=int, default=20)
    parser.add_argument("--collectors", type=int, default=2)
    parser.add_argument("--restarts", type=int, default=2)
    parser.add_argument("--json", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory() as directory:
        report = asyncio.run(load(arguments, Path(directory)))
    print(json.dumps(report, indent=2))
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return 1 if report["missing"] or report["altered_or_unknown"] else 0


if __name__ == "__main__":
    sys.exit(main())
