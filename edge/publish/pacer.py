"""Paces a breathing exercise in a thread of its own, so that neither street nor broker waits for it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edge.publish.nudge import Breath


class Pacer:
    """Runs one exercise at a time."""

    def __init__(self, step: Callable[[Breath | None], None]) -> None:
        """`step` is called with each half of a breath as it begins, and with None at the end."""
        self._step = step
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def start(self, breaths: Sequence[Breath]) -> None:
        """Begin, unless an exercise is under way."""
        with self._starting:
            if self._thread is not None and self._thread.is_alive():
                return
            self._stopping.clear()
            self._thread = threading.Thread(target=self._run, args=(breaths,), name="edge-pacer", daemon=True)
            self._thread.start()

    def cancel(self) -> None:
        """Let it end; returns at once."""
        self._stopping.set()

    def stop(self) -> None:
        """End it, and wait until it has."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(1.0)

    def _run(self, breaths: Sequence[Breath]) -> None:
        for breath in breaths:
            self._step(breath)
            if self._stopping.wait(breath.lasts_s):
                break
        self._step(None)
