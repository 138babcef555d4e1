"""Which speakers are left out together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from corpora.speech import Clip

FOLDS: Final = 7


def folds_of(clips: Sequence[Clip], *, count: int = FOLDS) -> NDArray[np.intp]:
    """Fold of every clip; a speaker lies in one fold, each corpus spreads over all."""
    speakers = np.array([clip.speaker for clip in clips])
    corpora = np.array([clip.corpus for clip in clips])
    fold = np.zeros(len(clips), np.intp)
    for corpus in np.unique(corpora):
        for index, speaker in enumerate(np.unique(speakers[corpora == corpus])):
            fold[speakers == speaker] = index % count
    return fold
