"""Rows to train the nets of the fusion on: what each of them is given, second by second, and the truth."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.fusion.early import Grid
from edge.fusion.intermediate import own_places, tokens
from edge.fusion.options import FusionOptions
from edge.fusion.room import Fusion
from edge.signals import Affect, Modality
from sessions.streams import SHARED_CLASSES, Disturbance, Session, make_session, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from edge.fusion.late import Fused
    from edge.fusion.strategy import Heard
    from sessions.bank import Bank

SUBSETS: Final = {
    (Modality.FACE, Modality.SPEECH, Modality.PHYSIOLOGY): 0.4,
    (Modality.FACE, Modality.SPEECH): 0.2,
    (Modality.FACE, Modality.PHYSIOLOGY): 0.1,
    (Modality.SPEECH, Modality.PHYSIOLOGY): 0.1,
    (Modality.FACE,): 0.1,
    (Modality.SPEECH,): 0.1,
}
CALM: Final = 0.4
"""Share of the sessions without a disturbance."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """`tokens` (n, 3, m), `grid` (n, k), `experts` (n, 8), `truth` (n,) indices of `EMOTIONS`."""

    tokens: NDArray[np.float32]
    grid: NDArray[np.float32]
    experts: NDArray[np.float64]
    truth: NDArray[np.intp]

    @classmethod
    def joined(cls, parts: Sequence[Rows]) -> Rows:
        """All rows of several."""
        return cls(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls)))


class _Recorder:
    """A strategy that says what the experts say, and keeps what nets would be given."""

    def __init__(self) -> None:
        self._grid = Grid()
        self.kept: list[tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float64]]] = []

    def fuse(self, heard: Heard) -> Fused:
        given = own_places(tokens(heard)), self._grid.after(heard.at_s, heard.fresh)
        self.kept.append((*given, heard.experts.probabilities))
        return heard.experts

    def forget(self, modality: Modality) -> None:
        self._grid.forget(modality)


def make_rows(bank: Bank, *, sessions: int, seed: int) -> Rows:
    """Rows of sessions with modalities missing and disturbed, as many convinced ones right as wrong.

    A reader that misleads says what it says with conviction; were conviction found in misleading
    readers only, a net would learn to tell them by it, which no room bears out.
    """
    rng = np.random.default_rng(seed)
    return _stacked(_recorded(_any_session(bank, rng)) for _ in range(sessions))


def _any_session(bank: Bank, rng: np.random.Generator) -> Session:
    subset = tuple(SUBSETS)[rng.choice(len(SUBSETS), p=list(SUBSETS.values()))]
    disturbed = subset[rng.integers(len(subset))]
    kinds = [kind for kind in Disturbance if kind is not Disturbance.NONE]
    what = Disturbance.NONE if rng.random() < CALM else kinds[rng.integers(len(kinds))]
    session = make_session(bank, rng, classes=SHARED_CLASSES, disturbed=disturbed, disturbance=what)
    convinced = {
        modality: rng.uniform(1.0, 4.0)
        for modality in subset
        if rng.random() < 0.3 and not (what is Disturbance.WRONG and modality is disturbed)
    }
    only = session.only(subset)
    return replace(
        only,
        arrivals=tuple((at_s, _sharpened(a, convinced.get(a.modality, 1.0))) for at_s, a in only.arrivals),
    )


def _sharpened(reading: Affect, power: float) -> Affect:
    if power == 1.0 or not reading.mask.any():
        return reading
    sharpened = reading.probabilities**power
    return replace(reading, probabilities=sharpened / sharpened.sum())


def _recorded(session: Session) -> tuple[_Recorder, NDArray[np.float64], NDArray[np.intp]]:
    recorder = _Recorder()
    walked = walk(session, Fusion(FusionOptions(), strategy=recorder))
    return recorder, walked.at_s, walked.truth


def _stacked(walks: Iterable[tuple[_Recorder, NDArray[np.float64], NDArray[np.intp]]]) -> Rows:
    kept, truths = [], []
    for recorder, at_s, truth in walks:
        # The first tick of a walk is at half a second, and there are two a second.
        kept += [recorder.kept[round(2 * second) - 1] for second in at_s]
        truths.append(truth)
    made, grid, experts = (np.array(column) for column in zip(*kept, strict=True))
    return Rows(tokens=made, grid=grid, experts=experts, truth=np.concatenate(truths))
