"""From a sensor's own clock to the street's, and the sensor's true sampling rate."""

from __future__ import annotations

from collections import deque
from typing import Final

JUMP_S: Final = 2.0
"""A sensor's clock that runs further ahead or back than this has been set or has started over."""
STEP_S: Final = 0.25
"""A steady delay beyond this means lost samples, not drift, and is put right at once."""
WINDOW_S: Final = 10.0
SLEW: Final = 0.001
"""Drift is followed at most this fast, so that an interval of 1 s is never off by more than 1 ms."""


class TimeBase:
    """Maps sensor seconds to street seconds by the first arrival and by differences from there.

    A sample cannot arrive before it is taken, and the radio only ever adds delay: of each ten
    seconds the packet with the least delay tells how the two clocks have drifted apart.
    """

    def __init__(self) -> None:
        self._offset_s: float | None = None
        self._last_sensor_s = 0.0
        self._last_street_s = float("-inf")
        self._window_start_s = 0.0
        self._least_delay_s = float("inf")
        self._drift_s = 0.0
        self.jumps = 0
        self.repeats = 0

    def restart(self) -> None:
        """Forget the sensor's clock, because it counts from a new beginning."""
        self._offset_s = None

    def map(self, sensor_s: float, *, arrival_s: float, span_s: float = 0.0) -> float | None:
        """Street second of `sensor_s`, the end of a packet that spans `span_s`.

        Never earlier than the last; None for a packet seen before. However the sensor's clock
        jumps, a packet never reaches back into the one before it.
        """
        if self._offset_s is None:
            self._anchor(sensor_s, arrival_s, span_s)
        elif self._last_sensor_s - JUMP_S <= sensor_s <= self._last_sensor_s:
            self.repeats += 1
            return None
        else:
            self._follow(sensor_s, arrival_s, span_s)
        self._last_sensor_s = sensor_s
        assert self._offset_s is not None  # noqa: S101  (set by _anchor)
        self._last_street_s = max(self._last_street_s, sensor_s + self._offset_s)
        return self._last_street_s

    def _anchor(self, sensor_s: float, arrival_s: float, span_s: float) -> None:
        self._offset_s = max(arrival_s, self._last_street_s + span_s) - sensor_s
        self._window_start_s = sensor_s
        self._least_delay_s = float("inf")
        self._drift_s = 0.0

    def _follow(self, sensor_s: float, arrival_s: float, span_s: float) -> None:
        assert self._offset_s is not None  # noqa: S101  (set by _anchor)
        delay_s = arrival_s - (sensor_s + self._offset_s)
        if sensor_s < self._last_sensor_s or delay_s < -JUMP_S:
            self.jumps += 1
            self._anchor(sensor_s, arrival_s, span_s)
            return
        most_s = SLEW * (sensor_s - self._last_sensor_s)
        slew_s = max(-most_s, min(most_s, self._drift_s))
        self._offset_s += slew_s
        self._drift_s -= slew_s
        self._least_delay_s = min(self._least_delay_s, delay_s - slew_s)
        if sensor_s - self._window_start_s < WINDOW_S:
            return
        if self._least_delay_s > STEP_S:
            self.jumps += 1
            self._offset_s += self._least_delay_s
            self._drift_s = 0.0
        else:
            self._drift_s = self._least_delay_s
        self._window_start_s = sensor_s
        self._least_delay_s = float("inf")


class RateEstimate:
    """Sampling rate from the sensor's own timestamps of its last `frames` frames.

    A frame that comes too late or too early by half its length betrays lost frames or a clock
    that was set, and the measuring starts over; so does nothing else.
    """

    def __init__(self, *, nominal_hz: float, frames: int = 120, tolerance: float = 0.1) -> None:
        self._nominal_hz = nominal_hz
        self._tolerance = tolerance
        self._frames: deque[tuple[float, int]] = deque(maxlen=frames)
        self.rate_hz = nominal_hz

    def add(self, last_s: float, *, samples: int) -> float:
        """Take the time of a frame's last sample and its number of samples; give the rate."""
        if self._frames:
            elapsed_s = last_s - self._frames[-1][0]
            expected_s = samples / self._nominal_hz
            if abs(elapsed_s - expected_s) > expected_s / 2:
                self._frames.clear()
        self._frames.append((last_s, samples))
        elapsed_s = last_s - self._frames[0][0]
        counted = sum(n for _, n in self._frames) - self._frames[0][1]
        if counted and elapsed_s > 0:
            rate_hz = counted / elapsed_s
            if abs(rate_hz / self._nominal_hz - 1) <= self._tolerance:
                self.rate_hz = rate_hz
        return self.rate_hz
