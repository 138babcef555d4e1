"""Assembles the street from a config and runs it; the only room that knows all the others."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from edge import __version__
from edge.capture import make_sources
from edge.capture.options import modality_of
from edge.capture.supervisor import SourceState, Supervisor
from edge.capture.wearer import WearerOptions
from edge.errors import ModelError, ModelReason
from edge.face import FaceReader
from edge.fusion.room import Fusion
from edge.gate.gate import open_gate
from edge.inference import ModelStore
from edge.inference.manifest import CommercialUse
from edge.physiology import PhysiologyReader
from edge.publish.mqtt import MqttPublisher
from edge.publish.node import Node, Sensor, SensorKind, SensorStatus
from edge.signals import Modality, Sample
from edge.speech import SpeechReader
from edge.street import Inbox, Observer, Station

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge.capture.source import Source
    from edge.capture.supervisor import SourceStatus
    from edge.clock import Clock
    from edge.config.schema import Config
    from edge.publish.commands import Command
    from edge.street import Reader

T = TypeVar("T")
_LOG: Final = logging.getLogger(__name__)

_INBOX_CAPACITY: Final = {Modality.FACE: 1, Modality.SPEECH: 50, Modality.PHYSIOLOGY: 500}
"""Video keeps the newest frame; audio a few seconds; physiology drops nothing."""

_SENSOR_STATUS: Final = {
    SourceState.ABSENT: SensorStatus.ABSENT,
    SourceState.STARTING: SensorStatus.ABSENT,
    SourceState.OK: SensorStatus.OK,
    SourceState.STALE: SensorStatus.DEGRADED,
    SourceState.FAILED: SensorStatus.ABSENT,
    SourceState.MUTED: SensorStatus.MUTED,
    SourceState.ENDED: SensorStatus.ABSENT,
}
_SENSOR_KIND: Final = {
    Modality.FACE: SensorKind.CAMERA,
    Modality.SPEECH: SensorKind.MICROPHONE,
    Modality.PHYSIOLOGY: SensorKind.WEARABLE,
}


class Street:
    """Sensor to lamp, once through: capture -> readers -> fusion -> gate -> publish.

    Parameters
    ----------
    config
        What to build.
    clock
        Real, or virtual to run recordings as fast as possible (see `edge.clock.run`).
    observer
        Watches on the device itself.

    Raises
    ------
    EdgeError
        A model, the ledger or a local file that the config names cannot be used.
    """

    def __init__(self, config: Config, *, clock: Clock, observer: Observer | None = None) -> None:
        self._config = config
        self._clock = clock
        self._observer = observer or Observer()
        self._stopping = asyncio.Event()
        self._store = ModelStore(config.inference.models)
        self._fusion = Fusion(config.fusion)
        self._gate = open_gate(config.privacy, zone=config.zone, state=state_directory(config))
        self.publisher = MqttPublisher(
            self._node(), config.publish.mqtt, lights=config.publish.lights, on_command=self._obey
        )
        self._pool = ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1), thread_name_prefix="reader")
        self.stations: dict[str, Station] = {}
        self.supervisors: dict[str, Supervisor] = {}
        for name, source in make_sources(config.sources, clock=clock).items():
            self._build(name, source)

    async def run(self, *, seconds: float | None = None) -> None:
        """Run until the recordings are over, `seconds` have passed, or `stop` is called."""
        tasks: list[asyncio.Task[None]] = []
        with ExitStack() as release:
            release.callback(self._gate.close)
            release.callback(self._pool.shutdown, wait=False, cancel_futures=True)
            await self.publisher.start()
            try:
                async with asyncio.TaskGroup() as group:
                    tasks += [group.create_task(station.run()) for station in self.stations.values()]
                    tasks += [group.create_task(self._tick()), group.create_task(self._close_windows())]
                    sources = [
                        group.create_task(supervisor.run()) for supervisor in self.supervisors.values()
                    ]
                    tasks += sources
                    endings = [group.create_task(self._recordings_over(sources))]
                    if seconds is not None:
                        endings.append(
                            group.create_task(self._clock.sleep_until(self._clock.now_s() + seconds))
                        )
                    endings.append(group.create_task(self._stopped()))
                    tasks += endings
                    await asyncio.wait(endings, return_when=asyncio.FIRST_COMPLETED)
                    for task in tasks:
                        task.cancel()
            finally:
                await self.publisher.stop()

    def stop(self) -> None:
        """End `run` soon: devices are released and `offline` is published first."""
        self._stopping.set()

    async def _stopped(self) -> None:
        await self._stopping.wait()

    async def _recordings_over(self, sources: list[asyncio.Task[None]]) -> None:
        """Return once every source has ended and the window with its last sample has closed."""
        await asyncio.wait(sources)
        for station in self.stations.values():
            await station.inbox.drained()
        now_wall_s = self._clock.wall_s()
        left_s = self._gate.next_close_s(now_wall_s) - now_wall_s
        await self._clock.sleep_until(self._clock.now_s() + left_s + 1 / self._config.fusion.tick_hz)

    async def _tick(self) -> None:
        """Let the gate see the fused state of the room at a fixed rate."""
        period_s = 1 / self._config.fusion.tick_hz
        at_s = self._clock.now_s()
        while True:
            at_s = max(at_s + period_s, self._clock.now_s())
            await self._clock.sleep_until(at_s)
            began_s = time.perf_counter()
            room = self._fusion.state(self._clock.now_s())
            self._observer.on_stage("fusion", time.perf_counter() - began_s)
            self._observer.on_room(room)
            self._gate.observe(room, self._clock.wall_s())

    async def _close_windows(self) -> None:
        """Close each window when it is due, and publish what the gate lets go."""
        while True:
            wall_s = self._clock.wall_s()
            left_s = self._gate.next_close_s(wall_s) - wall_s
            await self._clock.sleep_until(self._clock.now_s() + left_s)
            began_s = time.perf_counter()
            verdicts = self._gate.close_due(self._clock.wall_s())
            self._observer.on_stage("gate", time.perf_counter() - began_s)
            for verdict in verdicts:
                _LOG.info("%s", verdict.decision)
                self._observer.on_decision(verdict.decision)
                began_s = time.perf_counter()
                await self.publisher.publish(verdict.release)
                self._observer.on_stage("publish", time.perf_counter() - began_s)
                self._observer.on_release(verdict.release)
                self._observer.on_lamps(self.publisher.lamp_colours)

    def _build(self, name: str, source: Source) -> None:
        station = self._station(name)

        async def deliver(sample: Sample) -> None:
            self._observer.on_sample(sample)
            if station is not None:
                await station.inbox.put(sample)

        self.supervisors[name] = Supervisor(
            source,
            clock=self._clock,
            deliver=deliver,
            on_state=self._note_source,
        )

    def _station(self, name: str) -> Station | None:
        """Find or make the station behind a source; the sources of one wearer share theirs."""
        options = self._config.sources[name]
        modality = modality_of(options)
        key = f"wearer {options.wearer}" if isinstance(options, WearerOptions) else name
        if not self._reader_options(modality).enabled:
            return None
        if key not in self.stations:
            self.stations[key] = Station(
                str(modality),
                self._reader(modality),
                Inbox(
                    capacity=_INBOX_CAPACITY[modality],
                    lossless=self._clock.is_virtual or modality is Modality.PHYSIOLOGY,
                ),
                run_blocking=self._run_blocking,
                deliver=self._fusion.add,
                observer=self._observer,
            )
        return self.stations[key]

    def _reader_options(self, modality: Modality) -> Any:
        return getattr(self._config.readers, modality.value)

    def _reader(self, modality: Modality) -> Reader:
        kinds: dict[Modality, Callable[..., Reader]] = {
            Modality.FACE: FaceReader,
            Modality.SPEECH: SpeechReader,
            Modality.PHYSIOLOGY: PhysiologyReader,
        }
        options = self._reader_options(modality)
        self._refuse_unlicensed(options.model)
        inference = self._config.inference
        return kinds[modality](
            options, store=self._store, runtime=inference.runtime, threads=inference.threads
        )

    def _refuse_unlicensed(self, model: str) -> None:
        entry = self._store.entry(model)
        if self._config.deployment.commercial and entry.commercial_use is CommercialUse.FORBIDDEN:
            raise ModelError(
                model,
                ModelReason.LICENCE,
                f"its terms ({entry.licence}) forbid commercial use, and deployment.commercial is true",
            )

    async def _run_blocking(self, work: Callable[[Any], T], sample: Any) -> T:
        if self._clock.is_virtual:
            return work(sample)
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, sample)

    def _note_source(self, status: SourceStatus) -> None:
        self.publisher.report(status.name, _SENSOR_STATUS[status.state])
        self._observer.on_source_status(status)

    def _obey(self, command: Command) -> None:
        """Mute or unmute; what was not yet released of a muted sensor is forgotten."""
        for name, supervisor in self.supervisors.items():
            if command.sensor in (None, name):
                if command.muted:
                    supervisor.mute()
                    self._gate.forget()
                else:
                    supervisor.unmute()

    def _node(self) -> Node:
        config = self._config
        return Node(
            id=config.node,
            name=config.node.replace("-", " ").replace("_", " "),
            version=__version__,
            profile=config.privacy.profile,
            window_s=config.privacy.window_s,
            zones=(config.zone,),
            sensors=tuple(
                Sensor(name, _SENSOR_KIND[modality_of(options)]) for name, options in config.sources.items()
            ),
        )


def state_directory(config: Config) -> Path:
    """Where durable state lies: the config's choice, the service's, or the user's."""
    if config.state_directory:
        return config.state_directory
    if service := os.environ.get("STATE_DIRECTORY"):
        return Path(service)
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "edge-affect"
