"""Video4Linux cameras through FFmpeg's own driver for them (PyAV)."""

from __future__ import annotations

import errno
import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from edge.capture.camera.source import Picture
from edge.errors import SourceError, SourceReason

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Generator

    from av.video.reformatter import VideoReformatter
    from numpy.typing import NDArray

    from edge.capture.camera.options import V4l2Options

SYSFS: Final = Path("/sys/class/video4linux")
_REASONS: Final = {
    errno.EACCES: (SourceReason.PERMISSION, "this user may not use {device} (group video)"),
    errno.EPERM: (SourceReason.PERMISSION, "this user may not use {device} (group video)"),
    errno.EBUSY: (SourceReason.BUSY, "another program uses {device}"),
    errno.ENOENT: (SourceReason.MISSING, "there is no {device}"),
    errno.ENXIO: (SourceReason.MISSING, "there is no {device}"),
    errno.ENODEV: (SourceReason.DISCONNECTED, "{device} was unplugged"),
    errno.ENOTTY: (SourceReason.UNSUPPORTED, "{device} is no camera"),
    errno.EINVAL: (SourceReason.UNSUPPORTED, "{device} takes no pictures of this kind"),
}


def find_device(name: str, pattern: str, *, sysfs: Path = SYSFS) -> str:
    """Path of the camera whose path or name this is; each camera's first node takes the pictures."""
    if pattern.startswith("/"):
        return pattern
    for node in sorted(sysfs.glob("video*"), key=lambda node: int(node.name.removeprefix("video"))):
        try:
            title = (node / "name").read_text().strip()
            is_first = (node / "index").read_text().strip() == "0"
        except OSError:
            continue
        if is_first and fnmatch.fnmatch(title.lower(), pattern.lower()):
            return f"/dev/{node.name}"
    raise SourceError(name, SourceReason.MISSING, f"no camera is named like {pattern}")


def pictures(
    name: str, options: V4l2Options, stop: threading.Event, is_due: Callable[[], bool]
) -> Generator[Picture, None, None]:
    """Yield each picture that is due, until `stop`."""
    import av
    from av.video.reformatter import VideoReformatter

    device = find_device(name, options.device)
    convert = VideoReformatter()
    has_begun = False
    try:
        with av.open(device, format="v4l2", options=_asked(options)) as container:
            packets: Any = container.demux(container.streams.video[0])
            packet: Any = None
            try:
                for packet in packets:
                    if stop.is_set():
                        return
                    has_begun = True
                    if is_due() and (rgb := _rgb(packet, convert)) is not None:
                        yield Picture(rgb)
            finally:
                # A packet lies in the driver's own memory and must be given back before that is closed.
                packet = None
                packets.close()
    except (OSError, av.error.FFmpegError) as error:
        # Drivers tell of an unplugged camera in many ways; one that gave pictures can give pictures.
        lost = (SourceReason.DISCONNECTED, "{device}: {error}")
        reason, detail = lost if has_begun else _REASONS.get(error.errno or 0, lost)
        raise SourceError(name, reason, detail.format(device=device, error=error.strerror)) from error
    raise SourceError(name, SourceReason.DISCONNECTED, f"{device} sends no more pictures")


def _asked(options: V4l2Options) -> dict[str, str]:
    asked = {"video_size": f"{options.width_px}x{options.height_px}", "framerate": str(options.rate_hz)}
    if options.format is not None:
        asked["input_format"] = options.format
    return asked


def _rgb(packet: Any, convert: VideoReformatter) -> NDArray[np.uint8] | None:
    # One converter for all frames: each frame's own would start threads of its own.
    for frame in packet.decode():
        return np.array(convert.reformat(frame, format="rgb24").to_ndarray(), np.uint8)
    return None
