"""What a device has that a config could name; nothing is opened to find out."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from edge.board import detect

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edge.board import Board, Probe

LIKELY_BROKERS: Final = ("localhost", "homeassistant.local")
PLAIN_PORT: Final = 1883
ENCRYPTED_PORT: Final = 8883
_ANSWER_WITHIN_S: Final = 1.0
_RIBBON: Final = ("unicam", "rp1-cfe")
"""Drivers of the Raspberry Pi's ribbon cable; libcamera makes pictures of what they give."""
_NO_CAMERA: Final = ("bcm2835-", "rpivid", "rpi-", "pispbe", "hantro", "mtk-")
"""Codecs and scalers that look like cameras to Video4Linux."""


@dataclass(frozen=True, slots=True)
class Found:
    """What is there.

    Attributes
    ----------
    board
        The board and its preset.
    ribbon_camera
        Whether a camera hangs on the Raspberry Pi's ribbon cable.
    usb_cameras
        Names of the other cameras, as a config's `device` finds them.
    microphone, bluetooth
        Whether there is any.
    """

    board: Board
    ribbon_camera: bool
    usb_cameras: tuple[str, ...]
    microphone: bool
    bluetooth: bool

    @property
    def camera(self) -> dict[str, object] | None:
        """The source of a config for the likeliest camera, None without any."""
        if self.ribbon_camera:
            return {"kind": "picamera2"}
        if self.usb_cameras:
            return {"kind": "v4l2", "device": self.usb_cameras[0]}
        return None


def look_around(probe: Probe) -> Found:
    """Find out by names of devices alone."""
    titles = list(_camera_titles(probe))
    usb = [title for title in titles if not title.startswith((*_RIBBON, *_NO_CAMERA))]
    return Found(
        board=detect(probe),
        ribbon_camera=any(title.startswith(_RIBBON) for title in titles),
        usb_cameras=tuple(dict.fromkeys(_as_pattern(title) for title in usb)),
        microphone=bool(probe.find("dev/snd/pcm*c")),
        bluetooth=bool(probe.find("sys/class/bluetooth/hci*")),
    )


def answers(host: str, port: int) -> bool:
    """Whether somebody takes a connection there within a second."""
    try:
        with socket.create_connection((host, port), timeout=_ANSWER_WITHIN_S):
            return True
    except (OSError, UnicodeError):  # UnicodeError: a host name that cannot be one
        return False


def node_name(host: str) -> str:
    """Make a host name one that topics may have."""
    return re.sub(r"[^a-z0-9_-]+", "-", host.partition(".")[0].lower()).strip("-")[:64] or "edge-affect"


def _camera_titles(probe: Probe) -> Iterable[str]:
    for node in probe.find("sys/class/video4linux/video*"):
        at = node.relative_to(probe.root)
        title = probe.text(f"{at}/name")
        if title and probe.text(f"{at}/index") in ("", "0"):
            yield title


def _as_pattern(title: str) -> str:
    """Match the camera by its name wherever it is plugged in, whatever its name has of wildcards."""
    return re.sub(r"[^A-Za-z0-9 ._-]+", "*", title)
