"""Raspberry Pi camera modules through picamera2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from edge.capture.camera.source import Picture
from edge.errors import SourceError, SourceReason

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Generator, Mapping

    from edge.capture.camera.options import Picamera2Options

PICTURE_TIMEOUT_S: Final = 3.0
NIGHT_EXPOSURE_US: Final = 250_000
SMALL_PX: Final = 320
"""Longer side of the small picture."""


def pictures(
    name: str, options: Picamera2Options, stop: threading.Event, is_due: Callable[[], bool]
) -> Generator[Picture, None, None]:
    """Yield each picture that is due, until `stop`."""
    camera = _open(name, options.camera)
    convert = VideoReformatter()
    try:
        _configure(name, camera, options)
        while not stop.is_set():
            try:
                request = camera.capture_request(wait=PICTURE_TIMEOUT_S)
            except TimeoutError as error:
                raise SourceError(name, SourceReason.TIMEOUT, "the camera takes no pictures") from error
            try:
                picture = _taken(request, camera.camera_configuration(), convert) if is_due() else None
            finally:
                request.release()
            if picture is not None:
                yield picture
    finally:
        camera.close()


def _open(name: str, wanted: int | str) -> Any:
    try:
        from picamera2 import Picamera2
    except ImportError as error:
        detail = "picamera2 is not installed (Raspberry Pi OS: apt install python3-picamera2)"
        raise SourceError(name, SourceReason.NOT_INSTALLED, detail) from error
    try:
        return Picamera2(_number(name, wanted, Picamera2.global_camera_info()))
    except RuntimeError as error:
        raise SourceError(name, SourceReason.BUSY, f"the camera cannot be opened: {error}") from error


def _configure(name: str, camera: Any, options: Picamera2Options) -> None:
    size = options.width_px, options.height_px
    # What libcamera calls BGR888 lies in memory as red, green, blue. Before the Raspberry Pi 5 the second
    # stream can have no other format than this one.
    streams = {"main": {"size": size, "format": "BGR888"}}
    if max(size) > SMALL_PX:
        streams["lores"] = {"size": _small(size), "format": "YUV420"}
    try:
        camera.configure(
            camera.create_video_configuration(**streams, controls=_controls(options), buffer_count=4)
        )
        camera.start()
    except RuntimeError as error:
        raise SourceError(name, SourceReason.UNSUPPORTED, f"the camera refuses: {error}") from error


def _small(size: tuple[int, int]) -> tuple[int, int]:
    """As many pixels as finding faces takes, in the shape of the picture; YUV420 needs even sides."""
    width, height = (max(2, 2 * round(side * SMALL_PX / max(size) / 2)) for side in size)
    return width, height


def _taken(request: Any, streams: Mapping[str, Any], convert: VideoReformatter) -> Picture:
    """Copy the pictures out of libcamera's own buffers, which go back with the request."""
    rgb = np.array(request.make_array("main"), np.uint8)
    if not streams.get("lores"):
        return Picture(rgb)
    # Its rows are padded, those of the colours by half as much.
    planes = np.array(request.make_array("lores"), np.uint8)
    padded = convert.reformat(av.VideoFrame.from_ndarray(planes, "yuv420p"), format="rgb24").to_ndarray()
    width, _ = streams["lores"]["size"]
    return Picture(rgb, np.asarray(padded[:, :width], np.uint8))


def _number(name: str, wanted: int | str, present: list[dict[str, Any]]) -> int:
    for number, info in enumerate(present):
        named = f"{info.get('Model', '')} {info.get('Id', '')}".lower()
        if wanted == number or (isinstance(wanted, str) and wanted.lower() in named):
            return number
    detail = f"camera {wanted} is not there ({len(present)} found)"
    raise SourceError(name, SourceReason.MISSING, detail)


def _controls(options: Picamera2Options) -> dict[str, Any]:
    period_us = round(1e6 / options.rate_hz)
    longest_us = max(period_us, NIGHT_EXPOSURE_US) if options.night else period_us
    controls: dict[str, Any] = {"FrameDurationLimits": (period_us, longest_us)}
    if options.exposure_us is not None:
        controls["ExposureTime"] = options.exposure_us
    if options.gain is not None:
        controls["AnalogueGain"] = options.gain
    return controls
