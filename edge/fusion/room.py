"""The room: takes readings as they come, says at any moment how the room is."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from edge.fusion import late
from edge.fusion.dimensions import dimensions
from edge.fusion.engagement import EngagementMeter
from edge.fusion.evidence import Evidence, pool_each, weighted_mean
from edge.fusion.moments import MomentDetector
from edge.fusion.reliability import LEARNED, Credence, Reliability
from edge.fusion.strategy import Heard, Late
from edge.signals import RoomState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.fusion.evidence import Weighted
    from edge.fusion.options import FusionOptions
    from edge.fusion.strategy import Strategy
    from edge.signals import Affect, Breathing, Modality


class Fusion:
    """Fuses the readings of one zone. Calls must not overlap.

    What `state` says follows from the readings and the moment, and from three memories alone: how far
    each modality has fitted the others (`Credence`), how lively the room usually is
    (`EngagementMeter`), and what its viewers showed in the last minutes (`MomentDetector`).

    Parameters
    ----------
    strategy
        How the classes of several modalities become one opinion; `Late` by default, others as
        `edge.fusion.nets.load_strategy` makes them.
    reliability
        How far each modality is trusted; what was learned for the shipped readers by default.
    """

    def __init__(
        self,
        options: FusionOptions,
        *,
        strategy: Strategy | None = None,
        reliability: Reliability = LEARNED,
    ) -> None:
        self._strategy = strategy or Late()
        self._evidence = Evidence(options)
        self._reliability = reliability
        self._credence = Credence(reliability)
        self._engagement = EngagementMeter()
        self._moments = MomentDetector()

    def add(self, affect: Affect) -> None:
        """Take a reading, in any order and at any rate."""
        self._evidence.add(affect)

    def forget(self, modality: Modality) -> None:
        """Drop what a modality said, as when its sensor is muted; other sensors of its kind speak anew."""
        self._evidence.forget(modality)
        self._strategy.forget(modality)
        self._moments.forget()

    def state(self, at_s: float) -> RoomState:
        """How the room is at `at_s`, which should not lie before an earlier call's.

        Returns
        -------
        The classes as the strategy says, valence and arousal as `dimensions` says; with the weight
        w_m of each modality and its credence c_m::

            stress = the weighted mean over wearers
            quality = 1 - prod_m (1 - w_m min(1, c_m / (1 - misleading_m)))
        """
        fresh = self._evidence.at(at_s)
        opinions = pool_each(fresh)
        experts = late.fuse(opinions, self._reliability, self._credence.belief)
        self._credence.update(at_s, experts.agreement)
        fused = self._strategy.fuse(Heard(at_s, fresh, opinions, experts))
        believed = [
            (
                opinion,
                opinion.weight * min(1.0, fused.credence[m] / (1.0 - self._reliability.of(m).misleading)),
            )
            for opinion in opinions
            for m in (opinion.modality,)
        ]
        where = dimensions(believed, fused.probabilities)
        room = RoomState(
            at_s=at_s,
            probabilities=fused.probabilities,
            valence=where.valence,
            arousal=where.arousal,
            quality=1.0 - math.prod(1.0 - weight for _, weight in believed),
            stress=weighted_mean((opinion.stress, opinion.weight) for opinion in opinions),
            evidence=tuple(item.reading for item in fresh),
            weights=fused.weights,
            engagement=self._engagement.measure(at_s, fresh=fresh, arousal=where.arousal),
            breathing=_only_breath(fresh),
        )
        return replace(room, moment=self._moments.update(room))


def _only_breath(fresh: Sequence[Weighted]) -> Breathing | None:
    """Breathing of the only wearer whose breath is paced: of two, neither is the room's."""
    paced = [item.reading.breathing for item in fresh if item.reading.breathing is not None]
    return paced[0] if len(paced) == 1 else None
