"""What every sensor and recording looks like to the street."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from edge.signals import Sample


class Source(Protocol):
    """A sensor or a recording.

    `samples()` opens the device, yields samples in the order of their time, and has released the
    device when the iterator is closed. It raises `SourceError` when the device cannot be opened or
    is lost; a recording just ends.
    """

    @property
    def name(self) -> str:
        """The name it has in the config; every sample carries it."""
        ...

    @property
    def stale_after_s(self) -> float:
        """Silence longer than this means that the device is lost."""
        ...

    def samples(self) -> AsyncIterator[Sample]:
        """Open, yield, release."""
        ...
