"""A microphone through PyAudio's callback, mixed to mono and resampled once."""

from __future__ import annotations

import fnmatch
import queue
from typing import TYPE_CHECKING, Any, Final

import av
import numpy as np

from edge.capture.microphone.quiet import hush
from edge.capture.pump import Pump
from edge.capture.timebase import TimeBase
from edge.errors import SourceError, SourceReason
from edge.signals import AUDIO_CHUNK_S, AUDIO_RATE_HZ, AudioChunk

if TYPE_CHECKING:
    import threading
    from collections.abc import AsyncIterator, Generator, Mapping

    from numpy.typing import NDArray

    from edge.capture.microphone.options import MicrophoneOptions
    from edge.clock import Clock

SILENT_DRIVER_S: Final = 2.0
WAITING_BUFFERS: Final = 50
"""Ten seconds of sound may wait for the street."""

_BUSY: Final = frozenset({-9985, -9996, -9999})
"""PortAudio's codes for a device that is unavailable, invalid or in trouble with its host."""


class Microphone:
    """Mono sound at 16 kHz, of one device."""

    stale_after_s = 3.0

    def __init__(self, name: str, options: MicrophoneOptions, *, clock: Clock) -> None:
        self.name = name
        self._options = options
        self._clock = clock
        self._pump = Pump(room=WAITING_BUFFERS)
        self._base = TimeBase()
        self._count = 0
        self._overruns = 0

    @property
    def counters(self) -> Mapping[str, int]:
        """Overruns that the driver told of, and chunks that the street was too slow for."""
        return {"overruns": self._overruns, "dropped_chunks": self._pump.dropped}

    async def samples(self) -> AsyncIterator[AudioChunk]:
        """Open the device and yield chunks until closed."""
        pumped = self._pump.run(self.name, self._chunks)
        try:
            async for chunk in pumped:
                yield chunk
        finally:
            await pumped.aclose()

    def _chunks(self, stop: threading.Event) -> Generator[AudioChunk, None, None]:
        try:
            import pyaudio
        except ImportError as error:
            detail = "PyAudio is not installed (pip install 'edge-affect[microphone]')"
            raise SourceError(self.name, SourceReason.NOT_INSTALLED, detail) from error
        hush()
        # PortAudio lists devices once, when it starts: only a new start sees one that came back.
        audio = pyaudio.PyAudio()
        try:
            yield from self._record(pyaudio, audio, stop)
        finally:
            audio.terminate()

    def _record(self, pyaudio: Any, audio: Any, stop: threading.Event) -> Generator[AudioChunk, None, None]:
        device = _find(self.name, audio, self._options.device)
        heard: queue.SimpleQueue[tuple[bytes, float]] = queue.SimpleQueue()

        def take(payload: bytes, _frames: int, _time: Any, status: int) -> tuple[None, int]:
            self._overruns += bool(status & pyaudio.paInputOverflow)
            heard.put((payload, self._clock.now_s()))
            return None, pyaudio.paContinue

        rate_hz, channels = _format(pyaudio, audio, device)
        try:
            stream = audio.open(
                format=pyaudio.paInt16,
                channels=channels,
                rate=rate_hz,
                input=True,
                input_device_index=device["index"],
                frames_per_buffer=round(rate_hz * AUDIO_CHUNK_S),
                stream_callback=take,
            )
        except OSError as error:
            raise self._lost(error) from error
        self._base.restart()
        resampler = av.AudioResampler(format="fltp", rate=AUDIO_RATE_HZ)
        try:
            while not stop.is_set():
                try:
                    payload, arrival_s = heard.get(timeout=SILENT_DRIVER_S)
                except queue.Empty:
                    gone = not stream.is_active()
                    reason = SourceReason.DISCONNECTED if gone else SourceReason.TIMEOUT
                    raise SourceError(self.name, reason, "the microphone gives no sound") from None
                samples = _mono(resampler, payload, rate_hz=rate_hz, channels=channels)
                self._count += len(samples)
                span_s = len(samples) / AUDIO_RATE_HZ
                end_s = self._base.map(self._count / AUDIO_RATE_HZ, arrival_s=arrival_s, span_s=span_s)
                if end_s is not None:
                    yield AudioChunk(self.name, end_s - span_s, samples)
        finally:
            stream.close()

    def _lost(self, error: OSError) -> SourceError:
        code = error.errno if error.errno is not None else 0
        reason = SourceReason.BUSY if code in _BUSY else SourceReason.DISCONNECTED
        return SourceError(self.name, reason, f"the microphone cannot be opened: {error.strerror or error}")


def _find(name: str, audio: Any, wanted: str | None) -> dict[str, Any]:
    if wanted is None:
        try:
            return dict(audio.get_default_input_device_info())
        except OSError as error:
            raise SourceError(name, SourceReason.MISSING, "there is no microphone") from error
    pattern = wanted.lower() if any(sign in wanted for sign in "*?[") else f"*{wanted.lower()}*"
    devices = [dict(audio.get_device_info_by_index(index)) for index in range(audio.get_device_count())]
    for device in devices:
        if device["maxInputChannels"] > 0 and fnmatch.fnmatchcase(device["name"].lower(), pattern):
            return device
    raise SourceError(name, SourceReason.MISSING, f"no microphone is named like {wanted}")


def _format(pyaudio: Any, audio: Any, device: dict[str, Any]) -> tuple[int, int]:
    """Rate and channels to record with: ours where the device has them, else its own."""
    own_hz, own_channels = round(device["defaultSampleRate"]), min(2, device["maxInputChannels"])
    for rate_hz, channels in ((AUDIO_RATE_HZ, 1), (AUDIO_RATE_HZ, own_channels), (own_hz, 1)):
        try:
            audio.is_format_supported(
                rate_hz, input_device=device["index"], input_channels=channels, input_format=pyaudio.paInt16
            )
        except ValueError:
            continue
        return rate_hz, channels
    return own_hz, own_channels


def _mono(
    resampler: av.AudioResampler, payload: bytes, *, rate_hz: int, channels: int
) -> NDArray[np.float32]:
    """Resample one buffer; the mean of the channels stays within [-1, 1]."""
    interleaved = np.frombuffer(payload, np.int16).reshape(1, -1)
    layout = "mono" if channels == 1 else "stereo"
    frame = av.AudioFrame.from_ndarray(interleaved, format="s16", layout=layout)
    frame.rate = rate_hz
    pieces = [out.to_ndarray().mean(axis=0) for out in resampler.resample(frame)]
    return np.concatenate(pieces).astype(np.float32) if pieces else np.zeros(0, np.float32)
