"""Wearables over Bluetooth Low Energy: pure decoders, a link with states, one source for each device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.capture.wearable import options as kinds

if TYPE_CHECKING:
    from edge.capture.source import Source
    from edge.capture.wearable.radio import Radio
    from edge.clock import Clock


def make_source(name: str, options: kinds.WearableKinds, *, clock: Clock, radio: Radio) -> Source:
    """Make the source of a wearable; all wearables of one adapter share one `radio`."""
    from edge.capture.wearable import bitalino, gatt, heart_rate_strap, movisens, polar_h10

    match options:
        case kinds.HeartRateStrapOptions():
            return heart_rate_strap.HeartRateStrap(name, options, clock=clock, radio=radio)
        case kinds.PolarH10Options():
            return polar_h10.PolarH10(name, options, clock=clock, radio=radio)
        case kinds.BitalinoOptions():
            return bitalino.Bitalino(name, options, clock=clock, radio=radio)
        case kinds.MovisensOptions():
            return movisens.Movisens(name, options, clock=clock, radio=radio)
        case kinds.GattOptions():
            return gatt.GenericGatt(name, options, clock=clock, radio=radio)
