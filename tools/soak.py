#!/usr/bin/env python3
"""Run the street for a long equivalent time while sensors are unplugged and the broker is killed.

A replay at many times real time stands in for the sensors. Faults come at random, from a seed; each
must be recovered from, no stage may get stuck and the memory may not grow. `--json` keeps the report.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import logging
import random
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import av
import numpy as np

import benchmark
from edge import app
from edge.clock import RealClock
from edge.config.load import load_config
from edge.errors import SourceError, SourceReason
from edge.service.heap import settle, steady_heap
from edge.service.watchdog import Watchdog
from edge.street import Observer
from embedded_broker import EmbeddedBroker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from edge.capture.source import Source
    from edge.release import Release
    from edge.signals import Sample

LARGEST_SLOPE_MB_PER_H: Final = 1.0
WARM_UP_SHARE: Final = 0.25
"""The first part of a run in which caches and allocators still fill; it is left out of the slope."""
BETWEEN_FAULTS_S: Final = (120.0, 600.0)
UNPLUGGED_S: Final = (1.0, 60.0)
BROKER_AWAY_REAL_S: Final = (0.5, 3.0)
RECOVERY_REAL_S: Final = 30.0
SERIES: Final = ("memory_h_mb", "fault_h_s")
"""What of the report is for plots (tools/draw_soak.py)."""
MOSQUITTO: Final = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")


def main() -> int:
    """Soak and report; 1 when anything leaked, got stuck or did not come back."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=float, default=24.0, help="equivalent hours (24)")
    parser.add_argument("--speed", type=float, default=20.0, help="times real time (20)")
    parser.add_argument(
        "--camera-hz", type=int, default=15, metavar="N", help="pictures a second of the film (15)"
    )
    parser.add_argument(
        "--set",
        dest="overrides",
        action="append",
        default=[],
        metavar="KEY.PATH=VALUE",
        help="override a key",
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report there as well")
    options = parser.parse_args()
    logging.basicConfig(level=logging.CRITICAL)
    steady_heap()
    benchmark.make_input()
    options.film = film_at(options.camera_hz)
    with tempfile.TemporaryDirectory() as directory:
        soak = Soak(options, Path(directory))
        report = asyncio.run(soak.run())
    if options.json:
        options.json.write_text(json.dumps(report) + "\n", encoding="utf-8")
    print(json.dumps({key: value for key, value in report.items() if key not in SERIES}, indent=2))
    return int(not report["passed"])


def film_at(rate_hz: int) -> Path:
    """Make the benchmark's film at a camera's rate; raw, as decoding at 20 times real time costs the most."""
    film = benchmark.INPUT / f"face_{rate_hz}_hz.nut"
    every = int(benchmark.FRAME_RATE / rate_hz)
    with av.open(str(benchmark.INPUT / "face.mp4")) as source:
        frames = itertools.islice(source.decode(video=0), 0, None, every)
        benchmark.write_raw(film, frames, rate=Fraction(rate_hz))
    return film


class Broker:
    """A broker in a process of its own, that can be killed: mosquitto, or the embedded one."""

    def __init__(self, directory: Path) -> None:
        self.port = EmbeddedBroker().port
        config = directory / "mosquitto.conf"
        config.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\n", encoding="utf-8")
        embedded = (
            f"import embedded_broker as b, time; b.EmbeddedBroker({self.port}).start(); time.sleep(1e6)"
        )
        self._command = [MOSQUITTO, "-c", str(config)] if MOSQUITTO else [sys.executable, "-c", embedded]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Let it run (again)."""
        self._process = subprocess.Popen(
            self._command,
            cwd=Path(__file__).parent,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self) -> None:
        """As a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


class Unpluggable:
    """A source whose cable can be pulled."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.name = source.name
        self.stale_after_s = source.stale_after_s
        self.plugged = asyncio.Event()
        self.plugged.set()
        self._pulled = asyncio.Event()

    def pull(self) -> None:
        """Lose the device."""
        self.plugged.clear()
        self._pulled.set()

    def plug(self) -> None:
        """Give it back."""
        self._pulled.clear()
        self.plugged.set()

    async def samples(self) -> AsyncIterator[Sample]:
        """Yield until the cable is pulled; refuse to open without it."""
        if not self.plugged.is_set():
            raise SourceError(self.name, SourceReason.MISSING, "unplugged by the soak")
        samples = self._source.samples()
        try:
            async for sample in samples:
                if self._pulled.is_set():
                    raise SourceError(self.name, SourceReason.DISCONNECTED, "unplugged by the soak")
                yield sample
        finally:
            await samples.aclose()  # type: ignore[attr-defined]


@dataclass(slots=True)
class Fault:
    """One fault, when it came, and how long it took to recover, real seconds; None when it never did."""

    kind: str
    at_h: float
    recovered_after_s: float | None = None


@dataclass(slots=True)
class Counts(Observer):
    """What came in and went out."""

    samples: dict[str, int] = field(default_factory=dict)
    releases: int = 0

    def on_sample(self, sample: Sample) -> None:
        """Count it."""
        self.samples[sample.source] = self.samples.get(sample.source, 0) + 1

    def on_release(self, _release: Release) -> None:
        """Count it."""
        self.releases += 1


class Soak:
    """One run."""

    def __init__(self, options: argparse.Namespace, directory: Path) -> None:
        self._options = options
        self._random = random.Random(options.seed)
        self._clock = RealClock(options.speed)
        self._broker = Broker(directory)
        self._directory = directory
        self._counts = Counts()
        self._sources: dict[str, Unpluggable] = {}
        self._faults: list[Fault] = []
        self._memory: list[tuple[float, float]] = []
        self._stuck: set[str] = set()

    async def run(self) -> dict[str, Any]:
        """Run the street beside the one who breaks it and the one who watches it."""
        overrides = (
            f"publish.mqtt.port={self._broker.port}",
            f"state_directory={self._directory / 'state'}",
            f"sources.camera.path={self._options.film}",
            *self._options.overrides,
        )
        config = load_config(benchmark.INPUT / "benchmark.yaml", overrides=overrides).config
        make_sources = app.make_sources
        app.make_sources = lambda sources, **how: self._unpluggable(make_sources(sources, **how))
        street = app.Street(config, clock=self._clock, observer=self._counts)
        settle()
        self._broker.start()
        began_s = self._clock.now_s()
        helpers = [asyncio.create_task(self._break(street)), asyncio.create_task(self._watch(street))]
        try:
            await street.run(seconds=self._options.hours * 3600)
        finally:
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
            self._broker.kill()
        return self._report(self._clock.now_s() - began_s, street)

    def _unpluggable(self, sources: Mapping[str, Source]) -> dict[str, Unpluggable]:
        self._sources = {name: Unpluggable(source) for name, source in sources.items()}
        return self._sources

    async def _break(self, street: app.Street) -> None:
        while True:
            await self._clock.sleep_until(self._clock.now_s() + self._random.uniform(*BETWEEN_FAULTS_S))
            kind = self._random.choice([*self._sources, "broker"])
            name = "broker restart" if kind == "broker" else f"unplug {kind}"
            fault = Fault(name, self._clock.now_s() / 3600)
            self._faults.append(fault)
            if kind == "broker":
                await self._restart_broker(street, fault)
            else:
                await self._unplug(kind, fault)

    async def _unplug(self, name: str, fault: Fault) -> None:
        source = self._sources[name]
        source.pull()
        await self._clock.sleep_until(self._clock.now_s() + self._random.uniform(*UNPLUGGED_S))
        source.plug()
        before = self._counts.samples.get(name, 0)
        await _until(lambda: self._counts.samples.get(name, 0) > before, fault)

    async def _restart_broker(self, street: app.Street, fault: Fault) -> None:
        self._broker.kill()
        await asyncio.sleep(self._random.uniform(*BROKER_AWAY_REAL_S))
        self._broker.start()
        await _until(lambda: street.publisher.status.connected, fault)

    async def _watch(self, street: app.Street) -> None:
        watchdog = Watchdog(street._progress)  # noqa: SLF001 - what systemd's watchdog is fed from
        while True:
            self._memory.append((self._clock.now_s(), _rss_mb()))
            self._stuck |= watchdog.stuck()
            await asyncio.sleep(5.0)

    def _report(self, seconds: float, street: app.Street) -> dict[str, Any]:
        times_s, memory_mb = np.array(self._memory).T
        settled = times_s > times_s[-1] * WARM_UP_SHARE
        slope = (
            float(np.polyfit(times_s[settled] / 3600, memory_mb[settled], 1)[0]) if settled.sum() > 2 else 0.0
        )
        kinds = sorted({fault.kind for fault in self._faults})
        faults = {kind: _summary([fault for fault in self._faults if fault.kind == kind]) for kind in kinds}
        stations = street._stations.by_name  # noqa: SLF001 - what they lost
        lost = sum(fault.recovered_after_s is None for fault in self._faults[:-1])
        return {
            "equivalent_hours": round(seconds / 3600, 2),
            "speed": self._options.speed,
            "seed": self._options.seed,
            "samples": self._counts.samples,
            "releases": self._counts.releases,
            "restarts": {status.name: status.restarts for status in street.sources},
            "dropped": {name: station.inbox.dropped for name, station in stations.items()},
            "failed_readings": {name: station.failures for name, station in stations.items()},
            "cpu_s": round(time.process_time()),
            "faults": faults,
            "stuck": sorted(self._stuck),
            "rss_mb_start_end": [round(float(memory_mb[0]), 1), round(float(memory_mb[-1]), 1)],
            "rss_slope_mb_per_equivalent_hour": round(slope, 3),
            "memory_h_mb": [[round(at_s / 3600, 3), round(mb, 1)] for at_s, mb in self._memory],
            "fault_h_s": [[each.kind, round(each.at_h, 3), each.recovered_after_s] for each in self._faults],
            "passed": not self._stuck and not lost and slope < LARGEST_SLOPE_MB_PER_H,
        }


async def _until(condition: Any, fault: Fault) -> None:
    """Wait for the recovery and note how long it took; give up after a while."""
    began_s = time.monotonic()
    while time.monotonic() - began_s < RECOVERY_REAL_S:
        if condition():
            fault.recovered_after_s = time.monotonic() - began_s
            return
        await asyncio.sleep(0.02)


def _summary(faults: list[Fault]) -> dict[str, Any]:
    times_s = [fault.recovered_after_s for fault in faults if fault.recovered_after_s is not None]
    return {
        "count": len(faults),
        "recovered": len(times_s),
        "slowest_recovery_real_s": round(max(times_s), 2) if times_s else None,
    }


def _rss_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6


if __name__ == "__main__":
    sys.exit(main())
