"""MAX30102, a pulse oximeter (Maxim 19-7740): here its infrared light alone, for the pulse."""

from __future__ import annotations

import contextlib
import itertools
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.capture.chunker import Chunker
from edge.capture.i2c.bus import BLOCK_BYTES, Chip, open_chip
from edge.capture.pump import Pump
from edge.errors import SourceError, SourceReason
from edge.signals import PulseChunk

if TYPE_CHECKING:
    import threading
    from collections.abc import AsyncIterator, Callable, Generator, Mapping

    from edge.capture.i2c.options import Max30102Options
    from edge.clock import Clock

ADDRESS: Final = 0x57
PART_ID: Final = 0x15
POLL_S: Final = 0.1
POLL_SAMPLES: Final = 16
"""The chip stores 32; half of that leaves time for a late poll."""
FAULTS: Final = 5
RESET_TRIES: Final = 10

_FIFO_WRITE: Final = 0x04
_FIFO_DATA: Final = 0x07
_FIFO_CONFIG: Final = 0x08
_MODE: Final = 0x09
_OPTICS: Final = 0x0A
_INFRARED_CURRENT: Final = 0x0D
_SLOTS: Final = 0x11
_PART: Final = 0xFF

_RESET: Final = 0x40
_SHUT_DOWN: Final = 0x80
_ROLL_OVER: Final = 0x10
_SLOT_MODE: Final = 0x07
_FIRST_SLOT_INFRARED: Final = 0x02
_RANGE_4096_NA: Final = 0x20
_PULSE_411_US: Final = 0x03
_RATE_CODES: Final = {50: 0, 100: 1, 200: 2, 400: 3}
_MA_PER_STEP: Final = 0.2
_FIFO_DEPTH: Final = 32
_SAMPLE_BYTES: Final = 3
_FULL_SCALE: Final = 0x3FFFF


class Max30102:
    """Light that comes back, negated, so that the signal rises when blood flows in."""

    stale_after_s = 3.0

    def __init__(self, name: str, options: Max30102Options, *, clock: Clock) -> None:
        self.name = name
        self._options = options
        self._clock = clock
        self._pump = Pump(room=512)
        self._chunker = Chunker(options.rate_hz)
        self._faults = 0

    @property
    def counters(self) -> Mapping[str, int]:
        """Faults on the bus, samples lost in the chip, chunks that the street was too slow for."""
        return {
            "bus_faults": self._faults,
            "lost_samples": self._chunker.lost,
            "dropped_chunks": self._pump.dropped,
        }

    async def samples(self) -> AsyncIterator[PulseChunk]:
        """Switch the light on and read until closed, then switch it off."""
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
    ) -> Generator[PulseChunk, None, None]:
        """Sample on this thread until `stop`; `now_s` and `pause` are its notion of time."""
        with open_chip(self.name, bus=self._options.bus, address=ADDRESS) as chip:
            self._begin(chip, pause)
            self._chunker.restart()
            try:
                faults_in_a_row = 0
                while not stop.is_set():
                    pause(min(POLL_S, POLL_SAMPLES / self._options.rate_hz))
                    try:
                        light, lost = _read_fifo(chip)
                        faults_in_a_row = 0
                    except OSError:
                        self._faults += 1
                        faults_in_a_row += 1
                        if faults_in_a_row > FAULTS:
                            raise
                        continue
                    is_good = (light >= self._options.finger_above) & (light < _FULL_SCALE)
                    pulse = np.where(is_good, -light, np.nan)
                    chunk = (
                        self._chunker.add(pulse.tolist(), arrival_s=now_s(), lost=lost)
                        if len(light)
                        else None
                    )
                    if chunk is not None:
                        yield PulseChunk(self.name, chunk[0], self._options.rate_hz, chunk[1])
            finally:
                with contextlib.suppress(OSError):
                    chip.write(_MODE, _SHUT_DOWN)

    def _begin(self, chip: Chip, pause: Callable[[float], object]) -> None:
        if chip.read(_PART)[0] != PART_ID:
            raise SourceError(
                self.name, SourceReason.UNSUPPORTED, f"the chip at 0x{ADDRESS:02x} is no MAX30102"
            )
        chip.write(_MODE, _RESET)
        for tries in itertools.count():
            if not chip.read(_MODE)[0] & _RESET:
                break
            if tries == RESET_TRIES:
                raise SourceError(self.name, SourceReason.TIMEOUT, "the chip does not come out of its reset")
            pause(0.01)
        options = self._options
        chip.write(_FIFO_CONFIG, _ROLL_OVER)
        chip.write(_OPTICS, _RANGE_4096_NA | _RATE_CODES[options.rate_hz] << 2 | _PULSE_411_US)
        chip.write(_INFRARED_CURRENT, min(255, round(options.led_ma / _MA_PER_STEP)))
        chip.write(_SLOTS, _FIRST_SLOT_INFRARED)
        chip.write(_FIFO_WRITE, 0, 0, 0)
        chip.write(_MODE, _SLOT_MODE)


def _read_fifo(chip: Chip) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], int]:
    """Empty the chip's store: the light of each sample, and how many before them were overwritten."""
    write_at, overwritten, read_at = chip.read(_FIFO_WRITE, 3)
    waiting = (write_at - read_at) % _FIFO_DEPTH
    if overwritten:
        waiting = _FIFO_DEPTH
    raw = bytearray()
    while (left := waiting * _SAMPLE_BYTES - len(raw)) > 0:
        whole = BLOCK_BYTES // _SAMPLE_BYTES * _SAMPLE_BYTES
        raw += chip.read(_FIFO_DATA, min(left, whole))
    light = [
        int.from_bytes(raw[i : i + _SAMPLE_BYTES], "big") & _FULL_SCALE
        for i in range(0, len(raw), _SAMPLE_BYTES)
    ]
    return np.array(light, np.float64), overwritten
