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
PADDING = 32
"""Bytes at the end of each row that belong to no picture."""


def main() -> None:
    if sys.argv[1:] == ["pictures"]:
        make_pictures()
        return
    stand_in()
    for rotation in (0, 180):
        asyncio.run(look(rotation=rotation))


def make_pictures() -> None:
    from PIL import Image

    picture = np.zeros((480, 640, 3), np.uint8)
    picture[:, :320], picture[:, 320:] = COLOURS
    Path("frames").mkdir(exist_ok=True)
    for index in range(4):
        Image.fromarray(picture).save(f"frames/{index:03}.jpg", quality=95)


def stand_in() -> None:
    """Fill in what the virtual pipeline lacks: raw modes, DMA buffers, and the formats of a Raspberry Pi.

    libcamera is asked for NV12 in their place, and each buffer is rewritten as the image processor would
    have written it, rows padded; everything that picamera2 does with a format is its own.
    """
    pykms = types.ModuleType("pykms")
    pykms.PixelFormat = MagicMock()  # type: ignore[attr-defined]  # only for a preview on a screen
    sys.modules["pykms"] = pykms
    from picamera2 import Picamera2
    from picamera2.allocators import LibcameraAllocator
    from picamera2.request import _MappedBuffer

    initialise, update = Picamera2.__init__, Picamera2._update_stream_config
    ask, mapped = Picamera2._update_libcamera_stream_config, _MappedBuffer.__enter__
    begin = _MappedBuffer.__init__

    def init(self: Any, number: int) -> None:
        initialise(self, number)
        self.allocator = LibcameraAllocator(self.camera)

    def ask_for_nv12(stream: Any, wanted: dict[str, Any], buffers: int) -> None:
        ask(stream, {**wanted, "format": "NV12"}, buffers)

    def told_as_asked(self: Any, wanted: dict[str, Any], stream: Any) -> None:
        pixels = wanted["format"]
        update(self, wanted, stream)
        width, _ = wanted["size"]
        wanted |= {"format": pixels, "stride": (3 * width if pixels == "BGR888" else width) + PADDING}
        assert pixels in {"BGR888", "YUV420"}, pixels

    def remember(self: Any, request: Any, stream: str, write: bool = True) -> None:
        begin(self, request, stream, write)
        self.config = request.config[stream]

    def rewritten(self: Any) -> Any:
        width, height = self.config["size"]
        nv12 = np.asarray(mapped(self), np.uint8)[: width * height * 3 // 2].astype(np.float32)
        luma = nv12[: width * height].reshape(height, width)
        chroma = nv12[width * height :].reshape(height // 2, width // 2, 2) - 128
        if self.config["format"] == "YUV420":
            planes = [16 + luma * 219 / 255, *(128 + chroma * 224 / 255).transpose(2, 0, 1)]
            return np.concatenate([padded(plane, PADDING * plane.shape[1] // width) for plane in planes])
        u, v = chroma.repeat(2, axis=0).repeat(2, axis=1).transpose(2, 0, 1)
        rgb = np.stack([luma + 1.402 * v, luma - 0.344 * u - 0.714 * v, luma + 1.772 * u], axis=2)
        return padded(rgb.reshape(height, -1), PADDING)

    Picamera2.__init__ = init
    Picamera2._get_raw_modes = lambda _: [{"format": "SRGGB8", "size": (640, 480)}]
    Picamera2._update_libcamera_stream_config = staticmethod(ask_for_nv12)
    Picamera2._update_stream_config = told_as_asked
    _MappedBuffer.__init__ = remember
    _MappedBuffer.__enter__ = rewritten


def padded(rows: Any, padding: int) -> Any:
    return np.pad(np.clip(rows.round(), 0, 255).astype(np.uint8), ((0, 0), (0, padding))).ravel()


async def look(*, rotation: int) -> None:
    from edge.capture.camera import make_source
    from edge.capture.camera.options import Picamera2Options
    from edge.clock import RealClock

    clock = RealClock()
    options = Picamera2Options(kind="picamera2", camera="doorcam", rate_hz=10, rotation=rotation)
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
    print(f"{len(frames)} pictures in {took_s:.1f} s, turned by {rotation} degrees")  # noqa: T201
    assert gaps_s.min() > 0.05, gaps_s
    for picture, shape in ((frames[-1].rgb, (480, 640, 3)), (frames[-1].small, (240, 320, 3))):
        assert picture.shape == shape
        far = shape[1] // 16
        halves = np.split(picture[far:-far], [shape[1] // 2 - far, shape[1] // 2 + far], axis=1)
        left, right = (half[:, far:-far].mean(axis=(0, 1)) for half in (halves[0], halves[2]))
        print(f"  {shape}: {left.round()} | {right.round()}")  # noqa: T201
        for found, wanted in zip((left, right), COLOURS[:: -1 if rotation else 1], strict=True):
            assert np.abs(found - wanted).max() < 25, (found, wanted)


if __name__ == "__main__":
    main()
