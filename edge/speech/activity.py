"""Voice activity: which blocks of frames hold speech."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.speech.frontend import BLOCK_FRAMES, MELS, Frames

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from edge.inference import Model, ModelEntry

LOOK_BLOCKS: Final = 2
"""Blocks of context after the one that is judged: 400 ms."""
PAST_BLOCKS: Final = 5
"""Blocks of context before it."""
CONTEXT_FRAMES: Final = (PAST_BLOCKS + 1 + LOOK_BLOCKS) * BLOCK_FRAMES
DELAY_BLOCKS: Final = LOOK_BLOCKS + 1
"""A verdict waits for the judgement of the next block."""
SILENCE: Final = float(np.log(1e-9))
"""Log-mel value of digital silence."""

_FAINTEST: Final = -16.0
_RANGE: Final = 12.0


def activity_input(log_mel: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale a context for the voice-activity net.

    Parameters
    ----------
    log_mel
        Shape (..., CONTEXT_FRAMES, MELS), natural logarithms as in `Frames.log_mel`.

    Returns
    -------
    The same shape, in [-1, 1]: relative to the loudest value of the context, over its upper 52 dB, so
    that a microphone's gain does not matter; a context without any sound is -1 throughout.
    """
    loudest = np.maximum(log_mel.max(axis=(-2, -1), keepdims=True), np.float32(_FAINTEST))
    relative: NDArray[np.float32] = 1 + (log_mel - loudest) * np.float32(2 / _RANGE)
    return np.clip(relative, -1, 1).astype(np.float32)


def thresholds(entry: ModelEntry) -> dict[str, float]:
    """`begins_at` and `lasts_at` of the net, by its manifest entry."""
    return {limit: float(np.max(entry.parameters[limit])) for limit in ("begins_at", "lasts_at")}


class VoiceActivity:
    """Judges block after block with hysteresis; a verdict comes `DELAY_BLOCKS` blocks later.

    A block holds speech when its probability reaches `begins_at`; so do its neighbours, however far, as
    long as theirs reach `lasts_at` without a break behind it, and the one block before it.

    Parameters
    ----------
    model
        Input (1, CONTEXT_FRAMES, MELS, 1), output (1, 1): probability that the judged block holds speech.
    begins_at, lasts_at
        Probabilities in [0, 1].
    """

    def __init__(self, model: Model, *, begins_at: float, lasts_at: float) -> None:
        self._model = model
        self._begins_at, self._lasts_at = begins_at, lasts_at
        self._blocks: deque[Frames] = deque(maxlen=DELAY_BLOCKS + 1)
        self._context = np.full((CONTEXT_FRAMES, MELS), SILENCE, dtype=np.float32)
        self._loudest: deque[float] = deque([SILENCE] * (LOOK_BLOCKS + 1), maxlen=LOOK_BLOCKS + 1)
        self._probability = 0.0
        self._is_speech = False

    def __call__(self, frames: Frames) -> Iterator[tuple[Frames, bool]]:
        """Take whole blocks; yield each block that can be judged now, and whether it holds speech."""
        for start in range(0, len(frames), BLOCK_FRAMES):
            block = frames[start : start + BLOCK_FRAMES]
            self._context = np.concatenate([self._context[BLOCK_FRAMES:], block.log_mel])
            self._blocks.append(block)
            self._loudest.append(float(block.log_mel.max()))
            if len(self._blocks) <= LOOK_BLOCKS:
                continue
            earlier, was_speech = self._probability, self._is_speech
            self._probability = self._judge()
            begins = self._probability >= self._begins_at
            self._is_speech = begins or (was_speech and self._probability >= self._lasts_at)
            if len(self._blocks) > DELAY_BLOCKS:
                yield self._blocks[0], was_speech or (self._is_speech and earlier >= self._lasts_at)

    def _judge(self) -> float:
        if self._loudest[0] < _FAINTEST:
            return 0.0
        return float(self._model(activity_input(self._context)[None, :, :, None])[0].ravel()[0])
