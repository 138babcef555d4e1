"""Options of the fusion."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, model_validator

from edge.options import Options

if TYPE_CHECKING:
    from edge.signals import Modality

Seconds = Annotated[float, Field(gt=0, le=3600)]


class Strategy(StrEnum):
    """How the classes of several modalities become one opinion."""

    LATE = "late"
    INTERMEDIATE = "intermediate"
    EARLY = "early"
    ENSEMBLE = "ensemble"


class _PerModality(Options):
    """One duration for each modality."""

    face: Seconds
    speech: Seconds
    physiology: Seconds

    def of(self, modality: Modality) -> float:
        """Duration of one modality."""
        return float(getattr(self, modality.value))


class HalfLives(_PerModality):
    """Seconds after the end of its span in which a reading loses half of its weight."""

    face: Seconds = 1.5
    speech: Seconds = 4.0
    physiology: Seconds = 30.0


class MaxAges(_PerModality):
    """Seconds after the end of its span at which a reading is dropped."""

    face: Seconds = 6.0
    speech: Seconds = 16.0
    physiology: Seconds = 120.0


class FusionOptions(Options):
    """How readings of different kinds, ages and quality become one state of the room."""

    strategy: Strategy = Strategy.LATE
    """`late`: calibrated product of experts; `intermediate`: a net over one token a modality; `early`: a
    net over the last seconds side by side; `ensemble`: all three. The nets may not be used commercially."""

    tick_hz: Annotated[float, Field(gt=0, le=20)] = 2.0
    """How often the state of the room is formed, per second."""

    half_life_s: HalfLives = HalfLives()
    """Seconds in which a reading of each modality loses half of its weight."""

    max_age_s: MaxAges = MaxAges()
    """Age in seconds at which a reading of each modality is dropped."""

    @model_validator(mode="after")
    def _drop_only_what_has_faded(self) -> FusionOptions:
        for modality in type(self.half_life_s).model_fields:
            half_life_s, max_age_s = getattr(self.half_life_s, modality), getattr(self.max_age_s, modality)
            if max_age_s < 2 * half_life_s:
                raise ValueError(
                    f"max_age_s.{modality} ({max_age_s:g}) must be at least twice "
                    f"half_life_s.{modality} ({half_life_s:g}), or the state jumps when a sensor is lost"
                )
        return self
