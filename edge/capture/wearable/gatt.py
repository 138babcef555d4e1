"""Any peripheral that a profile describes: an ESP32, an Arduino, a lab's own band."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.capture.chunker import Chunker
from edge.capture.wearable.beats import BeatClock
from edge.capture.wearable.decoders.gatt import GattSignal, counter_length, decode_counter, decode_values
from edge.capture.wearable.source import Wearable
from edge.errors import DecodeError
from edge.signals import EcgChunk, HeartBeats, SkinConductance

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from edge.capture.wearable.link import Packet
    from edge.capture.wearable.options import GattOptions
    from edge.capture.wearable.radio import Radio
    from edge.clock import Clock


class GenericGatt(Wearable):
    """Skin conductance, ECG or RR intervals, as the profile says."""

    def __init__(self, name: str, options: GattOptions, *, clock: Clock, radio: Radio) -> None:
        super().__init__(name, options, service=options.profile.service, clock=clock, radio=radio)
        self._readers = {
            signal.characteristic: _BeatReader(name, signal)
            if signal.rate_hz is None
            else _WaveReader(name, signal, signal.rate_hz)
            for signal in options.profile.signals
        }

    @property
    def counters(self) -> Mapping[str, int]:
        """Losses of the link, and packets missing from the peripheral's count."""
        lost = sum(reader.lost_packets for reader in self._readers.values())
        return {**super().counters, "lost_packets": lost}

    async def samples(self) -> AsyncIterator[EcgChunk | HeartBeats | SkinConductance]:
        """Connect, subscribe to every signal and yield what comes."""
        async with self.link.open() as session:
            for characteristic, reader in self._readers.items():
                await session.subscribe(characteristic)
                reader.restart()
            async for packet in session.packets():
                try:
                    sample = self._readers[packet.characteristic].read(packet)
                except DecodeError as error:
                    self._bad_packet(error)
                    continue
                self._good_packet()
                if sample is not None:
                    yield sample


class _BeatReader:
    lost_packets = 0

    def __init__(self, source: str, signal: GattSignal) -> None:
        self._signal = signal
        self._beats = BeatClock(source)

    def restart(self) -> None:
        self._beats.restart()

    def read(self, packet: Packet) -> HeartBeats | None:
        return self._beats.add(
            decode_values(packet.payload, self._signal).tolist(), arrival_s=packet.arrival_s
        )


class _WaveReader:
    def __init__(self, source: str, signal: GattSignal, rate_hz: float) -> None:
        self._source = source
        self._signal = signal
        self._rate_hz = rate_hz
        self._chunker = Chunker(rate_hz)
        self._counter: int | None = None
        self.lost_packets = 0

    def restart(self) -> None:
        self._counter = None
        self._chunker.restart()

    def read(self, packet: Packet) -> EcgChunk | SkinConductance | None:
        values = decode_values(packet.payload, self._signal)
        counter = decode_counter(packet.payload, self._signal)
        lost = 0
        if counter is not None and self._counter is not None:
            length = counter_length(self._signal)
            lost = (counter - self._counter - 1) % length
            if lost == length - 1:
                return None
        self._counter = counter
        self.lost_packets += lost
        chunk = self._chunker.add(values.tolist(), arrival_s=packet.arrival_s, lost=lost * len(values))
        if chunk is None:
            return None
        make = EcgChunk if self._signal.measures == "ecg" else SkinConductance
        return make(self._source, chunk[0], self._rate_hz, chunk[1])
