"""Pictures of any camera as samples: the newest only, turned upright."""

from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from edge.capture.pump import Pump
from edge.clock import EARLY, Pace
from edge.signals import VideoFrame

if TYPE_CHECKING:
    import threading
    from collections.abc import AsyncIterator, Callable, Generator, Mapping

    from numpy.typing import NDArray

    from edge.capture.camera.options import CameraOptions
    from edge.clock import Clock


class Picture(NamedTuple):
    """What a backend gives: the picture, and a smaller one where the camera makes both."""

    rgb: NDArray[np.uint8]
    small: NDArray[np.uint8] | None = None


class Camera:
    """Runs a backend's `pictures` on a thread and passes on at most `rate_hz` of them a second.

    A backend asks whether a picture is due before it converts one; one that nobody will look at is not.
    """

    def __init__(
        self,
        name: str,
        options: CameraOptions,
        *,
        clock: Clock,
        pictures: Callable[[threading.Event, Callable[[], bool]], Generator[Picture, None, None]],
        looks_hz: float = math.inf,
    ) -> None:
        self.name = name
        self.stale_after_s = max(3.0, 5 / min(options.rate_hz, looks_hz))
        self._period_s = 1 / options.rate_hz
        self._quarter_turns = options.rotation // 90
        self._clock = clock
        self._pictures = pictures
        self._looks = Pace(looks_hz)
        self._pump = Pump(room=1)
        self._due_s = self._taken_s = 0.0

    @property
    def counters(self) -> Mapping[str, int]:
        """Pictures that were overtaken by a newer one."""
        return {"dropped_frames": self._pump.dropped}

    async def samples(self) -> AsyncIterator[VideoFrame]:
        """Open the camera and yield pictures until closed."""
        pumped = self._pump.run(self.name, self._frames)
        try:
            async for frame in pumped:
                yield frame
        finally:
            await pumped.aclose()

    def _frames(self, stop: threading.Event) -> Generator[VideoFrame, None, None]:
        self._due_s = self._taken_s = self._clock.now_s()
        self._looks.reset()
        with contextlib.closing(self._pictures(stop, self._is_due)) as pictures:
            for picture in pictures:
                small = None if picture.small is None else self._upright(picture.small)
                yield VideoFrame(self.name, self._taken_s, self._upright(picture.rgb), small)

    def _upright(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return np.ascontiguousarray(np.rot90(picture, -self._quarter_turns))

    def _is_due(self) -> bool:
        self._taken_s = self._clock.now_s()
        earliest_s = self._due_s - EARLY * self._period_s
        if self._taken_s < earliest_s:
            return False
        self._due_s = max(self._due_s, self._taken_s - EARLY * self._period_s) + self._period_s
        return self._looks.is_due(self._taken_s)
