"""BITalino (r)evolution BLE: ECG and skin conductance in one box."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

from edge.capture.chunker import Chunker
from edge.capture.wearable.decoders import bitalino as box
from edge.capture.wearable.source import Wearable
from edge.errors import DecodeError, SourceError
from edge.signals import EcgChunk, SkinConductance

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from edge.capture.wearable.options import BitalinoOptions
    from edge.capture.wearable.radio import Radio
    from edge.clock import Clock

STOP_S: Final = 1.0


class Bitalino(Wearable):
    """`EcgChunk` and `SkinConductance`, as the options say which input carries which."""

    def __init__(self, name: str, options: BitalinoOptions, *, clock: Clock, radio: Radio) -> None:
        super().__init__(name, options, service=box.BITALINO_SERVICE, clock=clock, radio=radio)
        self._rate_hz = options.rate_hz
        self._ecg, self._eda = options.ecg, options.eda
        self._channels = sorted(channel for channel in (options.ecg, options.eda) if channel)
        self._chunkers = {channel: Chunker(options.rate_hz) for channel in self._channels}

    @property
    def counters(self) -> Mapping[str, int]:
        """Losses of the link, and samples missing from the count."""
        lost = max(chunker.lost for chunker in self._chunkers.values())
        return {**super().counters, "lost_samples": lost}

    async def samples(self) -> AsyncIterator[EcgChunk | SkinConductance]:
        """Connect, start the acquisition and yield both signals in chunks."""
        async with self.link.open() as session:
            await session.subscribe(box.BITALINO_FRAMES)
            await session.write(box.BITALINO_COMMAND, box.STOP)
            await session.write(box.BITALINO_COMMAND, box.set_rate(self._rate_hz))
            await session.write(box.BITALINO_COMMAND, box.start(self._channels))
            for chunker in self._chunkers.values():
                chunker.restart()
            sequence: int | None = None
            try:
                async for packet in session.packets():
                    try:
                        frames = box.decode_frames(packet.payload, channels=len(self._channels))
                    except DecodeError as error:
                        self._bad_packet(error)
                        continue
                    self._good_packet()
                    for frame in frames:
                        lost = (
                            (frame.sequence - sequence - 1) % box.SEQUENCE_LENGTH
                            if sequence is not None
                            else 0
                        )
                        sequence = frame.sequence
                        for sample in self._take(frame, arrival_s=packet.arrival_s, lost=lost):
                            yield sample
            finally:
                with contextlib.suppress(SourceError, TimeoutError):
                    async with asyncio.timeout(STOP_S):
                        await session.write(box.BITALINO_COMMAND, box.STOP)

    def _take(self, frame: box.Frame, *, arrival_s: float, lost: int) -> Iterator[EcgChunk | SkinConductance]:
        for position, (channel, adc) in enumerate(zip(self._channels, frame.adc, strict=True)):
            bits = box.adc_bits(position)
            is_ecg = channel == self._ecg
            value = box.ecg_mv(adc, bits=bits) if is_ecg else box.skin_conductance_us(adc, bits=bits)
            chunk = self._chunkers[channel].add((value,), arrival_s=arrival_s, lost=lost)
            if chunk is not None:
                make = EcgChunk if is_ecg else SkinConductance
                yield make(self.name, chunk[0], self._rate_hz, chunk[1])
