"""What one window of `personal` or `household` adds up to: sums only, no reading is kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.emotion import EMOTIONS
from edge.gate.company import people_at_least
from edge.release import Profile
from edge.signals import Modality

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.signals import RoomState

LEAST_RIGHTFUL_SHARE: Final = 0.5
"""Share of a window's observations in which the right people must have been there."""


@dataclass(slots=True)
class Mean:
    """A running weighted mean."""

    total: float = 0.0
    weight: float = 0.0

    def add(self, value: float, weight: float = 1.0) -> None:
        """Take in one value."""
        self.total += value * weight
        self.weight += weight

    @property
    def value(self) -> float | None:
        """The mean, or None when nothing was added."""
        return self.total / self.weight if self.weight > 0 else None


@dataclass(slots=True)
class Tally:
    """Observations of one window, kept as sums.

    Attributes
    ----------
    profile, single_person_agreed
        Whose presence makes an observation rightful: in `household` two people at least, or one who
        agreed; in `personal` nobody beside the wearer.
    peopled
        Observations that rested on any evidence.
    rightful
        Those in which only people were there whom the profile may speak of.
    breaths_per_minute
        The pace of the wearer's breath when it was last paced.
    """

    profile: Profile
    single_person_agreed: bool
    observations: int = 0
    peopled: int = 0
    rightful: int = 0
    probabilities: NDArray[np.float64] = field(default_factory=lambda: np.zeros(len(EMOTIONS)))
    valence: Mean = field(default_factory=Mean)
    arousal: Mean = field(default_factory=Mean)
    stress: Mean = field(default_factory=Mean)
    coherence: Mean = field(default_factory=Mean)
    breaths_per_minute: float | None = None
    quality_sum: float = 0.0

    def add(self, room: RoomState) -> None:
        """Take in one room state."""
        self.observations += 1
        if not room.evidence or room.quality <= 0:
            return
        self.peopled += 1
        self._add_wearer(room)
        if not self._is_rightful(people_at_least(room.evidence)):
            return
        self.rightful += 1
        self.quality_sum += room.quality
        if any(affect.mask.any() for affect in room.evidence):
            # Bodily arousal alone leans towards some classes, but nobody saw or heard one.
            self.probabilities += room.probabilities * room.quality
        if room.valence is not None:
            self.valence.add(room.valence, room.quality)
        if room.arousal is not None:
            self.arousal.add(room.arousal, room.quality)

    def _is_rightful(self, people: int) -> bool:
        if self.profile is Profile.PERSONAL:
            return people == 1
        return people > 1 or self.single_person_agreed

    def _add_wearer(self, room: RoomState) -> None:
        # Stress and breath come from the wearable alone, so bystanders in view or earshot do not enter them.
        wearers = people_at_least(
            affect for affect in room.evidence if affect.modality is Modality.PHYSIOLOGY
        )
        if self.profile is not Profile.PERSONAL or wearers > 1:
            return
        if room.stress is not None:
            self.stress.add(room.stress)
        if room.breathing is not None:
            self.coherence.add(room.breathing.coherence)
            self.breaths_per_minute = room.breathing.breaths_per_minute

    @property
    def is_rightful(self) -> bool:
        """Whether the right people were there often enough for the window to be published."""
        return self.rightful > 0 and self.rightful >= LEAST_RIGHTFUL_SHARE * self.peopled

    @property
    def shares(self) -> NDArray[np.float64]:
        """Mean class probabilities, shape (8,), summing to 1; all zero when no class was seen."""
        total = float(self.probabilities.sum())
        return self.probabilities / total if total > 0 else self.probabilities

    @property
    def quality(self) -> float:
        """Mean quality over all observations of the window, in [0, 1]."""
        return self.quality_sum / self.observations if self.observations else 0.0
