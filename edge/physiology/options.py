"""Options of the physiology reader."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from edge.options import Options


class PhysiologyOptions(Options):
    """How a wearer's signals are read."""

    enabled: bool = True
    """Whether heart and skin are read at all."""
    model: str = "stress"
    """Name in the model manifest."""
    rest_s: Annotated[float, Field(ge=0, le=600)] = 0.0
    """First seconds that count as this wearer's rest, 180 to 300; 0: compare with people at large."""
