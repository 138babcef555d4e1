"""Options of each I2C sensor in the config, told apart by `kind`."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field, field_validator, model_validator

from edge.capture.scaling import Scaling
from edge.capture.wearer import WearerOptions
from edge.options import Options

RANGES_V: Final = (6.144, 4.096, 2.048, 1.024, 0.512, 0.256)
"""Full scale of the ADS1115, in the order of its codes."""


class Ads1115Input(Options):
    """One analogue input; `scaling` turns volts into microsiemens or millivolts.

    A voltage outside `valid_v` means a loose electrode and gives NaN.
    """

    input: Literal["A0", "A1", "A2", "A3"]
    measures: Literal["skin_conductance", "ecg"]
    rate_hz: float = Field(ge=1, le=250)
    scaling: Scaling
    valid_v: tuple[float, float] | None = None


class Ads1115Options(WearerOptions):
    """ADS1115 converter, for instance with a Grove GSR board and an AD8232 heart monitor on its inputs."""

    kind: Literal["ads1115"]
    bus: int = Field(default=1, ge=0, le=255)
    address: int = Field(default=0x48, ge=0x48, le=0x4B)
    range_v: float = 4.096
    inputs: tuple[Ads1115Input, ...] = Field(min_length=1, max_length=4)

    @field_validator("range_v")
    @classmethod
    def _range_exists(cls, range_v: float) -> float:
        if range_v not in RANGES_V:
            raise ValueError(f"the chip's ranges are {', '.join(map(str, RANGES_V))} V")
        return range_v

    @model_validator(mode="after")
    def _inputs_fit(self) -> Ads1115Options:
        if len({one.input for one in self.inputs}) < len(self.inputs):
            raise ValueError("an input is named twice")
        fastest_hz = max(one.rate_hz for one in self.inputs)
        if any(fastest_hz % one.rate_hz for one in self.inputs):
            raise ValueError("the highest rate_hz must be a multiple of the others")
        return self


class Max30102Options(WearerOptions):
    """MAX30102 pulse sensor: infrared light through a finger.

    A reading below `finger_above` (of 262143) means that no finger is there.
    """

    kind: Literal["max30102"]
    bus: int = Field(default=1, ge=0, le=255)
    rate_hz: Literal[50, 100, 200, 400] = 100
    led_ma: float = Field(default=7.0, gt=0, le=51)
    finger_above: int = Field(default=30_000, ge=0, le=262_143)


I2cKinds = Ads1115Options | Max30102Options
