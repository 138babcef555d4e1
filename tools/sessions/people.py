"""Which people the readers of a measurement have never met, and in which part of it each stands."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable


class Part(StrEnum):
    """What a person's readings are for; nobody stands in two parts."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


ORDER: Final = (Part.TRAIN, Part.TEST, Part.VALIDATION, Part.TEST)
"""Of every four people whom no reader has met, or all have."""

HELD_OUT_OF: Final = 7
_PARTS: Final = dict(enumerate(ORDER))
"""Of every seven people of a corpus, in the order of their names, these four are left out of training."""


def held_out(people: Iterable[str]) -> dict[str, Part]:
    """The people of one corpus that the training of readers must leave out, and the part of each."""
    ranked = enumerate(sorted(set(people)))
    return {person: _PARTS[rank % HELD_OUT_OF] for rank, person in ranked if rank % HELD_OUT_OF in _PARTS}
