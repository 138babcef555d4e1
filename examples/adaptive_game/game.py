"""A typing game that keeps between strain and boredom: it follows the `suggestion` of edge-affect.

    pip install paho-mqtt
    python game.py --topic edge-affect/edge-affect/zone/room/state

A letter appears: type it and press Enter before its time is over. `ease` gives more time for the next
letters, `intensify` less, `hold` leaves it. Without a fresh suggestion the game goes by hits and misses.
"""

from __future__ import annotations

import argparse
import json
import random
import select
import string
import sys
import threading
import time
from typing import TYPE_CHECKING

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

if TYPE_CHECKING:
    from collections.abc import Callable

LEVELS = 12
FIRST_LEVEL = 4
SLOWEST_S = 5.0
FASTER = 0.85
STEP_EVERY_S = 20.0
FRESH_WINDOWS = 3
HITS_A_LEVEL = 5
STEPS = {"ease": -1, "hold": 0, "intensify": 1}


class Pace:
    """The level of the game; `now_s` can be any clock."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._lock = threading.Lock()
        self._level = FIRST_LEVEL
        self._suggestion = "unknown"
        self._window: int | None = None
        self._fresh_until_s = self._stepped_s = -STEP_EVERY_S
        self._in_a_row = 0

    @property
    def level(self) -> int:
        """From 0, the slowest, to `LEVELS`."""
        return self._level

    @property
    def seconds(self) -> float:
        """Time for one letter."""
        return SLOWEST_S * FASTER**self._level

    def heard(self, payload: bytes) -> None:
        """Take a message from the broker; whatever is no state of a zone is ignored."""
        try:
            state = json.loads(payload)
            suggestion, window, window_s = state["suggestion"], state["window"], float(state["window_s"])
        except (ValueError, KeyError, TypeError):
            return
        with self._lock:
            if window == self._window:
                return  # a state may arrive twice
            self._window, self._suggestion = window, suggestion
            self._fresh_until_s = self._now_s() + FRESH_WINDOWS * window_s
            if suggestion in STEPS and self._now_s() - self._stepped_s >= STEP_EVERY_S:
                self._stepped_s = self._now_s()
                self._step(STEPS[suggestion])

    def played(self, *, hit: bool) -> None:
        """Take how a letter went; it matters only while nobody knows how the player feels."""
        with self._lock:
            self._in_a_row = self._in_a_row + 1 if hit else 0
            if self._suggestion in STEPS and self._now_s() < self._fresh_until_s:
                return
            if not hit:
                self._step(-1)
            elif self._in_a_row % HITS_A_LEVEL == 0:
                self._step(1)

    def _step(self, by: int) -> None:
        self._level = min(max(self._level + by, 0), LEVELS)


def follow(pace: Pace, *, host: str, port: int, topic: str) -> paho.Client:
    """Let the pace follow a zone; paho connects again by itself."""
    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.on_connect = lambda client, *_: client.subscribe(topic, qos=1)
    client.on_message = lambda _client, _data, message: pace.heard(bytes(message.payload))
    client.connect_async(host, port)
    client.loop_start()
    return client


def ask(letter: str, seconds: float) -> bool | None:
    """Show a letter; True when it was typed in time, None when there is nobody to type."""
    print(f"  {letter}   ({seconds:.1f} s)", flush=True)
    if not select.select([sys.stdin], [], [], seconds)[0]:
        return False
    line = sys.stdin.readline()
    return line.strip().lower() == letter if line else None


def main() -> None:
    """Parse, play."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--host", default="localhost")
    parser.add_argument("--port", type=int, default=1883)
    parser.add_argument("--topic", required=True, help="the state of a zone")
    parser.add_argument("--letters", type=int, default=30)
    options = parser.parse_args()
    pace = Pace()
    client = follow(pace, host=options.host, port=options.port, topic=options.topic)
    hits = 0
    for _ in range(options.letters):
        hit = ask(random.choice(string.ascii_lowercase), pace.seconds)
        if hit is None:
            break
        hits += hit
        pace.played(hit=hit)
        print(f"{'hit' if hit else 'miss'}, level {pace.level}", flush=True)
    print(f"{hits} hits, level {pace.level}")
    client.disconnect()
    client.loop_stop()


if __name__ == "__main__":
    main()
