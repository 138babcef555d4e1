"""The mute switch and the indicator light."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from edge.options import Options


class LineOptions(Options):
    """One GPIO line."""

    chip: str = "/dev/gpiochip0"
    """The GPIO controller; `gpiodetect` lists them."""
    line: Annotated[int, Field(ge=0, le=511)]
    """Offset of the line on the controller; on a Raspberry Pi the BCM number."""
    active_low: bool = False
    """Whether a low level means on."""


class MuteOptions(Options):
    """What at the housing mutes and shows; both need the extra `gpio`."""

    switch: LineOptions | None = None
    """Active: sensing is allowed. All else mutes, a broken wire included: use a pull resistor."""
    indicator: LineOptions | None = None
    """Active while any sensor's device is open."""
