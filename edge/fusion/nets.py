"""Loading the nets of the strategies that have any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from edge.fusion import early, intermediate
from edge.fusion.early import Early
from edge.fusion.intermediate import Intermediate
from edge.fusion.options import Strategy as Name
from edge.fusion.strategy import Ensemble, Late

if TYPE_CHECKING:
    from edge.fusion.strategy import Strategy
    from edge.inference import ModelStore, Runtime

SHARES: Final = {Name.LATE: 0.2, Name.INTERMEDIATE: 0.6, Name.EARLY: 0.2}
"""Weights of the ensemble, by `tools/train_fusion.py nets` on validation."""


def load_strategy(name: Name, store: ModelStore, *, runtime: Runtime | None = None) -> Strategy:
    """Make a strategy ready to be asked.

    Raises
    ------
    ModelError
        A net that it needs is missing, altered or cannot run.
    """
    if name is Name.LATE:
        return Late()
    if name is Name.INTERMEDIATE:
        return Intermediate(store.load(intermediate.NET, runtime=runtime))
    if name is Name.EARLY:
        return Early(store.load(early.NET, runtime=runtime))
    return Ensemble([(load_strategy(member, store, runtime=runtime), v) for member, v in SHARES.items()])
