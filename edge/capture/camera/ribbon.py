"""Raspberry Pi camera modules through picamera2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from edge.errors import SourceError, SourceReason

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Generator

    from numpy.typing import NDArray

    from edge.capture.camera.options import Picamera2Options

PICTURE_TIMEOUT_S: Final = 3.0
NIGHT_EXPOSURE_US: Final = 250_000


def pictures(
    name: str, options: Picamera2Options, stop: threading.Event, is_due: Callable[[], bool]
) -> Generator[NDArray[np.uint8], None, None]:
    """Yield each picture that is due, until `stop`."""
    camera = _open(name, options.camera)
    try:
        _configure(name, camera, options)
        while not stop.is_set():
            try:
                request = camera.capture_request(wait=PICTURE_TIMEOUT_S)
            except TimeoutError as error:
                raise SourceError(name, SourceReason.TIMEOUT, "the camera takes no pictures") from error
            try:
                # The array is libcamera's own buffer, which goes back with the request.
                rgb = np.array(request.make_array("main"), np.uint8) if is_due() else None
            finally:
                request.release()
            if rgb is not None:
                yield rgb
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
    # What libcamera calls BGR888 lies in memory as red, green, blue.
    main = {"size": (options.width_px, options.height_px), "format": "BGR888"}
    try:
        camera.configure(
            camera.create_video_configuration(main=main, controls=_controls(options), buffer_count=4)
        )
        camera.start()
    except RuntimeError as error:
        raise SourceError(name, SourceReason.UNSUPPORTED, f"the camera refuses: {error}") from error


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
