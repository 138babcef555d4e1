"""What all wearable sources share: a name, a link, and patience with bad packets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from edge.capture.wearable.link import Link
from edge.errors import DecodeError, SourceError, SourceReason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge.capture.wearable.options import WearableOptions
    from edge.capture.wearable.radio import Radio
    from edge.clock import Clock

BAD_PACKETS_IN_A_ROW: Final = 20
STALE_SHARE: Final = 0.6
"""The supervisor sees silence before the link gives up, and the link gives up before the supervisor."""


class Wearable:
    """Base of the wearable sources."""

    def __init__(
        self, name: str, options: WearableOptions, *, service: str, clock: Clock, radio: Radio
    ) -> None:
        self.name = name
        self.link = Link(
            name,
            radio=radio,
            clock=clock,
            service=service,
            address=options.address,
            silence_s=options.silence_s,
            has_rhythm="silence_s" not in options.model_fields_set,
        )
        self._stale_after_s = STALE_SHARE * options.silence_s
        self._bad_packets = 0
        self._bad_in_a_row = 0

    @property
    def stale_after_s(self) -> float:
        """Silence longer than this means that the wearable is lost."""
        return self._stale_after_s

    @property
    def battery_percent(self) -> int | None:
        """Charge as the wearable told it last."""
        return self.link.battery_percent

    @property
    def alive_s(self) -> float:
        """When the last packet came, whatever was in it; now, while the link is on its way."""
        return self.link.alive_s

    @property
    def counters(self) -> Mapping[str, int]:
        """Packets that made no sense, and those dropped because the street was too slow."""
        return {"bad_packets": self._bad_packets, "dropped_packets": self.link.dropped_packets}

    def _good_packet(self) -> None:
        self._bad_in_a_row = 0

    def _bad_packet(self, error: DecodeError) -> None:
        self._bad_packets += 1
        self._bad_in_a_row += 1
        if self._bad_in_a_row >= BAD_PACKETS_IN_A_ROW:
            self._bad_in_a_row = 0
            raise SourceError(self.name, SourceReason.PROTOCOL, f"sends nonsense ({error})") from error
