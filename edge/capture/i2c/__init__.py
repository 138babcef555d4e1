"""Sensors on the board's own I2C bus, through smbus2."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.capture.i2c.options import Ads1115Options, I2cKinds

if TYPE_CHECKING:
    from edge.capture.source import Source
    from edge.clock import Clock


def make_source(name: str, options: I2cKinds, *, clock: Clock) -> Source:
    """Make the source of an I2C sensor."""
    if isinstance(options, Ads1115Options):
        from edge.capture.i2c.ads1115 import Ads1115

        return Ads1115(name, options, clock=clock)
    from edge.capture.i2c.max30102 import Max30102

    return Max30102(name, options, clock=clock)
