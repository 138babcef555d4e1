"""How far each modality is trusted, as a function of its weight."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from edge.signals import Modality


@dataclass(frozen=True, slots=True)
class Trust:
    """How one modality's weight w becomes a weight in the fusion.

    Attributes
    ----------
    classes, exponent
        The exponent of the modality's opinion on classes is `classes * w ** exponent`.
    valence, arousal
        The weight of its valence and arousal in the means, as factors of w.
    """

    classes: float = 1.0
    exponent: float = 1.0
    valence: float = 1.0
    arousal: float = 1.0


@dataclass(frozen=True, slots=True)
class Reliability:
    """Trust in each modality, and how sharply bodily arousal speaks of classes.

    Attributes
    ----------
    arousal_sd
        Standard deviation of bodily arousal about the arousal of a class on the circumplex.
    """

    trust: dict[Modality, Trust] = field(default_factory=lambda: dict.fromkeys(Modality, Trust()))
    arousal_sd: float = 0.8


DEFAULT: Final = Reliability()
