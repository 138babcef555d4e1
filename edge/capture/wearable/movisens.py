"""movisens EdaMove: skin conductance level once a minute."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edge.capture.wearable.decoders.movisens import EDA_SERVICE, SCL_INTERVAL_S, SCL_MEAN, decode_scl_mean
from edge.capture.wearable.source import Wearable
from edge.errors import DecodeError
from edge.signals import SkinConductance

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from edge.capture.wearable.options import MovisensOptions
    from edge.capture.wearable.radio import Radio
    from edge.clock import Clock


class Movisens(Wearable):
    """The tonic level only; too slow for responses."""

    def __init__(self, name: str, options: MovisensOptions, *, clock: Clock, radio: Radio) -> None:
        super().__init__(name, options, service=EDA_SERVICE, clock=clock, radio=radio)

    async def samples(self) -> AsyncIterator[SkinConductance]:
        """Connect and yield the mean of each minute as one sample that spans it."""
        async with self.link.open() as session:
            await session.subscribe(SCL_MEAN)
            async for packet in session.packets():
                try:
                    level_us = decode_scl_mean(packet.payload)
                except DecodeError as error:
                    self._bad_packet(error)
                    continue
                self._good_packet()
                start_s = packet.arrival_s - SCL_INTERVAL_S
                yield SkinConductance(self.name, start_s, 1 / SCL_INTERVAL_S, np.array([level_us]))
