"""The room: takes readings as they come, says at any moment how the room is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from edge.fusion import late
from edge.fusion.evidence import Evidence, pool_each, weighted_mean
from edge.fusion.reliability import DEFAULT, Reliability
from edge.signals import RoomState

if TYPE_CHECKING:
    from edge.fusion.options import FusionOptions
    from edge.signals import Affect


class Fusion:
    """Fuses the readings of one zone.

    `state` has no memory of earlier states: what it says follows from the readings and the moment
    alone. Calls must not overlap.

    Parameters
    ----------
    reliability
        How far each modality is trusted; what was learned for the shipped readers by default.
    """

    def __init__(self, options: FusionOptions, *, reliability: Reliability = DEFAULT) -> None:
        self._evidence = Evidence(options)
        self._reliability = reliability

    def add(self, affect: Affect) -> None:
        """Take a reading, in any order and at any rate."""
        self._evidence.add(affect)

    def state(self, at_s: float) -> RoomState:
        """How the room is at `at_s`.

        Returns
        -------
        The classes as `late.fuse` says; with weights w_m of the modalities, their trust t_m and
        their values v_m::

            valence, arousal = sum_m t_m w_m v_m / sum_m t_m w_m    (over those that measure it)
            stress = the weighted mean over wearers
            quality = 1 - prod_m (1 - w_m)
        """
        fresh = self._evidence.at(at_s)
        opinions = pool_each(fresh)
        trust = self._reliability.trust
        probabilities, weights = late.fuse(opinions, self._reliability)
        return RoomState(
            at_s=at_s,
            probabilities=probabilities,
            valence=weighted_mean((o.valence, o.weight * trust[o.modality].valence) for o in opinions),
            arousal=weighted_mean((o.arousal, o.weight * trust[o.modality].arousal) for o in opinions),
            quality=1.0 - math.prod(1.0 - opinion.weight for opinion in opinions),
            stress=weighted_mean((opinion.stress, opinion.weight) for opinion in opinions),
            evidence=tuple(item.reading for item in fresh),
            weights=weights,
        )
