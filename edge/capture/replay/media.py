"""Opening a media file with PyAV, and what can go wrong with it."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import av

from edge.capture.replay.recording import unreadable
from edge.errors import SourceError, SourceReason

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from edge.capture.replay.options import RecordingOptions

_LOG: Final = logging.getLogger(__name__)


@contextmanager
def opened(name: str, options: RecordingOptions, kind: str) -> Iterator[tuple[Any, Any]]:
    """Open the container and its first stream of a kind, `video` or `audio`."""
    try:
        container = av.open(str(options.path))
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise unreadable(name, options.path, getattr(error, "strerror", None) or str(error)) from error
    with container:
        streams = getattr(container.streams, kind)
        if not streams:
            raise SourceError(name, SourceReason.UNSUPPORTED, f"{options.path} has no {kind} in it")
        streams[0].thread_type = "AUTO"
        yield container, streams[0]


def decoded(name: str, options: RecordingOptions, container: Any, stream: Any) -> Generator[Any, None, None]:
    """Frames of a stream; a file that breaks off in the middle is played up to there."""
    any_frame = False
    try:
        for frame in container.decode(stream):
            any_frame = True
            yield frame
    except (av.error.FFmpegError, OSError, ValueError) as error:
        if not any_frame:
            raise unreadable(name, options.path, "it holds no frame that can be decoded") from error
        _LOG.warning("%s: %s breaks off before its end", name, options.path.name)
        return
    if not any_frame:
        raise unreadable(name, options.path, "it is empty")
