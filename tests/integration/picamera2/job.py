"""Runs where libcamera has its virtual pipeline: our source on the real picamera2 (see .ci/picamera2).

job.py pictures     make the pictures that the virtual camera shows
job.py              open the camera twice through `kind: picamera2` and look at what it gives
"""

from __future__ import annotations

import asyncio
import sys
import types
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import numpy as np

COLOURS = ((200, 40, 40), (40, 40, 200))
"""Red on the left, blue on the right: a swap of channels or sides shows."""
PICTURES = 8


def main() -> None:
    if sys.argv[1:] == ["pictures"]:
        make_pictures()
        return
    stand_in()
    for _ in range(2):
        asyncio.run(look())


def make_pictures() -> None:
    from PIL import Image

    picture = np.zeros((480, 640, 3), np.uint8)
    picture[:, :320], picture[:, 320:] = COLOURS
    Path("frames").mkdir(exist_ok=True)
    for index in range(4):
        Image.fromarray(picture).save(f"frames/{index:03}.jpg", quality=95)


def stand_in() -> None:
    """Fill in what the virtual pipeline lacks: raw modes, DMA buffers, RGB."""
    pykms = types.ModuleType("pykms")
    pykms.PixelFormat = MagicMock()  # type: ignore[attr-defined]  # only for a preview on a screen
    sys.modules["pykms"] = pykms
    from picamera2 import Picamera2
    from picamera2.allocators import LibcameraAllocator
    from picamera2.request import CompletedRequest

    initialise, configuration = Picamera2.__init__, Picamera2.create_video_configuration
    make_array = CompletedRequest.make_array

    def init(self: Any, number: int) -> None:
        initialise(self, number)
        self.allocator = LibcameraAllocator(self.camera)

    def in_nv12(self: Any, main: dict[str, Any] | None = None, **rest: Any) -> Any:
        assert main is None or main["format"] == "BGR888"
        return configuration(self, main={**(main or {}), "format": "NV12"}, **rest)

    def as_rgb(self: Any, name: str) -> Any:
        planes = make_array(self, name).astype(np.float32)
        height = planes.shape[0] * 2 // 3
        luma = planes[:height]
        chroma = planes[height:].reshape(height // 2, -1, 2).repeat(2, axis=0).repeat(2, axis=1) - 128
        u, v = chroma[..., 0], chroma[..., 1]
        rgb = np.stack([luma + 1.402 * v, luma - 0.344 * u - 0.714 * v, luma + 1.772 * u], axis=2)
        return np.clip(rgb, 0, 255).astype(np.uint8)

    Picamera2.__init__ = init
    Picamera2._get_raw_modes = lambda _: [{"format": "SRGGB8", "size": (640, 480)}]
    Picamera2.create_video_configuration = in_nv12
    CompletedRequest.make_array = as_rgb


async def look() -> None:
    from edge.capture.camera import make_source
    from edge.capture.camera.options import Picamera2Options
    from edge.clock import RealClock

    clock = RealClock()
    options = Picamera2Options(kind="picamera2", camera="doorcam", rate_hz=10)
    source = make_source("door", options, clock=clock)
    samples = source.samples()
    began_s, frames = clock.now_s(), []
    async for frame in samples:
        frames.append(frame)
        if len(frames) == PICTURES:
            break
    took_s = clock.now_s() - began_s
    await samples.aclose()  # type: ignore[attr-defined]
    gaps_s = np.diff([frame.taken_s for frame in frames])
    left, right = (
        frames[-1].rgb[200:280, columns].mean(axis=(0, 1)) for columns in (slice(40, 280), slice(360, 600))
    )
    shape = frames[-1].rgb.shape
    print(f"{len(frames)} pictures of {shape} in {took_s:.1f} s, {left.round()} | {right.round()}")  # noqa: T201
    assert frames[-1].rgb.shape == (480, 640, 3)
    assert gaps_s.min() > 0.05, gaps_s
    for found, wanted in zip((left, right), COLOURS, strict=True):
        assert np.abs(found - wanted).max() < 25, (found, wanted)


if __name__ == "__main__":
    main()
