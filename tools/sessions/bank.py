"""What readers say of labelled items, in drawers to draw from."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np

    from edge.signals import Affect, Modality


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """A reading of a labelled item, `clean` or from a signal that was degraded on purpose."""

    label: str
    person: str
    clean: bool
    reading: Affect


@dataclass(frozen=True, slots=True)
class Bank:
    """Readings of one half, by modality, label and whether the signal was clean."""

    recorded: dict[tuple[Modality, str, bool], list[Recorded]]

    @classmethod
    def of(cls, recorded: Iterable[Recorded]) -> Bank:
        """Sort readings into their drawers."""
        drawers: defaultdict[tuple[Modality, str, bool], list[Recorded]] = defaultdict(list)
        for item in recorded:
            drawers[item.reading.modality, item.label, item.clean].append(item)
        return cls(dict(drawers))

    def draw(self, rng: np.random.Generator, modality: Modality, label: str, *, clean: bool = True) -> Affect:
        """Any reading of this label."""
        readings = self.recorded[modality, label, clean]
        return readings[rng.integers(len(readings))].reading

    def labels(self, modality: Modality) -> set[str]:
        """Labels with clean readings."""
        return {label for of, label, clean in self.recorded if of is modality and clean}

    def counts(self) -> dict[str, dict[str, int]]:
        """People and clean readings of each modality and label."""
        counts: dict[str, dict[str, int]] = {}
        for (modality, label, clean), items in sorted(self.recorded.items()):
            if clean:
                counts.setdefault(modality.value, {})[label] = len(items)
        return counts


def moved(reading: Affect, *, end_s: float, who: int) -> Affect:
    """The same reading at another time, of another token."""
    length_s = reading.end_s - reading.start_s
    return replace(reading, start_s=end_s - length_s, end_s=end_s, who=who)
