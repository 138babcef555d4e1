"""A real PyAudio on a real PulseAudio: a null sink plays what its monitor, our microphone, hears."""

from __future__ import annotations

import asyncio
import logging
import shutil
import wave
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from edge.capture.microphone import make_source
from edge.capture.microphone.options import MicrophoneOptions
from edge.capture.supervisor import SourceState, SourceStatus, Supervisor
from edge.clock import RealClock
from edge.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from edge.signals import AudioChunk

pytest.importorskip("pyaudio")
if not all(map(shutil.which, ("pulseaudio", "pacat", "pactl"))):
    pytest.skip("pulseaudio is not installed", allow_module_level=True)

RATE_HZ = 16_000
LIMIT_S = 10.0

log = logging.getLogger(__name__)


class Sound:
    """A PulseAudio server of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.server: Any = None

    async def start(self) -> None:
        modules = (
            f"module-native-protocol-unix socket={self.home}/pulse.sock auth-anonymous=1",
            f"module-null-sink sink_name=room rate={RATE_HZ} channels=1 format=s16le",
        )
        self.server = await asyncio.create_subprocess_exec(
            *("pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--disable-shm=yes"),
            *(part for module in modules for part in ("-L", module)),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        for _ in range(100):
            asked = await asyncio.create_subprocess_exec(
                "pactl", "info", stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
            )
            if await asked.wait() == 0:
                return
            await asyncio.sleep(0.05)
        pytest.fail("PulseAudio does not start")

    async def stop(self) -> None:
        if self.server.returncode is None:
            self.server.kill()
        await self.server.wait()

    async def play(self, sound: np.ndarray) -> None:
        path = self.home / "sound.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE_HZ)
            file.writeframes(sound.astype("<i2").tobytes())
        player = await asyncio.create_subprocess_exec("paplay", "-d", "room", str(path))
        assert await player.wait() == 0


@pytest.fixture
async def sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sound]:
    (tmp_path / "asound.conf").write_text(
        "</usr/share/alsa/alsa.conf>\n"
        f'pcm.roommic {{ type pulse; server "unix:{tmp_path}/pulse.sock"; device "room.monitor" }}\n'
    )
    for key, value in {
        "XDG_RUNTIME_DIR": str(tmp_path),
        "HOME": str(tmp_path),
        "PULSE_SERVER": f"unix:{tmp_path}/pulse.sock",
        "PULSE_LATENCY_MSEC": "200",
        "ALSA_CONFIG_PATH": str(tmp_path / "asound.conf"),
    }.items():
        # PortAudio's C code reads the process's own environment, which setenv changes as well.
        monkeypatch.setenv(key, value)
    room = Sound(tmp_path)
    await room.start()
    yield room
    await room.stop()


def chirp(seconds: float) -> np.ndarray:
    at_s = np.arange(round(RATE_HZ * seconds)) / RATE_HZ
    return np.round(16000 * np.sin(2 * np.pi * (200 + 400 * at_s) * at_s))


def share_found(piece: np.ndarray, heard: list[AudioChunk]) -> float:
    """Share of the samples of `piece` that are the same where it fits best."""
    recorded = np.round(np.concatenate([chunk.samples for chunk in heard]) * 32768)
    size = 1 << (len(recorded) + len(piece)).bit_length()
    match = np.fft.irfft(np.fft.rfft(recorded, size) * np.conj(np.fft.rfft(piece, size)), size)
    start = int(match[: len(recorded) - len(piece) + 1].argmax())
    return float(np.mean(recorded[start : start + len(piece)] == piece))


async def test_every_sample_arrives_and_an_unplugged_microphone_comes_back(sound: Sound) -> None:
    clock = RealClock()
    heard: list[AudioChunk] = []
    statuses: list[SourceStatus] = []
    changed, arrived = asyncio.Event(), asyncio.Event()

    async def deliver(chunk: Any) -> None:
        heard.append(chunk)
        arrived.set()

    def note(status: SourceStatus) -> None:
        statuses.append(status)
        changed.set()

    async def reach(*states: SourceState) -> None:
        while supervisor.state not in states:
            changed.clear()
            await changed.wait()

    async def more(chunks: int) -> None:
        wanted = len(heard) + chunks
        while len(heard) < wanted:
            arrived.clear()
            await arrived.wait()

    source = make_source("mic", MicrophoneOptions(kind="microphone", device="roommic"), clock=clock)
    supervisor = Supervisor(source, clock=clock, deliver=deliver, on_state=note)
    task = asyncio.create_task(supervisor.run())
    try:
        async with asyncio.timeout(60):
            await reach(SourceState.OK)
            exact = 0.0
            for _ in range(5):
                # A busy machine may starve PulseAudio itself, so that a sound has holes before we hear it.
                heard.clear()
                await sound.play(played := chirp(2.0))
                await more(5)
                exact = max(exact, share_found(played[8000:24000], heard))
                if exact == 1.0:
                    break
            assert exact == 1.0

            await sound.stop()
            await reach(SourceState.FAILED, SourceState.ABSENT)
            await sound.start()
            started_s = clock.now_s()
            await reach(SourceState.OK)
            back_s = clock.now_s() - started_s
            supervisor.mute()
            await reach(SourceState.MUTED)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    log.info("the microphone is back %.1f s after its server", back_s)
    assert back_s < LIMIT_S
    starts = [chunk.start_s for chunk in heard]
    assert starts == sorted(starts)


async def test_absent_microphone_says_so_once_and_its_libraries_say_nothing(
    sound: Sound, capfd: pytest.CaptureFixture[str]
) -> None:
    source = make_source("mic", MicrophoneOptions(kind="microphone", device="kinect"), clock=RealClock())
    with pytest.raises(SourceError) as caught:
        await anext(aiter(source.samples()))
    assert caught.value.detail == "no microphone is named like kinect"
    assert capfd.readouterr() == ("", "")
