"""Options of each kind of camera in the config, told apart by `kind`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from edge.options import Options


class CameraOptions(Options):
    """What all cameras share."""

    width_px: int = Field(default=640, ge=160, le=4096)
    height_px: int = Field(default=480, ge=120, le=4096)
    rate_hz: float = Field(default=10.0, gt=0, le=60)
    """Pictures a second at the most."""
    rotation: Literal[0, 90, 180, 270] = 0
    """Turn each picture clockwise by so many degrees."""


class Picamera2Options(CameraOptions):
    """A camera module on the Raspberry Pi's ribbon cable."""

    kind: Literal["picamera2"]
    camera: int | str = 0
    """Number of the camera, or a part of its model or id, such as `imx708`."""
    exposure_us: int | None = Field(default=None, ge=1, le=1_000_000)
    """Fixed exposure; automatic when unset."""
    gain: float | None = Field(default=None, ge=1, le=64)
    """Fixed analogue gain; automatic when unset."""
    night: bool = False
    """Allow exposures of up to a quarter of a second, at the cost of the rate."""


class V4l2Options(CameraOptions):
    """A USB camera, or any other that Video4Linux knows."""

    kind: Literal["v4l2"]
    device: Annotated[str, Field(min_length=1)] = "/dev/video0"
    """Path, or a pattern for the camera's name such as `*C920*`, which also finds it again elsewhere."""
    format: Literal["mjpeg", "yuyv422"] | None = None
    """What the camera is asked to send; its own choice when unset."""


CameraKinds = Picamera2Options | V4l2Options
