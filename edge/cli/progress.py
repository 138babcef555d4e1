"""A bar on the terminal for work of a known length."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from typing import TextIO

_EVERY_S: Final = 0.2
_WIDE: Final = 32


class Progress:
    """Shows how much of `whole` is done and how long the rest may take, on a terminal only.

    Whoever does not look at a terminal gets nothing, as in a log or a pipe.
    """

    def __init__(self, label: str, whole: float, *, stream: TextIO | None = None) -> None:
        self._label = label
        self._whole = whole
        self._stream = stream or sys.stderr
        self._is_shown = self._stream.isatty()
        self._began_s = time.monotonic()
        self._shown_s = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_shown:
            self._stream.write("\r\033[K")
            self._stream.flush()

    def reach(self, done: float) -> None:
        """Show that so much is done."""
        now_s = time.monotonic()
        if not self._is_shown or now_s - self._shown_s < _EVERY_S:
            return
        self._shown_s = now_s
        self._stream.write(f"\r\033[K{self.line(done, elapsed_s=now_s - self._began_s)}")
        self._stream.flush()

    def line(self, done: float, *, elapsed_s: float) -> str:
        """Make the line that is shown."""
        if self._whole <= 0:
            return f"{self._label}  {done:.0f} s done"
        share = min(1.0, max(0.0, done / self._whole))
        filled = round(share * _WIDE)
        bar = "█" * filled + "░" * (_WIDE - filled)
        left = f", {elapsed_s * (1 - share) / share:.0f} s left" if share > 0 else ""
        return f"{self._label}  {bar} {share:4.0%}{left}"
