"""The utterance under way: its blocks, where it began, whether it has ended."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.speech.frontend import BLOCK_FRAMES, FRAME_RATE_HZ, Frames, column, joined
from edge.speech.functionals import SHORTEST_FRAMES

if TYPE_CHECKING:
    from numpy.typing import NDArray

LONGEST_BLOCKS: Final = 25
"""An utterance remembers its last five seconds."""
PAUSE_BLOCKS: Final = 4
"""A pause of 0.8 s ends it."""
MARGIN_BLOCKS: Final = 2
"""Blocks kept on either side: soft beginnings and endings escape the detector."""
SHORTEST_SPEECH_BLOCKS: Final = 3
"""Less than 0.6 s of speech is a burst, not an utterance."""

_TRIM_DB: Final = 30.0
_EDGE_FRAMES: Final = 5


class Utterance:
    """Blocks from just before the first to just after the last that held speech, at most five seconds."""

    def __init__(self) -> None:
        self._blocks: deque[tuple[Frames, float, bool]] = deque(maxlen=LONGEST_BLOCKS + PAUSE_BLOCKS)
        self._before: deque[tuple[Frames, float, bool]] = deque(maxlen=MARGIN_BLOCKS)
        self._pause = 0

    @property
    def has_ended(self) -> bool:
        """Whether speech has been followed by a pause."""
        return bool(self._blocks) and self._pause >= PAUSE_BLOCKS

    @property
    def is_long_enough(self) -> bool:
        """Whether there is enough speech for a reading."""
        return sum(is_speech for _, _, is_speech in self._blocks) >= SHORTEST_SPEECH_BLOCKS

    def add(self, block: Frames, *, at_s: float, is_speech: bool) -> None:
        """Take in the next block; of what comes before the first speech little is kept."""
        if is_speech and not self._blocks:
            self._blocks.extend(self._before)
        if is_speech or self._blocks:
            self._blocks.append((block, at_s, is_speech))
            self._pause = 0 if is_speech else self._pause + 1
        else:
            self._before.append((block, at_s, is_speech))

    def frames(self) -> tuple[Frames, float, float]:
        """Frames around first to last speech, without faint edges, and the seconds they span."""
        kept = list(self._blocks)
        while len(kept) > MARGIN_BLOCKS and not kept[-1 - MARGIN_BLOCKS][2] and not kept[-1][2]:
            kept.pop()
        kept = kept[-LONGEST_BLOCKS:]
        frames = joined([block for block, _, _ in kept])
        return trimmed(frames), kept[0][1], kept[-1][1] + BLOCK_FRAMES / FRAME_RATE_HZ


def last_steps(rows: NDArray[np.floating], *, steps: int) -> NDArray[np.float32]:
    """The last rows of an utterance, repeated if there are not so many."""
    repeated = np.tile(rows, (-(-steps // len(rows)), 1))
    return repeated[len(repeated) - steps :].astype(np.float32, copy=False)


def trimmed(frames: Frames) -> Frames:
    """Cut what lies more than 30 dB below the loud parts off both ends, if enough is left."""
    level_db = frames.descriptors[:, column("level_db")]
    loud = np.flatnonzero(level_db > np.percentile(level_db, 95) - _TRIM_DB)
    first, last = max(0, int(loud[0]) - _EDGE_FRAMES), int(loud[-1]) + _EDGE_FRAMES + 1
    return frames[first:last] if last - first >= SHORTEST_FRAMES else frames
