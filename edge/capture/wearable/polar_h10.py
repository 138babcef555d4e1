"""Polar H10: one ECG lead over Polar Measurement Data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from edge.capture.timebase import RateEstimate, TimeBase
from edge.capture.wearable.decoders.polar import (
    PMD_CONTROL,
    PMD_DATA,
    PMD_SERVICE,
    ControlResponse,
    Measurement,
    Opcode,
    Setting,
    Status,
    command,
    decode_ecg,
    decode_features,
    decode_response,
    decode_settings,
    is_stream_stopped,
)
from edge.capture.wearable.source import Wearable
from edge.errors import DecodeError, SourceError, SourceReason
from edge.signals import EcgChunk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from edge.capture.wearable.link import Packet, Session
    from edge.capture.wearable.options import PolarH10Options
    from edge.capture.wearable.radio import Radio
    from edge.clock import Clock

NOMINAL_HZ: Final = 130.0
_REFUSALS: Final[dict[int, tuple[SourceReason, str]]] = {
    Status.MTU_TOO_SMALL: (
        SourceReason.UNSUPPORTED,
        "needs larger packets than this Bluetooth adapter sends",
    ),
    Status.IN_CHARGER: (SourceReason.BUSY, "is being charged"),
}


class PolarH10(Wearable):
    """ECG in millivolts; its rate is measured from the sensor's timestamps."""

    def __init__(self, name: str, options: PolarH10Options, *, clock: Clock, radio: Radio) -> None:
        super().__init__(name, options, service=PMD_SERVICE, clock=clock, radio=radio)
        self._base = TimeBase()
        self._rate = RateEstimate(nominal_hz=NOMINAL_HZ)

    @property
    def counters(self) -> Mapping[str, int]:
        """Losses of the link, packets seen before, and jumps of the sensor's clock."""
        return {
            **super().counters,
            "repeated_packets": self._base.repeats,
            "clock_jumps": self._base.jumps,
        }

    async def samples(self) -> AsyncIterator[EcgChunk]:
        """Connect, shake hands and yield the ECG of each frame."""
        async with self.link.open() as session:
            await self._start(session)
            async for packet in session.packets():
                try:
                    chunk = self._chunk(packet)
                except DecodeError as error:
                    self._bad_packet(error)
                    continue
                self._good_packet()
                if chunk is not None:
                    yield chunk

    def _chunk(self, packet: Packet) -> EcgChunk | None:
        frame = decode_ecg(packet.payload)
        count = len(frame.ecg_uv)
        sensor_s = frame.last_ns * 1e-9
        span_s = count / self._rate.rate_hz
        last_s = self._base.map(sensor_s, arrival_s=packet.arrival_s, span_s=span_s)
        if last_s is None:
            return None
        rate_hz = self._rate.add(sensor_s, samples=count)
        ecg_mv = np.where(frame.contact, frame.ecg_uv / 1000, np.nan)
        return EcgChunk(self.name, last_s - (count - 1) / rate_hz, rate_hz, ecg_mv)

    async def _start(self, session: Session) -> None:
        """Ask what it offers, choose, start; a stream left over from before is stopped first."""
        try:
            if Measurement.ECG not in decode_features(await session.read(PMD_CONTROL)):
                raise SourceError(self.name, SourceReason.UNSUPPORTED, "offers no ECG")
            await session.listen(PMD_CONTROL, ends_stream=is_stream_stopped)
            await session.subscribe(PMD_DATA)
            offered = await self._ask(session, Opcode.GET_SETTINGS)
            self._refuse(offered)
            chosen = _choose(decode_settings(offered.parameters))
        except DecodeError as error:
            raise SourceError(self.name, SourceReason.PROTOCOL, f"does not speak PMD ({error})") from error
        started = await self._ask(session, Opcode.START, chosen)
        if started.status == Status.ALREADY_IN_STATE:
            await self._ask(session, Opcode.STOP)
            started = await self._ask(session, Opcode.START, chosen)
        self._refuse(started)

    async def _ask(
        self, session: Session, opcode: Opcode, settings: Mapping[Setting, int] | None = None
    ) -> ControlResponse:
        def answer(payload: bytes) -> ControlResponse | None:
            try:
                response = decode_response(payload)
            except DecodeError:
                return None
            return response if response.opcode == opcode else None

        return await session.ask(PMD_CONTROL, command(opcode, Measurement.ECG, settings), answer)

    def _refuse(self, response: ControlResponse) -> None:
        if response.status == Status.OK:
            return
        unknown = (SourceReason.PROTOCOL, f"refuses command {response.opcode} with status {response.status}")
        reason, detail = _REFUSALS.get(response.status, unknown)
        raise SourceError(self.name, reason, detail)


def _choose(offered: Mapping[Setting, tuple[float, ...]]) -> dict[Setting, int]:
    """Take the rate nearest to the nominal one and the best of all else; the factor is never sent back."""
    chosen: dict[Setting, int] = {}
    for setting, values in offered.items():
        if setting is Setting.SAMPLE_RATE and values:
            chosen[setting] = int(min(values, key=lambda rate: abs(rate - NOMINAL_HZ)))
        elif setting not in (Setting.FACTOR, Setting.SECURITY) and values:
            chosen[setting] = int(max(values))
    return chosen
