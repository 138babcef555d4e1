"""From what a converter reads to microsiemens or millivolts: the `scaling` of a sensor's options.

The reading is a converter's count (GATT) or a voltage (I2C); `full_scale` is in the same unit.
A reading outside the physical range gives NaN: the electrode is loose or the input saturated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field, field_validator

from edge.options import Options

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Linear(Options):
    """value = (reading - zero) * scale."""

    kind: Literal["linear"] = "linear"
    scale: float
    zero: float = 0.0

    def apply(self, reading: NDArray[np.float64]) -> NDArray[np.float64]:
        """Scale each reading."""
        return (reading - self.zero) * self.scale


class Divider(Options):
    """Skin and a fixed resistor share the supply; microsiemens from the share that is read.

    `skin` is `high` when the skin lies between supply and converter, `low` when it lies between
    converter and ground.
    """

    kind: Literal["divider"]
    full_scale: float = Field(gt=0)
    fixed_ohm: float = Field(gt=0)
    skin: Literal["high", "low"]

    def apply(self, reading: NDArray[np.float64]) -> NDArray[np.float64]:
        """Solve the divider for the skin's conductance; both rails give NaN."""
        share = reading / self.full_scale
        share = np.where((share > 0) & (share < 1), share, np.nan)
        ratio = share / (1 - share) if self.skin == "high" else (1 - share) / share
        return np.asarray(ratio / self.fixed_ohm * 1e6, np.float64)


class GroveGsr(Options):
    """The Grove GSR board: R = (1 + 2 x) * 10 kohm / (untouched - x), x the share of full scale.

    The board maker's formula (Seeed Studio wiki, Grove - GSR Sensor), with the converter's range
    left open. `untouched` is the share read while nobody touches the electrodes; the trimmer sets it.
    """

    kind: Literal["grove_gsr"]
    full_scale: float = Field(gt=0)
    untouched: float = Field(default=0.5, gt=0, lt=1)

    def apply(self, reading: NDArray[np.float64]) -> NDArray[np.float64]:
        """Conductance in microsiemens; NaN when nobody touches the electrodes or at the lower rail."""
        share = reading / self.full_scale
        share = np.where((share > 0) & (share < self.untouched), share, np.nan)
        return np.asarray((self.untouched - share) / (1 + 2 * share) * 100, np.float64)


class Pairs(Options):
    """Straight lines through measured pairs of (reading, value); beyond the ends they give NaN."""

    kind: Literal["pairs"]
    points: tuple[tuple[float, float], ...] = Field(min_length=2)

    @field_validator("points")
    @classmethod
    def _distinct(cls, points: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
        if len({reading for reading, _ in points}) < len(points):
            raise ValueError("two pairs have the same reading")
        return tuple(sorted(points))

    def apply(self, reading: NDArray[np.float64]) -> NDArray[np.float64]:
        """Interpolate each reading."""
        readings, values = np.array(self.points, np.float64).T
        return np.asarray(np.interp(reading, readings, values, left=np.nan, right=np.nan), np.float64)


Scaling = Annotated[Linear | Divider | GroveGsr | Pairs, Field(discriminator="kind")]
