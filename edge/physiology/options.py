"""Options of the physiology reader."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from edge.options import ConfigPath, Options


class VaultOptions(Options):
    """Where the passphrase comes from under which a baseline is kept; give one of the two."""

    passphrase_env: str | None = None
    """Environment variable that holds it."""
    passphrase_file: ConfigPath | None = None
    """File that holds it in its first line, such as a systemd credential."""

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.passphrase_env is None) == (self.passphrase_file is None):
            raise ValueError("give either passphrase_env or passphrase_file")
        return self


class PhysiologyOptions(Options):
    """How a wearer's signals are read."""

    enabled: bool = True
    """Whether heart and skin are read at all."""
    model: str = "stress"
    """Name in the model manifest."""
    rest_s: Annotated[float, Field(ge=0, le=600)] = 0.0
    """First seconds that count as this wearer's rest, 180 to 300; 0: compare with people at large."""
    baseline: VaultOptions | None = None
    """Keep the rest that `edge-affect baseline` measured, encrypted, and begin with it; nothing is kept when
    unset."""
    paced_breathing: bool = False
    """Whether the wearer breathes at a pace: its coherence is measured then."""
    breaths_per_minute: Annotated[float, Field(ge=4.5, le=6.5)] = 6.0
    """The pace until `edge-affect baseline --resonance` has found the wearer's own."""
