"""What every source of bodily signals says in the config."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from edge.options import Options


class WearerOptions(Options):
    """Sources that name the same wearer are read together."""

    wearer: Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9_-]{1,64}$")] = "wearer"
    """A nickname that groups the sensors of one person; it never leaves the device."""
