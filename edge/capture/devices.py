"""The one place that knows which source serves which kind of device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.capture.wearable import options as wearable

if TYPE_CHECKING:
    from edge.capture.source import Source
    from edge.capture.wearable.radio import Radio
    from edge.clock import Clock


def open_wearable(name: str, options: wearable.WearableOptions, *, clock: Clock, radio: Radio) -> Source:
    """Make the source of a wearable; all wearables of one adapter share one `radio`."""
    from edge.capture.wearable import bitalino, gatt, heart_rate_strap, movisens, polar_h10  # noqa: PLC0415

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
    raise TypeError(f"{type(options).__name__} is no wearable's options")
