#!/usr/bin/env python3
"""Measure the whole street on a replay: time of each stage, CPU, memory, start and first release.

The street runs in a process of its own, so that neither this tool nor the broker is counted. Its input
is 640x480 video at 15 frames a second with one face, speech, ECG at 130 Hz and skin conductance at
4 Hz; with `--idle` nobody is in the room and it is quiet, but for the noise of camera and microphone.
Decoding the video with the face is counted, though only a replay has to; its share is told as well. The
empty room is raw, as a camera hands it over: to decode noise would cost more than all the rest.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
import wave
from collections import deque
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from edge.app import Street
from edge.cli.run import clock_for
from edge.clock import run
from edge.config.load import load_config
from edge.service.heap import settle, steady_heap
from edge.signals import AUDIO_RATE_HZ
from edge.street import Observer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import av
    from numpy.typing import NDArray

    from edge.clock import Clock
    from edge.config.schema import Config
    from edge.release import Release
    from edge.signals import Sample

INPUT: Final = Path(__file__).resolve().parent.parent / ".cache" / "benchmark"
SIZE: Final = (640, 480)
FRAME_RATE: Final = Fraction(15)
ECG_RATE_HZ: Final = 130
WINDOW_S: Final = 5.0
IDLE_S: Final = 10
NOISE_LEVELS: Final = 2.5
"""Of a camera indoors, of 255."""
QUIET_DB: Final = -60.0
"""Of a microphone in a quiet room, below full scale."""
BUDGETS: Final = {"cpu_s_per_input_s": 0.20, "peak_rss_mb": 160.0, "first_release_s": 5.0 + WINDOW_S}
IDLE_BUDGETS: Final = {**BUDGETS, "cpu_s_per_input_s": BUDGETS["cpu_s_per_input_s"] / 3}


def main() -> int:
    """Measure and report; with `--check`, 1 when a budget is exceeded."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0, metavar="N", help="seconds of input (60)")
    parser.add_argument("--speed", default="1", help="times real time, or `max` for a virtual clock (1)")
    parser.add_argument(
        "--set",
        dest="overrides",
        action="append",
        default=[],
        metavar="KEY.PATH=VALUE",
        help="override a key",
    )
    parser.add_argument("--idle", action="store_true", help="nobody is there, and it is quiet")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report there as well")
    parser.add_argument("--check", action="store_true", help="fail when a budget is exceeded")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--began-s", type=float, default=0.0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        steady_heap()
        config = load_config(options.child, overrides=options.overrides).config
        clock = clock_for(config)
        print(json.dumps(run(measured(config, clock=clock, options=options), clock=clock)))
        return 0
    make_input()
    room, budgets = ("empty.nut", IDLE_BUDGETS) if options.idle else ("face.mp4", BUDGETS)
    film, quiet = INPUT / room, INPUT / "quiet.wav"
    overrides = [f"replay.speed={options.speed}", f"sources.camera.path={film}"]
    overrides += [f"sources.microphone.path={quiet}"] * options.idle
    try:
        report = in_a_process([*overrides, *options.overrides], seconds=options.seconds, budgets=budgets)
    except subprocess.CalledProcessError as error:
        print(f"The street did not run to its end (exit code {error.returncode}).", file=sys.stderr)
        return 1
    report["decoding_cpu_s_per_input_s"] = round(decoding_cpu_s_per_input_s(film), 4)
    for line in told(report):
        print(line)
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return int(options.check and not all(report["within_budget"].values()))


def make_input() -> None:
    """Make the benchmark's recordings from the demo's."""
    import av
    from scipy.signal import resample_poly

    import recordings

    if recordings.main([]) != 0:
        raise SystemExit("the benchmark plays the demo's recordings, which could not be fetched")
    stamp = json.loads((recordings.CACHE / recordings.PROVENANCE).read_text(encoding="utf-8"))["recipe"]
    made = INPUT / "made_from"
    if made.is_file() and made.read_text(encoding="utf-8") == stamp and (INPUT / "empty.nut").is_file():
        return
    print("Making the benchmark's input in .cache/benchmark.", file=sys.stderr)
    INPUT.mkdir(parents=True, exist_ok=True)
    with av.open(str(recordings.CACHE / recordings.SCENE)) as scene:
        frames = _with_a_face(scene, recordings.EMPTY_S)
        recordings.write_video(INPUT / "face.mp4", frames, rate=FRAME_RATE, size=SIZE)
    noise = np.random.default_rng(1)
    with av.open(str(recordings.CACHE / recordings.SCENE)) as scene:
        (last,) = deque(scene.decode(video=0), maxlen=1)
        wall = last.reformat(*SIZE, "rgb24").to_ndarray()
    write_raw(INPUT / "empty.nut", _with_nobody(wall, noise), rate=FRAME_RATE)
    with np.load(recordings.CACHE / recordings.ECG) as ecg:
        ecg_mv = resample_poly(ecg["ecg_mv"], ECG_RATE_HZ, int(ecg["rate_hz"]))
    np.savez(INPUT / "ecg.npz", ecg_mv=ecg_mv, rate_hz=float(ECG_RATE_HZ))
    _write_quiet(INPUT / "quiet.wav", noise)
    config = _config(recordings.CACHE / recordings.VOICE, recordings.CACHE / recordings.SKIN)
    (INPUT / "benchmark.yaml").write_text(json.dumps(config, indent=2), encoding="utf-8")
    made.write_text(stamp, encoding="utf-8")


def _with_a_face(scene: Any, empty_s: float) -> Iterator[av.VideoFrame]:
    """Frames that show the person, at `FRAME_RATE`, cut to 4:3 around her."""
    import av

    stream = scene.streams.video[0]
    end_s = float(stream.duration * stream.time_base) - empty_s
    count = 0
    for frame in scene.decode(stream):
        if count / FRAME_RATE <= frame.time < end_s:
            count += 1
            picture = frame.to_ndarray(format="rgb24")[:, -frame.height * SIZE[0] // SIZE[1] :]
            yield av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), "rgb24")


def _with_nobody(wall: NDArray[np.uint8], noise: np.random.Generator) -> Iterator[av.VideoFrame]:
    """Frames of the wall behind her, no two alike."""
    import av

    for _ in range(IDLE_S * int(FRAME_RATE)):
        picture = wall + noise.normal(0.0, NOISE_LEVELS, wall.shape)
        yield av.VideoFrame.from_ndarray(np.clip(picture.round(), 0, 255).astype(np.uint8), "rgb24")


def write_raw(path: Path, frames: Iterable[av.VideoFrame], *, rate: Fraction) -> None:
    """Write frames of `SIZE` as they are, which costs disk and no time to read."""
    import av

    with av.open(str(path), "w") as target:
        stream = target.add_stream("rawvideo", rate=rate)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        for count, frame in enumerate(frames):
            frame.pts, frame.time_base = count, 1 / rate
            target.mux(stream.encode(frame))
        target.mux(stream.encode())


def _write_quiet(path: Path, noise: np.random.Generator) -> None:
    samples = noise.normal(0.0, 10 ** (QUIET_DB / 20), IDLE_S * AUDIO_RATE_HZ)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, AUDIO_RATE_HZ, 0, "NONE", "not compressed"))
        file.writeframes((samples * 32767).round().astype("<i2").tobytes())


def _config(voice: Path, skin: Path) -> dict[str, Any]:
    return {
        "node": "benchmark",
        "privacy": {"profile": "personal", "window_s": WINDOW_S},
        "sources": {
            "camera": {"kind": "replay_video", "path": "face.mp4", "loop": True},
            "microphone": {"kind": "replay_audio", "path": str(voice), "loop": True},
            "chest_strap": {"kind": "replay_ecg", "path": "ecg.npz", "loop": True},
            "simulated_skin": {"kind": "replay_eda", "path": str(skin), "loop": True},
        },
        "publish": {"mqtt": {"host": "127.0.0.1"}, "lights": [{"kind": "wled", "topic": "wled/lamp"}]},
    }


def in_a_process(overrides: list[str], *, seconds: float, budgets: Mapping[str, float]) -> dict[str, Any]:
    """Run the street in a process of its own and complete its report."""
    from embedded_broker import EmbeddedBroker

    with EmbeddedBroker() as broker, tempfile.TemporaryDirectory() as state:
        overrides = [f"publish.mqtt.port={broker.port}", f"state_directory={state}", *overrides]
        command = [sys.executable, __file__, "--child", str(INPUT / "benchmark.yaml")]
        command += [word for override in overrides for word in ("--set", override)]
        command += ["--seconds", str(seconds), "--began-s", str(time.monotonic())]
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    report: dict[str, Any] = {"machine": f"{platform.machine()}, {os.cpu_count()} cores"} | json.loads(output)
    within = {name: report[name] is not None and report[name] <= limit for name, limit in budgets.items()}
    return {**report, "budgets": dict(budgets), "within_budget": within}


def decoding_cpu_s_per_input_s(film: Path) -> float:
    """Decode a film as the replay does, and do nothing else: what a camera would not have cost."""
    import av

    began_s = time.process_time()
    with av.open(str(film)) as container:
        container.streams.video[0].thread_type = "AUTO"
        count = sum(1 for _ in container.decode(video=0))
    return (time.process_time() - began_s) * float(FRAME_RATE) / count


async def measured(config: Config, *, clock: Clock, options: argparse.Namespace) -> dict[str, Any]:
    """Run the street and report what it took."""
    stopwatch = Stopwatch(clock, began_s=options.began_s)
    street = Street(config, clock=clock, observer=stopwatch)
    settle()
    await street.run(seconds=options.seconds)
    return {"speed": config.replay.speed, **stopwatch.report(options.seconds)}


class Stopwatch(Observer):
    """Times the stages, and everything from the first sample on."""

    def __init__(self, clock: Clock, *, began_s: float) -> None:
        self._clock = clock
        self._began_s = began_s
        self._stages: dict[str, list[float]] = {}
        self._startup_s = 0.0
        self._first_sample_s: float | None = None
        self._first_release_s: float | None = None
        self._cpu_before_s = 0.0

    def on_sample(self, _sample: Sample) -> None:
        """Begin to count at the first one."""
        if self._first_sample_s is None:
            self._startup_s = time.monotonic() - self._began_s
            self._first_sample_s = self._clock.now_s()
            self._cpu_before_s = time.process_time()

    def on_release(self, _release: Release) -> None:
        """Note the first one."""
        if self._first_release_s is None and self._first_sample_s is not None:
            self._first_release_s = self._clock.now_s() - self._first_sample_s

    def on_stage(self, stage: str, seconds: float) -> None:
        """Keep every call."""
        self._stages.setdefault(stage, []).append(seconds * 1000)

    def report(self, seconds: float) -> dict[str, Any]:
        """Sum up."""
        return {
            "input_s": seconds,
            "stages": {
                name: {
                    "calls": len(times_ms),
                    "ms_p50": round(float(np.percentile(times_ms, 50)), 3),
                    "ms_p95": round(float(np.percentile(times_ms, 95)), 3),
                }
                for name, times_ms in sorted(self._stages.items())
            },
            "cpu_s_per_input_s": round((time.process_time() - self._cpu_before_s) / seconds, 4),
            "peak_rss_mb": round(_peak_rss_mb(), 1),
            "startup_s": round(self._startup_s, 2),
            "first_release_s": None if self._first_release_s is None else round(self._first_release_s, 2),
        }


def _peak_rss_mb() -> float:
    # getrusage would count the parent's memory at the fork.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def told(report: dict[str, Any]) -> Iterator[str]:
    """Put the report into lines."""
    yield f"{report['machine']}, {report['input_s']:g} s of input at speed {report['speed']}"
    for name, stage in report["stages"].items():
        p50, p95 = stage["ms_p50"], stage["ms_p95"]
        yield f"  {name:<12} {stage['calls']:>6} calls  p50 {p50:8.2f} ms  p95 {p95:8.2f} ms"
    yield f"  startup_s {report['startup_s']}"
    for name, limit in report["budgets"].items():
        verdict = "within" if report["within_budget"][name] else "OVER"
        yield f"  {name} {report[name]}, {verdict} the budget of {limit:.3g}"
    yield f"  decoding_cpu_s_per_input_s {report['decoding_cpu_s_per_input_s']}, part of that"


if __name__ == "__main__":
    sys.exit(main())
