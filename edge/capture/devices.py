"""The one place that knows which source serves which kind of device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.capture.i2c import options as i2c
from edge.capture.wearable import options as wearable

if TYPE_CHECKING:
    from edge.capture.source import Source
    from edge.capture.wearable.radio import Radio
    from edge.clock import Clock

DeviceOptions = wearable.WearableKinds | i2c.I2cKinds
"""Options of every kind of device, for a union discriminated by `kind`."""


def open_device(name: str, options: DeviceOptions, *, clock: Clock, radio: Radio) -> Source:
    """Make the source of a device; all wearables share one `radio`. Nothing is opened yet."""
    match options:
        case i2c.Ads1115Options():
            from edge.capture.i2c.ads1115 import Ads1115

            return Ads1115(name, options, clock=clock)
        case i2c.Max30102Options():
            from edge.capture.i2c.max30102 import Max30102

            return Max30102(name, options, clock=clock)
    return _open_wearable(name, options, clock=clock, radio=radio)


def _open_wearable(name: str, options: wearable.WearableKinds, *, clock: Clock, radio: Radio) -> Source:
    from edge.capture.wearable import bitalino, gatt, heart_rate_strap, movisens, polar_h10

    match options:
        case wearable.HeartRateStrapOptions():
            return heart_rate_strap.HeartRateStrap(name, options, clock=clock, radio=radio)
        case wearable.PolarH10Options():
            return polar_h10.PolarH10(name, options, clock=clock, radio=radio)
        case wearable.BitalinoOptions():
            return bitalino.Bitalino(name, options, clock=clock, radio=radio)
        case wearable.MovisensOptions():
            return movisens.Movisens(name, options, clock=clock, radio=radio)
        case wearable.GattOptions():
            return gatt.GenericGatt(name, options, clock=clock, radio=radio)
