"""Readings of different age and rate, brought to one moment and to one opinion a modality."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.signals import Modality

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from edge.fusion.options import FusionOptions
    from edge.signals import Affect

TINY: Final = 1e-6
"""Probabilities below this count as this in a logarithm; weights below it count as nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Weighted:
    """What one person's readings of one modality say at some moment.

    `reading` is the newest, `settled` the same with what was said shortly before (see `Evidence`),
    `weight` its quality less what its age has taken, in (0, 1].
    """

    reading: Affect
    settled: Affect
    weight: float


@dataclass(slots=True, eq=False)
class _Held:
    """The newest reading of somebody, settled, and how much evidence stands behind it."""

    newest: Affect
    settled: Affect
    behind: float


@dataclass(frozen=True, slots=True, eq=False)
class Opinion:
    """What one modality says of the room at some moment.

    Attributes
    ----------
    probabilities, mask
        Shape (8,), as in `Affect`.
    valence, arousal, stress
        As in `Affect`.
    weight
        In (0, 1]; see `pool`.
    """

    modality: Modality
    probabilities: NDArray[np.float64]
    mask: NDArray[np.bool_]
    valence: float | None
    arousal: float | None
    stress: float | None
    weight: float


class Evidence:
    """What each modality last said of each person.

    A reading's age is its distance from the asked moment to the span it speaks for, whichever side
    that lies on: a clock that runs ahead makes a reading no fresher. Its weight is
    `quality * 0.5 ** (age / half_life)`; in the half-life before `max_age`, when it is dropped, a
    straight ramp takes the little that is left, so that nothing jumps.

    Successive readings i of one person settle: their classes are the logarithmic mean, their
    valence and arousal the mean, with weights `quality_i * 0.5 ** (age_i / half_life)` less the
    share of their spans that a newer reading speaks for as well (an utterance that goes on
    replaces what was said of its beginning).
    """

    def __init__(self, options: FusionOptions) -> None:
        self._half_life_s = {modality: options.half_life_s.of(modality) for modality in Modality}
        self._max_age_s = {modality: options.max_age_s.of(modality) for modality in Modality}
        self._held: dict[tuple[Modality, int], _Held] = {}

    def add(self, reading: Affect) -> None:
        """Take a reading; one that speaks for an earlier time than the one held is too late."""
        key = reading.modality, reading.who
        held = self._held.get(key)
        # A held reading far ahead comes from a clock that has since been set right: let it go.
        if held is None or held.newest.start_s - reading.end_s > self._max_age_s[reading.modality]:
            self._held[key] = _Held(reading, reading, reading.quality)
        elif reading.end_s >= held.newest.end_s:
            self._held[key] = _settle(held, reading, self._half_life_s[reading.modality])

    def forget(self, modality: Modality) -> None:
        """Drop all that a modality said."""
        self._held = {key: held for key, held in self._held.items() if key[0] is not modality}

    def at(self, at_s: float) -> list[Weighted]:
        """Everything still of weight at `at_s`, in a fixed order; what lies too far back is forgotten."""
        fresh = []
        for key, held in list(self._held.items()):
            reading = held.newest
            age_s = max(0.0, at_s - reading.end_s, reading.start_s - at_s)
            left_s = self._max_age_s[reading.modality] - age_s
            if left_s > 0:
                half_life_s = self._half_life_s[reading.modality]
                weight = reading.quality * 0.5 ** (age_s / half_life_s) * min(1.0, left_s / half_life_s)
                if weight > TINY:
                    fresh.append(Weighted(reading, held.settled, weight))
            elif reading.end_s < at_s:
                del self._held[key]
        return sorted(fresh, key=lambda item: (item.reading.modality, item.reading.who))


def _settle(held: _Held, reading: Affect, half_life_s: float) -> _Held:
    before = held.newest
    said_again_s = max(0.0, min(before.end_s, reading.end_s) - max(before.start_s, reading.start_s))
    new_share = 1.0 - said_again_s / max(before.end_s - before.start_s, said_again_s, 1e-9)
    behind = held.behind * new_share * 0.5 ** ((reading.end_s - before.end_s) / half_life_s)
    total = behind + reading.quality
    if behind <= 0 or total <= 0 or not np.array_equal(before.mask, reading.mask):
        return _Held(reading, reading, reading.quality)
    share = behind / total
    settled = held.settled
    probabilities = np.zeros_like(reading.probabilities)
    if reading.mask.any():
        log_p = share * np.log(np.maximum(settled.probabilities, TINY))
        log_p += (1 - share) * np.log(np.maximum(reading.probabilities, TINY))
        probabilities = np.where(reading.mask, np.exp(log_p), 0.0)
        probabilities /= probabilities.sum()
    return _Held(
        newest=reading,
        settled=replace(
            reading,
            probabilities=probabilities,
            valence=weighted_mean(((settled.valence, share), (reading.valence, 1 - share))),
            arousal=weighted_mean(((settled.arousal, share), (reading.arousal, 1 - share))),
        ),
        behind=total,
    )


def pool(readings: Sequence[Weighted]) -> Opinion:
    """One opinion from the readings of one modality: of several people, the weighted share of each.

    A linear opinion pool (Stone 1961, "The opinion pool", Ann. Math. Stat. 32:1339-1342): different
    people may truly differ, so that a room half happy and half sad is just that, and not a product
    in which either rules the other out. With weights w_i and masks K_i::

        p(c) ~ sum_i w_i p_i(c) [c in K_i] / sum_i w_i [c in K_i]
        valence, arousal, stress = weighted means over the readings that measure them
        weight = sum_i w_i^2 / sum_i w_i       (for one reading, its own)

    Parameters
    ----------
    readings
        At least one, all of one modality.
    """
    weights = np.array([item.weight for item in readings])
    masks = np.array([item.settled.mask for item in readings])
    known = weights @ masks
    sums = weights @ np.array([np.clip(item.settled.probabilities, 0.0, 1.0) for item in readings])
    probabilities = np.divide(sums, known, out=np.zeros_like(sums), where=known > 0)
    total = probabilities.sum()
    return Opinion(
        modality=readings[0].reading.modality,
        probabilities=probabilities / total if total > 0 else probabilities,
        mask=known > 0,
        valence=weighted_mean((item.settled.valence, item.weight) for item in readings),
        arousal=weighted_mean((item.settled.arousal, item.weight) for item in readings),
        stress=weighted_mean((item.settled.stress, item.weight) for item in readings),
        weight=float(weights @ weights / weights.sum()),
    )


def pool_each(readings: Sequence[Weighted]) -> list[Opinion]:
    """One opinion for each modality that has readings, in the order of `Modality`."""
    each = ([item for item in readings if item.reading.modality is modality] for modality in Modality)
    return [pool(of_one) for of_one in each if of_one]


def weighted_mean(values: Iterable[tuple[float | None, float]]) -> float | None:
    """Mean of the (value, weight) pairs that have a value, or None without any."""
    total = weight_sum = 0.0
    for value, weight in values:
        if value is not None:
            total += value * weight
            weight_sum += weight
    return total / weight_sum if weight_sum > 0 else None
