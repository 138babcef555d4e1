"""ADS1115, a 16-bit converter with four inputs (Texas Instruments, SBAS444D)."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.capture.i2c.bus import Chip, open_chip
from edge.capture.i2c.options import RANGES_V
from edge.capture.pump import Pump
from edge.errors import SourceError, SourceReason
from edge.signals import EcgChunk, SkinConductance

if TYPE_CHECKING:
    import threading
    from collections.abc import AsyncIterator, Callable, Generator, Mapping

    from edge.capture.i2c.options import Ads1115Input, Ads1115Options
    from edge.clock import Clock

CHUNK_S: Final = 0.2
FAULTS_S: Final = 0.5
"""Single faults on the bus give NaN; so many seconds of nothing else mean that the chip is gone."""

LATE_S: Final = 5.0
"""Shorter hold-ups are filled with NaN."""

_CONVERSION: Final = 0x00
_CONFIG: Final = 0x01
_START_SINGLE_SHOT: Final = 0x8100
_COMPARATOR_OFF: Final = 0x0003
_FULL_SCALE: Final = 32_768
_DATA_RATES_HZ: Final = (8, 16, 32, 64, 128, 250, 475, 860)
_SLOWEST: Final = 1.12
"""The chip's own clock may run a tenth slow."""


class Ads1115:
    """Samples its inputs one after the other on a fixed grid of time."""

    stale_after_s = 3.0

    def __init__(self, name: str, options: Ads1115Options, *, clock: Clock) -> None:
        self.name = name
        self._options = options
        self._clock = clock
        self._pump = Pump(room=512)
        self._faults = 0
        self._late = 0

    @property
    def counters(self) -> Mapping[str, int]:
        """Faults on the bus, instants that came too late, chunks that the street was too slow for."""
        return {"bus_faults": self._faults, "late_samples": self._late, "dropped_chunks": self._pump.dropped}

    async def samples(self) -> AsyncIterator[EcgChunk | SkinConductance]:
        """Open the bus and sample until closed."""
        pumped = self._pump.run(
            self.name, lambda stop: self.sample(stop, now_s=self._clock.now_s, pause=stop.wait)
        )
        try:
            async for chunk in pumped:
                yield chunk
        finally:
            await pumped.aclose()

    def sample(
        self, stop: threading.Event, *, now_s: Callable[[], float], pause: Callable[[float], object]
    ) -> Generator[EcgChunk | SkinConductance, None, None]:
        """Sample on this thread until `stop`; `now_s` and `pause` are its notion of time."""
        options = self._options
        fastest_hz = max(one.rate_hz for one in options.inputs)
        data_rate = _data_rate(fastest_hz * len(options.inputs))
        faults_in_a_row = 0
        with open_chip(self.name, bus=options.bus, address=options.address) as chip:
            chip.read(_CONFIG, 2)
            start_s = now_s()
            gathered = [_Gathered(self.name, one, start_s=start_s) for one in options.inputs]
            for instant in itertools.count():
                early_s = start_s + instant / fastest_hz - now_s()
                if early_s < -LATE_S:
                    raise SourceError(self.name, SourceReason.TIMEOUT, f"was held up for {-early_s:.0f} s")
                is_late = early_s < -1 / fastest_hz
                pause(max(0.0, early_s))
                if stop.is_set():
                    return
                for one in gathered:
                    if instant % round(fastest_hz / one.options.rate_hz):
                        continue
                    volts = float("nan")
                    if is_late:
                        self._late += 1
                    else:
                        try:
                            volts = _convert(
                                chip, one.options, range_v=options.range_v, data_rate=data_rate, pause=pause
                            )
                            faults_in_a_row = 0
                        except OSError:
                            self._faults += 1
                            faults_in_a_row += 1
                            if faults_in_a_row > FAULTS_S * fastest_hz:
                                raise
                    if (chunk := one.add(volts)) is not None:
                        yield chunk


class _Gathered:
    """What one input has given since its last chunk."""

    def __init__(self, source: str, options: Ads1115Input, *, start_s: float) -> None:
        self.options = options
        self._source = source
        self._start_s = start_s
        self._full = max(1, round(options.rate_hz * CHUNK_S))
        self._count = 0
        self._volts: list[float] = []

    def add(self, volts: float) -> EcgChunk | SkinConductance | None:
        self._volts.append(volts)
        if len(self._volts) < self._full:
            return None
        volts_gathered = np.array(self._volts)
        values = self.options.scaling.apply(volts_gathered)
        if self.options.valid_v is not None:
            low_v, high_v = self.options.valid_v
            values = np.where((volts_gathered >= low_v) & (volts_gathered <= high_v), values, np.nan)
        start_s = self._start_s + self._count / self.options.rate_hz
        self._count += len(self._volts)
        self._volts.clear()
        make = EcgChunk if self.options.measures == "ecg" else SkinConductance
        return make(self._source, start_s, self.options.rate_hz, values)


def _data_rate(conversions_hz: float) -> int:
    """Code of the slowest, and so the quietest, data rate that leaves half the time free."""
    for code, rate_hz in enumerate(_DATA_RATES_HZ):
        if rate_hz >= 2 * conversions_hz:
            return code
    return len(_DATA_RATES_HZ) - 1


def _convert(
    chip: Chip, one: Ads1115Input, *, range_v: float, data_rate: int, pause: Callable[[float], object]
) -> float:
    """Convert one input once and give its voltage; NaN at the end of the range."""
    input_code = 4 + int(one.input[1])
    config = (
        _START_SINGLE_SHOT
        | input_code << 12
        | RANGES_V.index(range_v) << 9
        | data_rate << 5
        | _COMPARATOR_OFF
    )
    chip.write(_CONFIG, config >> 8, config & 0xFF)
    pause(_SLOWEST / _DATA_RATES_HZ[data_rate])
    raw = int.from_bytes(chip.read(_CONVERSION, 2), "big", signed=True)
    return raw / _FULL_SCALE * range_v if abs(raw) < _FULL_SCALE - 1 else float("nan")
