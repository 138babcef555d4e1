"""Publishes releases, and what others may know of the device, at an MQTT broker."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import random
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, TypeVar

from edge.publish.commands import command_topics, parse_command
from edge.publish.connection import Connection, Incoming, Subscription
from edge.publish.discovery import discovery_message
from edge.publish.history import History
from edge.publish.lights.lamp import Lamps
from edge.publish.message import Message, encode_json
from edge.publish.node import SensorStatus
from edge.publish.nudge import PRESS, Nudge
from edge.publish.pacer import Pacer
from edge.publish.player import parse_position
from edge.publish.topics import Topics

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from paho.mqtt.client import MQTTMessageInfo

    from edge.errors import PublishError
    from edge.health import Health
    from edge.publish.commands import Command
    from edge.publish.node import Node
    from edge.publish.nudge import Breath
    from edge.publish.options import (
        AnyLampOptions,
        HistoryOptions,
        MqttOptions,
        NudgeOptions,
        PlayerOptions,
        Protocol,
    )
    from edge.publish.player import Position
    from edge.release import Release

T = TypeVar("T")
_LOG: Final = logging.getLogger(__name__)
_NUDGE_EXPIRES_AFTER_S: Final = 60


@dataclass(frozen=True, slots=True)
class ConnectionStatus:
    """How the broker is doing; `problem` is why nothing reaches it, `published` counts releases.

    `losses` counts the connections that ended by themselves, `windows_lost` those of `windows` that were
    to be delivered in any case and will not be.
    """

    broker: str
    connected: bool
    protocol: Protocol | None
    problem: PublishError | None
    published: int
    losses: int
    windows: int = 0
    windows_lost: int = 0


@dataclass(slots=True)
class _Outgoing:
    """The newest release of a zone on its way; the same bytes are sent until the broker has them."""

    message: Message
    made_s: float
    sent: MQTTMessageInfo | None = None
    counted: bool = False

    @property
    def delivered(self) -> bool:
        return self.sent is not None and self.sent.is_published()


class MqttPublisher:
    """Publishes one node.

    Parameters
    ----------
    node
        Who we are.
    options
        The broker; None publishes nothing.
    lights
        Lamps that follow the releases.
    nudge
        Hints to the wearer; None for none.
    history
        Send every window, however long the broker is away; None for the newest only.
    state
        Directory for what waits on disk; without it there is no history.
    player
        Where a player says what it shows; None for none.
    on_command, on_position
        Called on the event loop of `start` for each valid command, and each position of the player.
    birth_delay_s
        Bounds of the random wait before Home Assistant's birth is answered, so that many devices
        do not answer at once.
    now_s
        Seconds for lamps and old releases: real ones even in a replay, since lamps are real.
    """

    def __init__(
        self,
        node: Node,
        options: MqttOptions | None,
        *,
        lights: Sequence[AnyLampOptions] = (),
        nudge: NudgeOptions | None = None,
        history: HistoryOptions | None = None,
        player: PlayerOptions | None = None,
        state: Path | None = None,
        on_command: Callable[[Command], None] = lambda _command: None,
        on_position: Callable[[Position], None] = lambda _position: None,
        birth_delay_s: tuple[float, float] = (0.5, 3.0),
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._node = node
        self._options = options
        self._on_command = on_command
        self._on_position = on_position
        self._player = player
        self.ignored_positions = 0
        self._birth_delay_s = birth_delay_s
        self._now_s = now_s
        self._lamps = Lamps(lights if options else (), now_s=now_s)
        self._nudge_options = nudge
        self._nudge = Nudge(nudge) if nudge and options else None
        self._pacer = Pacer(self._breathe)
        self._history_options = history
        self._history_file = state / "history.sqlite3" if state else None
        self._history: History | None = None
        self._lock = threading.Lock()
        self._newest: dict[str, _Outgoing] = {}
        self._published = 0
        self._statuses = {each.name: SensorStatus.ABSENT for each in node.sensors if node.may_report(each)}
        self._muted = {each.name: False for each in node.sensors}
        self._health: Health | None = None
        self._connection: Connection | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._birth: threading.Timer | None = None
        if options is not None:
            self._topics = Topics(options.prefix, node.id, options.discovery_prefix)
            self._commands = command_topics(node, self._topics)
            self._expiry_s = node.expires_after_s

    @property
    def status(self) -> ConnectionStatus:
        """How the broker is doing."""
        if self._connection is None:
            return ConnectionStatus("", connected=False, protocol=None, problem=None, published=0, losses=0)
        with self._lock:
            self._count_delivered()
            published = self._published
        protocol = self._connection.protocol
        return ConnectionStatus(
            self._connection.broker,
            connected=protocol is not None,
            protocol=protocol,
            problem=self._connection.problem,
            published=published,
            losses=self._connection.losses,
            windows=self._history.added if self._history else 0,
            windows_lost=self._history.lost if self._history else 0,
        )

    @property
    def lamp_colours(self) -> dict[str, str]:
        """The colour each lamp was last asked for, as `#rrggbb`."""
        return {name: glow.hex for name, glow in self._lamps.glows.items()}

    async def start(self, *, patience_s: float = 0.0) -> None:
        """Begin to connect; the broker may be away.

        Parameters
        ----------
        patience_s
            Real seconds to wait for it, for a street that runs faster than any broker answers; they block
            the loop, so that no virtual time passes meanwhile.

        Raises
        ------
        PublishError
            A password or certificate that the config names cannot be read.
        """
        if self._options is None:
            return
        self._loop = asyncio.get_running_loop()
        self._connection = Connection(
            self._options,
            client_id=f"edge-affect-{self._node.id}",
            will=Message(self._topics.status, b"offline", retain=True),
            subscriptions=self._subscriptions(),
            greet=self._greet,
            heard=self._heard,
        )
        if self._history_options is not None and self._history_file is not None:
            most = self._history_options.most_windows
            self._history = History(
                self._history_file,
                most_windows=most,
                send=self._connection.send,
                was_heard=self._connection.was_heard,
            )
            self._history.start()
        self._connection.start()
        if patience_s:
            self._connection.settled(within_s=patience_s)

    async def publish(self, release: Release) -> None:
        """Send a release and what follows from it for the lamps; never waits for the broker.

        While the broker is away the newest release of each zone is kept, until it is too old.
        """
        if self._connection is None:
            return
        message = Message(self._topics.state(release.zone), release.encode(), expiry_s=self._expiry_s)
        if self._history is not None:
            self._history.add(Message(self._topics.history(release.zone), message.payload))
        outgoing = _Outgoing(message, self._now_s())
        with self._lock:
            self._count_delivered()
            self._newest[release.zone] = outgoing
        outgoing.sent = self._send(message)
        for lamp_message in self._lamps.follow(release):
            self._send(lamp_message)
        local = datetime.now().astimezone().time()
        if self._nudge is not None and self._nudge.follow(release, now_s=self._now_s(), local=local):
            self._send(Message(self._topics.nudge, self._nudge.payload(), expiry_s=_NUDGE_EXPIRES_AFTER_S))
            self._pacer.start(self._nudge.breaths())

    def report(self, sensor: str, status: SensorStatus) -> None:
        """Say how a sensor is doing, as far as the profile lets others know."""
        before = self._standing() if self._connection else []
        with self._lock:
            if sensor in self._statuses:
                self._statuses[sensor] = status
            if sensor in self._muted:
                self._muted[sensor] = status is SensorStatus.MUTED
            all_muted = all(self._muted.values())
        self._lamps.rest(resting=all_muted)
        if self._connection is not None:
            for message in self._standing():
                if message not in before:
                    self._send(message)

    def report_health(self, health: Health) -> None:
        """Say how the node is doing; what has not changed is not said again."""
        if health != self._health:
            self._health = health
            if self._connection is not None:
                self._send(Message(self._topics.health, encode_json(health.payload()), retain=True))

    async def stop(self) -> None:
        """Bring the lamps back, say `offline` and disconnect; takes a few seconds at the most."""
        if self._connection is None:
            return
        if self._birth is not None:
            self._birth.cancel()
        self._pacer.stop()
        farewell = [*self._lamps.farewell(), Message(self._topics.status, b"offline", retain=True)]
        if self._history is not None:
            await asyncio.to_thread(self._history.stop)
        await asyncio.to_thread(self._connection.stop, farewell)

    def _subscriptions(self) -> list[Subscription]:
        subscriptions = [Subscription(topic, retained=False) for topic in self._commands]
        subscriptions += [Subscription(topic, retained=True) for topic in self._lamps.topics]
        if self._nudge is not None:
            subscriptions += [
                Subscription(topic, retained=False) for topic in (self._topics.not_now, self._topics.breathe)
            ]
        if self._player is not None:
            subscriptions.append(Subscription(self._player.topic, retained=False))
        if self._options is not None and self._options.discovery:
            subscriptions.append(Subscription(self._topics.home_assistant_status, retained=False))
        return subscriptions

    def _greet(self) -> None:
        """On every connection: say who we are, then what is still true and was not delivered."""
        for message in [*self._announcement(), *self._standing(), *self._lamps.greet()]:
            self._send(message)
        oldest_s = self._now_s() - self._expiry_s
        with self._lock:
            waiting = [
                each for each in self._newest.values() if not each.delivered and each.made_s > oldest_s
            ]
        for outgoing in waiting:
            outgoing.sent = self._send(outgoing.message)
        if self._history is not None:
            self._history.wake()

    def _announcement(self) -> list[Message]:
        if self._options is None or not self._options.discovery:
            return []
        return [discovery_message(self._node, self._topics)]

    def _standing(self) -> list[Message]:
        """Say what is retained: that we are here, what we are, how the sensors are."""
        with self._lock:
            statuses, muted = dict(self._statuses), dict(self._muted)
        topics = self._topics
        values = {
            topics.status: "online",
            topics.info: encode_json(self._node.info()).decode(),
            topics.mute_state: _on_off(all(muted.values())),
        }
        values |= {topics.sensor_status(name): status.value for name, status in statuses.items()}
        own = {sensor.name for sensor in self._node.muted_one_by_one}
        values |= {
            topics.sensor_mute_state(name): _on_off(flag) for name, flag in muted.items() if name in own
        }
        if self._health is not None:
            values[topics.health] = encode_json(self._health.payload()).decode()
        return [Message(topic, value.encode(), retain=True) for topic, value in values.items()]

    def _heard(self, incoming: Incoming) -> None:
        """Sort what was heard; whatever it is, it must not stop the connection."""
        if incoming.topic == self._topics.home_assistant_status:
            if incoming.payload == b"online" and not incoming.retained:
                self._announce_soon()
            return
        if self._nudge is not None and incoming.topic in (self._topics.not_now, self._topics.breathe):
            if incoming.payload == PRESS and not incoming.retained:
                self._heard_wearer(self._nudge, wants=incoming.topic == self._topics.breathe)
            return
        if self._player is not None and incoming.topic == self._player.topic:
            self._heard_player(incoming)
            return
        command = parse_command(self._commands, incoming.topic, incoming.payload, retained=incoming.retained)
        if command is not None:
            self._pass_on(self._on_command, command)
        else:
            self._lamps.heard(incoming.topic, incoming.payload)

    def _heard_wearer(self, nudge: Nudge, *, wants: bool) -> None:
        if wants:
            nudge.now(now_s=self._now_s())
            self._pacer.start(nudge.breaths())
        else:
            nudge.not_now(now_s=self._now_s())
            self._pacer.cancel()

    def _heard_player(self, incoming: Incoming) -> None:
        position = parse_position(incoming.payload, retained=incoming.retained)
        if position is not None:
            self._pass_on(self._on_position, position)
            return
        if not self.ignored_positions:
            _LOG.warning("%s: a message that is no position is ignored, as all such will be", incoming.topic)
        self.ignored_positions += 1

    def _pass_on(self, take: Callable[[T], None], heard: T) -> None:
        if self._loop is None:
            return
        with contextlib.suppress(RuntimeError):  # the loop has just closed
            self._loop.call_soon_threadsafe(take, heard)

    def _announce_soon(self) -> None:
        if self._birth is not None and self._birth.is_alive():
            return
        self._birth = threading.Timer(random.uniform(*self._birth_delay_s), self._announce)
        self._birth.daemon = True
        self._birth.start()

    def _announce(self) -> None:
        for message in [*self._announcement(), *self._standing()]:
            self._send(message)

    def _breathe(self, breath: Breath | None) -> None:
        if breath is not None:
            expiry_s = math.ceil(breath.lasts_s)
            self._send(Message(self._topics.pacer, breath.word.encode(), expiry_s=expiry_s))
        if self._nudge_options is not None and self._nudge_options.lamps:
            for message in self._lamps.breathe(breath):
                self._send(message)

    def _send(self, message: Message) -> MQTTMessageInfo | None:
        return self._connection.send(message) if self._connection is not None else None

    def _count_delivered(self) -> None:
        for outgoing in self._newest.values():
            if outgoing.delivered and not outgoing.counted:
                outgoing.counted = True
                self._published += 1


def _on_off(flag: bool) -> str:
    return "ON" if flag else "OFF"
