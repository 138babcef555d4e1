from __future__ import annotations

import contextlib
import errno
import sys
import threading
from itertools import pairwise
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from edge.capture.microphone import make_source
from edge.capture.microphone.options import MicrophoneOptions
from edge.clock import RealClock
from edge.errors import SourceError, SourceReason

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from edge.signals import AudioChunk

DEVICES = [
    {"name": "HDA: speakers", "maxInputChannels": 0, "defaultSampleRate": 48000.0},
    {"name": "HDA: webcam", "maxInputChannels": 1, "defaultSampleRate": 44100.0},
    {"name": "ReSpeaker 4 Mic Array USB", "maxInputChannels": 4, "defaultSampleRate": 48000.0},
]


class FakePyAudio(ModuleType):
    """PyAudio with three devices, of which `tone` comes out in buffers until `unplugged`."""

    paInt16, paContinue, paInputOverflow = 8, 0, 2  # noqa: N815

    def __init__(self) -> None:
        super().__init__("pyaudio")
        self.devices = [dict(device, index=index) for index, device in enumerate(DEVICES)]
        self.supported: set[tuple[int, int]] = {(48000, 1), (48000, 2), (44100, 1)}
        self.open_error: OSError | None = None
        self.alive = 0
        self.streams: list[FakeStream] = []
        self.buffers = 30
        self.overflow_at: set[int] = set()
        self.unplugged = False

    def PyAudio(self) -> FakePyAudio:  # noqa: N802
        self.alive += 1
        return self

    def terminate(self) -> None:
        self.alive -= 1

    def get_device_count(self) -> int:
        return len(self.devices)

    def get_device_info_by_index(self, index: int) -> dict[str, Any]:
        return self.devices[index]

    def get_default_input_device_info(self) -> dict[str, Any]:
        if not self.devices:
            raise OSError("No Default Input Device Available")
        return self.devices[1]

    def is_format_supported(self, rate: int, *, input_channels: int, **_: Any) -> bool:
        if (rate, input_channels) not in self.supported:
            raise ValueError("Invalid sample rate", -9997)
        return True

    def open(self, **asked: Any) -> FakeStream:
        if self.open_error is not None:
            raise self.open_error
        self.streams.append(FakeStream(self, asked))
        return self.streams[-1]


class FakeStream:
    def __init__(self, library: FakePyAudio, asked: dict[str, Any]) -> None:
        self.library = library
        self.asked = asked
        self.closed = False
        threading.Thread(target=self.play, daemon=True).start()

    def play(self) -> None:
        rate, channels, frames = (self.asked[key] for key in ("rate", "channels", "frames_per_buffer"))
        for buffer in range(self.library.buffers):
            at_s = (buffer * frames + np.arange(frames)) / rate
            tone = (16384 * np.sin(2 * np.pi * 440 * at_s)).astype("<i2")
            payload = np.repeat(tone[:, None], channels, axis=1).tobytes()
            status = self.library.paInputOverflow if buffer in self.library.overflow_at else 0
            self.asked["stream_callback"](payload, frames, {}, status)

    def is_active(self) -> bool:
        return not self.library.unplugged

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def pyaudio(monkeypatch: pytest.MonkeyPatch) -> FakePyAudio:
    library = FakePyAudio()
    monkeypatch.setitem(sys.modules, "pyaudio", library)
    monkeypatch.setattr("edge.capture.microphone.source.SILENT_DRIVER_S", 0.05)
    return library


def microphone(device: str | None = None) -> Any:
    return make_source("mic", MicrophoneOptions(kind="microphone", device=device), clock=RealClock())


async def first(source: Any, count: int) -> list[AudioChunk]:
    samples: AsyncGenerator[AudioChunk, None] = source.samples()
    async with contextlib.aclosing(samples):
        return [await anext(samples) for _ in range(count)]


@pytest.mark.parametrize(
    ("wanted", "index"), [(None, 1), ("respeaker", 2), ("*USB*", 2), ("*webcam", 1), ("HDA: web", 1)]
)
async def test_found_by_name_or_pattern(pyaudio: FakePyAudio, wanted: str | None, index: int) -> None:
    await first(microphone(wanted), 1)
    assert pyaudio.streams[0].asked["input_device_index"] == index


@pytest.mark.parametrize("wanted", ["speakers", "kinect", "*nothing*"])
async def test_absent_microphone(pyaudio: FakePyAudio, wanted: str) -> None:
    with pytest.raises(SourceError) as caught:
        await first(microphone(wanted), 1)
    assert caught.value.reason is SourceReason.MISSING
    assert pyaudio.alive == 0


@pytest.mark.parametrize(
    ("supported", "rate", "channels"),
    [
        ({(16000, 1), (48000, 1)}, 16000, 1),
        ({(16000, 2)}, 16000, 2),
        ({(48000, 1)}, 48000, 1),
        (set(), 48000, 2),
    ],
)
async def test_resampled_once_to_mono(
    pyaudio: FakePyAudio, supported: set[tuple[int, int]], rate: int, channels: int
) -> None:
    pyaudio.supported = supported
    chunks = await first(microphone("respeaker"), 10)
    assert (pyaudio.streams[0].asked["rate"], pyaudio.streams[0].asked["channels"]) == (rate, channels)
    sound = np.concatenate([chunk.samples for chunk in chunks])
    assert sound.dtype == np.float32
    assert abs(len(sound) - 32000) < 200
    spectrum = np.abs(np.fft.rfft(sound[800:16800]))
    assert spectrum.argmax() == 440
    assert np.abs(sound[800:-800]).max() == pytest.approx(0.5, abs=0.01)
    for before, after in pairwise(chunks):
        assert after.start_s == pytest.approx(before.end_s, abs=2e-3)


async def test_overruns_are_counted(pyaudio: FakePyAudio) -> None:
    pyaudio.overflow_at = {2, 3}
    source = microphone()
    await first(source, 10)
    assert source.counters["overruns"] == 2


@pytest.mark.parametrize(
    ("unplugged", "reason"), [(True, SourceReason.DISCONNECTED), (False, SourceReason.TIMEOUT)]
)
async def test_microphone_that_falls_silent_is_lost_and_closed(
    pyaudio: FakePyAudio, unplugged: bool, reason: SourceReason
) -> None:
    pyaudio.unplugged = unplugged
    with pytest.raises(SourceError) as caught:
        await first(microphone(), 100)
    assert caught.value.reason is reason
    assert pyaudio.streams[0].closed
    assert pyaudio.alive == 0


async def test_one_that_came_back_is_found_by_a_new_start(pyaudio: FakePyAudio) -> None:
    source, devices = microphone("usb"), pyaudio.devices
    pyaudio.devices = devices[:2]
    with pytest.raises(SourceError):
        await first(source, 1)
    pyaudio.devices = devices
    assert len(await first(source, 3)) == 3


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(-9985, "Device unavailable"), SourceReason.BUSY),
        (OSError(errno.EIO, "Input/output error"), SourceReason.DISCONNECTED),
        (OSError("odd"), SourceReason.DISCONNECTED),
    ],
)
async def test_microphone_that_cannot_be_opened(
    pyaudio: FakePyAudio, error: OSError, reason: SourceReason
) -> None:
    pyaudio.open_error = error
    with pytest.raises(SourceError) as caught:
        await first(microphone(), 1)
    assert caught.value.reason is reason
    assert pyaudio.alive == 0


async def test_without_pyaudio_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyaudio", None)
    with pytest.raises(SourceError) as caught:
        await first(microphone(), 1)
    assert caught.value.reason is SourceReason.NOT_INSTALLED


async def test_machine_without_any_microphone(pyaudio: FakePyAudio) -> None:
    pyaudio.devices = []
    with pytest.raises(SourceError) as caught:
        await first(microphone(), 1)
    assert caught.value.reason is SourceReason.MISSING
