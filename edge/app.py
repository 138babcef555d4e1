"""Assembles the street from a config and runs it; the only room that knows all the others."""

from __future__ import annotations

import asyncio
import logging
import math
import tempfile
import threading
import time
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edge.board import Probe, hottest_c
from edge.capture import make_sources
from edge.capture.options import modality_of
from edge.capture.sensors import Sensors
from edge.capture.supervisor import SourceState
from edge.config.derived import (
    consent_path,
    needs_consent,
    node_of,
    sensors_in_words,
    state_directory,
)
from edge.fusion.nets import load_strategy
from edge.fusion.room import Fusion
from edge.gate.consent import ConsentStore
from edge.gate.content import ContentClock
from edge.gate.gate import open_gate
from edge.gate.notice import notice_page
from edge.gate.report import describe
from edge.health import exposition
from edge.inference import ModelStore
from edge.inference.delegate import accelerate
from edge.publish.mqtt import MqttPublisher
from edge.publish.node import SensorStatus
from edge.release import Profile
from edge.service.cooling import Cooling
from edge.service.health import LOOK_EVERY_S, HealthKeeper, Tally
from edge.service.notify import notify
from edge.service.page.server import Page
from edge.service.page.view import Budget, PageView
from edge.service.watchdog import Progress, Watchdog
from edge.signals import VideoFrame
from edge.stations import Stations
from edge.street import Audience

if TYPE_CHECKING:
    from edge.capture.supervisor import SourceStatus
    from edge.clock import Clock
    from edge.config.schema import Config
    from edge.health import Health
    from edge.publish.commands import Command
    from edge.publish.player import Position
    from edge.signals import Sample
    from edge.street import Observer

_LOG: Final = logging.getLogger(__name__)

CLOCK_CHECK_S: Final = 1.0
"""How soon it is noticed that the clock was set."""
BROKER_S: Final = 10.0
"""So long a run on a virtual clock waits for its broker, before hours pass in a second."""

_SENSOR_STATUS: Final = {
    SourceState.ABSENT: SensorStatus.ABSENT,
    SourceState.STARTING: SensorStatus.ABSENT,
    SourceState.OK: SensorStatus.OK,
    SourceState.STALE: SensorStatus.DEGRADED,
    SourceState.FAILED: SensorStatus.ABSENT,
    SourceState.MUTED: SensorStatus.MUTED,
    SourceState.ENDED: SensorStatus.ABSENT,
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
        A model, a consent, the ledger or a local file that the config names cannot be used.
    """

    def __init__(self, config: Config, *, clock: Clock, observer: Observer | None = None) -> None:
        self._config = config
        self._clock = clock
        self._stopping = asyncio.Event()
        inference = config.inference
        self._store = ModelStore(
            inference.models,
            trusted_key=inference.trusted_key,
            is_commercial=config.deployment.commercial,
        )
        self._consents = ConsentStore(consent_path(config))
        for name in config.sources:
            if needs_consent(config, name):
                self._consents.require(name, now_s=clock.wall_s())
        strategy = load_strategy(config.fusion.strategy, self._store, runtime=inference.runtime)
        self._fusion = Fusion(config.fusion, strategy=strategy)
        self._ticks = 0
        self._tick_due_s = math.inf
        self._watchdog = Watchdog(self._progress)
        node = replace(node_of(config), models=self._store.in_use)
        self.publisher = MqttPublisher(
            node,
            config.publish.mqtt,
            lights=config.publish.lights,
            nudge=config.publish.nudge,
            history=config.publish.history,
            player=config.publish.player,
            state=None if clock.is_virtual else state_directory(config),
            on_command=self._obey,
            on_position=self._note_position,
        )
        self._content = ContentClock()
        self._cooling = Cooling(
            limit_c=config.inference.slow_from_c, reading_rate_hz=config.readers.face.reading_rate_hz
        )
        self._keeper = HealthKeeper(node, tallies=self._tallies)
        view = PageView(
            node,
            promise=describe(config.privacy, config.deployment),
            broker=(lambda: self.publisher.status) if config.publish.mqtt else None,
            budget=self._budget if config.privacy.profile is Profile.PUBLIC else None,
            consents=lambda: self._consents.valid(now_s=clock.wall_s()),
            notice=config.deployment.notice,
        )
        self._observer = Audience(view, *([observer] if observer else []))
        self._page = (
            Page(
                config.page,
                view,
                mute=self._mute_from_page,
                notice=self._notice(),
                metrics=lambda: exposition(self._health(None)),
            )
            if config.page
            else None
        )
        self._stations = Stations(
            config, store=self._store, clock=clock, deliver=self._fusion.add, observer=self._observer
        )
        self._sensors = Sensors(
            make_sources(config.sources, clock=clock, looks_hz=config.readers.face.reading_rate_hz),
            clock=clock,
            mute=config.mute,
            is_agreed=self._is_agreed,
            deliver=self._deliver,
            on_status=self._note_source,
            on_muted=self._forget,
        )
        self._cleanup = ExitStack()
        self._cleanup.callback(self._stations.close)
        state = state_directory(config)
        if clock.is_virtual:
            # Virtual days begin at the same wall time in each run and must not spend a real budget.
            state = Path(self._cleanup.enter_context(tempfile.TemporaryDirectory()))
        self._gate = open_gate(config.privacy, zone=config.zone, state=state, content=self._content)
        self._cleanup.callback(self._gate.close)

    async def run(self, *, seconds: float | None = None) -> None:
        """Run until the recordings are over, `seconds` have passed, or `stop` is called."""
        with self._cleanup:
            self._accelerate()
            await self.publisher.start(patience_s=BROKER_S if self._clock.is_virtual else 0.0)
            if self._page:
                await self._page.start()
                _LOG.info("the local page is at %s", self._page.address)
            try:
                async with asyncio.TaskGroup() as group:
                    endings = [group.create_task(self._recordings_over()), group.create_task(self._stopped())]
                    if seconds is not None:
                        endings.append(
                            group.create_task(self._clock.sleep_until(self._clock.now_s() + seconds))
                        )
                    workers = [group.create_task(work) for work in self._stations.work()]
                    workers += [group.create_task(self._tick()), group.create_task(self._close_windows())]
                    workers.append(group.create_task(self._look_after()))
                    workers.append(group.create_task(self._watchdog.run()))
                    notify("READY=1")
                    await asyncio.wait(endings, return_when=asyncio.FIRST_COMPLETED)
                    for task in (*endings, *workers):
                        task.cancel()
            finally:
                notify("STOPPING=1")
                if self._page:
                    await self._page.stop()
                await self.publisher.stop()

    def stop(self) -> None:
        """End `run` soon: devices are released and `offline` is published first."""
        self._stopping.set()

    @property
    def sources(self) -> list[SourceStatus]:
        """What can be told of each source now."""
        return self._sensors.statuses

    def _accelerate(self) -> None:
        """Let models run on an accelerator as soon as it answers; one that hangs holds nobody up."""
        inference = self._config.inference
        trying = threading.Thread(
            target=partial(accelerate, self._store, inference.delegate, runtime=inference.runtime),
            name="accelerator",
            daemon=True,
        )
        trying.start()
        if self._clock.is_virtual:
            trying.join()

    def _progress(self) -> dict[str, Progress]:
        is_due = self._clock.now_s() >= self._tick_due_s
        return {**self._stations.progress(), "fusion": Progress(self._ticks, has_work=is_due)}

    async def _stopped(self) -> None:
        await self._stopping.wait()

    async def _recordings_over(self) -> None:
        """Return once every source has ended and the window with its last sample has closed."""
        await self._sensors.run()
        await self._stations.finish()
        now_wall_s = self._clock.wall_s()
        left_s = self._gate.next_close_s(now_wall_s) - now_wall_s
        await self._clock.sleep_until(self._clock.now_s() + left_s + 1 / self._config.fusion.tick_hz)

    async def _look_after(self) -> None:
        """Keep readings slow while it is hot, and say how the node is doing."""
        probe = Probe()
        while True:
            # What a run on a virtual clock gives must not depend on the weather.
            temperature_c = None if self._clock.is_virtual else hottest_c(probe)
            self._cooling.feel(temperature_c)
            self.publisher.report_health(self._health(temperature_c))
            await self._clock.sleep_until(self._clock.now_s() + LOOK_EVERY_S)

    def _health(self, temperature_c: float | None) -> Health:
        return self._keeper.look(
            self._clock.now_s(),
            statuses=self._sensors.statuses,
            broker_losses=self.publisher.status.losses,
            temperature_c=temperature_c,
        )

    def _tallies(self) -> dict[str, Tally]:
        """What every source and every queue has lost so far."""
        tallies = {}
        for status in self._sensors.statuses:
            dropped = sum(status.counters.values())
            tallies[f"source {status.name}"] = Tally(status.samples + dropped, dropped, 0)
        publisher = self.publisher.status
        tallies["cooling"] = Tally(self._cooling.pictures, self._cooling.skipped, 0)
        tallies["history"] = Tally(publisher.windows, publisher.windows_lost, 0)
        return tallies | self._stations.tallies()

    async def _deliver(self, name: str, sample: Sample) -> None:
        self._observer.on_sample(sample)
        if isinstance(sample, VideoFrame) and not self._cooling.admits(name, sample.taken_s):
            return
        await self._stations.put(name, sample)

    async def _tick(self) -> None:
        """Let the gate see the fused state of the room at a fixed rate."""
        period_s = 1 / self._config.fusion.tick_hz
        at_s = self._clock.now_s()
        while True:
            self._tick_due_s = at_s = max(at_s + period_s, self._clock.now_s())
            await self._clock.sleep_until(at_s)
            began_s = time.perf_counter()
            room = self._fusion.state(self._clock.now_s())
            self._observer.on_stage("fusion", time.perf_counter() - began_s)
            self._observer.on_room(room)
            self._ticks += 1
            self._gate.observe(room, self._clock.wall_s())

    async def _close_windows(self) -> None:
        """Close each window when it is due, and publish what the gate lets go."""
        closes_s = self._gate.next_close_s(self._clock.wall_s())
        while True:
            # Another window is open: the next one, or any when the clock was set.
            while self._gate.next_close_s(wall_s := self._clock.wall_s()) == closes_s:
                wait_s = min(closes_s - wall_s, CLOCK_CHECK_S)
                await self._clock.sleep_until(self._clock.now_s() + wait_s)
            closes_s = self._gate.next_close_s(wall_s)
            began_s = time.perf_counter()
            with self._watchdog.patient():
                verdicts = self._gate.close_due(wall_s)
            self._observer.on_stage("gate", time.perf_counter() - began_s)
            for verdict in verdicts:
                _LOG.info("%s", verdict.decision)
                self._observer.on_decision(verdict.decision)
                began_s = time.perf_counter()
                with self._watchdog.patient():
                    await self.publisher.publish(verdict.release)
                self._observer.on_stage("publish", time.perf_counter() - began_s)
                self._observer.on_release(verdict.release)
                self._observer.on_lamps(self.publisher.lamp_colours)

    def _is_agreed(self, name: str) -> bool:
        return not needs_consent(self._config, name) or self._consents.agrees(
            name, now_s=self._clock.wall_s()
        )

    def _note_source(self, status: SourceStatus) -> None:
        self.publisher.report(status.name, _SENSOR_STATUS[status.state])
        self._observer.on_source_status(status)

    def _note_position(self, position: Position) -> None:
        self._content.note(
            content=position.content,
            position_s=position.position_s,
            playing=position.playing,
            rate=position.rate,
            wall_s=self._clock.wall_s(),
        )

    def _obey(self, command: Command) -> None:
        self._sensors.obey(muted=command.muted, sensor=command.sensor)

    def _budget(self) -> Budget:
        return Budget(self._gate.spent(self._clock.wall_s()) or 0.0, self._config.privacy.daily_epsilon)

    def _notice(self) -> str | None:
        config = self._config
        if config.deployment.notice is None:
            return None
        return notice_page(config.privacy, config.deployment, sensors=sensors_in_words(config))

    def _mute_from_page(self, sensor: str | None, muted: bool) -> None:
        self._sensors.obey(muted=muted, sensor=sensor)

    def _forget(self, name: str) -> None:
        """Drop what a muted sensor has left in fusion and in the window that is open."""
        _LOG.info("%s is muted", name)
        self._stations.forget(name)
        self._fusion.forget(modality_of(self._config.sources[name]))
        self._gate.forget()
