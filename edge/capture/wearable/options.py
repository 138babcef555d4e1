"""Options of each wearable in the config, told apart by `kind`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from edge.capture.wearable.decoders.bitalino import Channel  # noqa: TC001  (pydantic reads it)
from edge.capture.wearable.decoders.gatt import GattProfile  # noqa: TC001  (pydantic reads it)
from edge.capture.wearer import WearerOptions

Address = Annotated[str, StringConstraints(pattern=r"^([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$", to_upper=True)]


class WearableOptions(WearerOptions):
    """What all wearables share.

    Without an `address` the first one in sight that offers the service is taken, and kept.
    """

    address: Address | None = None
    silence_s: float = Field(default=10.0, gt=0, le=600)


class HeartRateStrapOptions(WearableOptions):
    """Any strap or watch with the Heart Rate Service; it must give RR intervals to be of use."""

    kind: Literal["heart_rate_strap"]


class PolarH10Options(WearableOptions):
    """Polar H10: its ECG at 130 Hz."""

    kind: Literal["polar_h10"]


class BitalinoOptions(WearableOptions):
    """BITalino (r)evolution BLE: which input carries which sensor."""

    kind: Literal["bitalino"]
    rate_hz: Literal[10, 100, 1000] = 100
    ecg: Channel | None = None
    eda: Channel | None = None

    @model_validator(mode="after")
    def _channels_fit(self) -> BitalinoOptions:
        if self.ecg is None and self.eda is None:
            raise ValueError("name the input of at least one of ecg and eda")
        if self.ecg == self.eda:
            raise ValueError("ecg and eda cannot share an input")
        return self


class MovisensOptions(WearableOptions):
    """movisens EdaMove 3 or 4; it speaks once a minute."""

    kind: Literal["movisens"]
    silence_s: float = Field(default=150.0, gt=60, le=600)


class GattOptions(WearableOptions):
    """Any peripheral that its `profile` describes."""

    kind: Literal["gatt"]
    profile: GattProfile


WearableKinds = HeartRateStrapOptions | PolarH10Options | BitalinoOptions | MovisensOptions | GattOptions
