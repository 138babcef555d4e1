"""Sound of an audio or video file, as 16 kHz mono."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import av
import numpy as np

from edge.capture.replay.media import decoded, opened
from edge.capture.replay.recording import Piece
from edge.signals import AUDIO_CHUNK_S, AUDIO_RATE_HZ, AudioChunk

if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.typing import NDArray

    from edge.capture.replay.options import ReplayAudio

CHUNK_SAMPLES: Final = round(AUDIO_RATE_HZ * AUDIO_CHUNK_S)


def chunks(name: str, options: ReplayAudio) -> Generator[Piece, None, None]:
    """Decode chunks; the last one is shorter."""
    count = 0
    for samples in _chunked(_resampled(name, options)):
        start_s = count / AUDIO_RATE_HZ
        count += len(samples)
        yield Piece(count / AUDIO_RATE_HZ, partial(_chunk, name, start_s, samples))


def _chunk(name: str, start_s: float, samples: NDArray[np.float32], began_s: float) -> AudioChunk:
    return AudioChunk(name, began_s + start_s, samples)


def _resampled(name: str, options: ReplayAudio) -> Generator[NDArray[np.float32], None, None]:
    # The mean of the channels, as FFmpeg's own mix to mono may leave [-1, 1].
    resampler = av.AudioResampler(format="fltp", rate=AUDIO_RATE_HZ)
    with opened(name, options, "audio") as (container, stream):
        for frame in decoded(name, options, container, stream):
            for resampled in resampler.resample(frame):
                yield resampled.to_ndarray().mean(axis=0)
        for resampled in resampler.resample(None):
            yield resampled.to_ndarray().mean(axis=0)


def _chunked(
    pieces: Generator[NDArray[np.float32], None, None],
) -> Generator[NDArray[np.float32], None, None]:
    held = np.zeros(0, np.float32)
    for piece in pieces:
        held = np.concatenate([held, piece])
        while len(held) >= CHUNK_SAMPLES:
            yield held[:CHUNK_SAMPLES].copy()
            held = held[CHUNK_SAMPLES:]
    if len(held):
        yield held
