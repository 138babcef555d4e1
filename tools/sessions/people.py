"""Which people the readers of a measurement have never met, and in which half of it each stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

HELD_OUT_OF: Final = 7
FIT, TEST = (0, 2), (1, 3)
"""Of every seven people of a corpus, in the order of their names, these are left out of training."""


def held_out(people: Iterable[str]) -> tuple[set[str], set[str]]:
    """(fit, test): the people of one corpus that training must leave out."""
    ranked = list(enumerate(sorted(set(people))))
    fit = {person for rank, person in ranked if rank % HELD_OUT_OF in FIT}
    return fit, {person for rank, person in ranked if rank % HELD_OUT_OF in TEST}
