"""Any strap or watch with the Heart Rate Service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.capture.wearable.beats import BeatClock
from edge.capture.wearable.decoders.heart_rate import (
    HEART_RATE_MEASUREMENT,
    HEART_RATE_SERVICE,
    decode_heart_rate,
)
from edge.capture.wearable.source import Wearable
from edge.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from edge.capture.wearable.options import HeartRateStrapOptions
    from edge.capture.wearable.radio import Radio
    from edge.clock import Clock
    from edge.signals import HeartBeats


class HeartRateStrap(Wearable):
    """RR intervals as `HeartBeats`; nothing while the strap says that it has no contact."""

    def __init__(self, name: str, options: HeartRateStrapOptions, *, clock: Clock, radio: Radio) -> None:
        super().__init__(name, options, service=HEART_RATE_SERVICE, clock=clock, radio=radio)
        self._beats = BeatClock(name)

    @property
    def counters(self) -> Mapping[str, int]:
        """Losses of the link, and intervals no heart can have."""
        return {**super().counters, "rejected_rr": self._beats.rejected}

    async def samples(self) -> AsyncIterator[HeartBeats]:
        """Connect and yield the beats of each packet."""
        async with self.link.open() as session:
            await session.subscribe(HEART_RATE_MEASUREMENT)
            self._beats.restart()
            async for packet in session.packets():
                try:
                    measured = decode_heart_rate(packet.payload)
                except DecodeError as error:
                    self._bad_packet(error)
                    continue
                self._good_packet()
                if measured.contact is False:
                    continue
                beats = self._beats.add(measured.rr_ms, arrival_s=packet.arrival_s)
                if beats is not None:
                    yield beats
