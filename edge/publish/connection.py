"""One broker connection that heals itself, in threads of its own.

A supervising thread makes one paho client for each attempt, waits for the broker's answer and
judges it; paho's own thread moves the bytes. Nothing here ever waits for the street, and the
street never waits for the broker.
"""

from __future__ import annotations

import logging
import queue
import random
import ssl
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge.errors import PublishError, PublishReason
from edge.publish.options import Protocol
from edge.publish.retry import Backoff, Dialect
from edge.publish.secrets import make_tls_context, read_password

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edge.publish.message import Message
    from edge.publish.options import MqttOptions

_LOG: Final = logging.getLogger(__name__)
_CONNECT_TIMEOUT_S: Final = 5.0
_ANSWER_TIMEOUT_S: Final = 2.0
_STABLE_AFTER_S: Final = 5.0
_SHORT_LIVES: Final = 2
_MOST_WAIT_S: Final = 5.0
_MOST_WAIT_REFUSED_S: Final = 30.0
_MOST_INCOMING_BYTES: Final = 16_384
_MOST_QUEUED: Final = 200
_NOBODY_LISTENS: Final = 0x10
_UNSUPPORTED_VERSION: Final = 0x84
_NOT_RETAINED: Final = SubscribeOptions.RETAIN_DO_NOT_SEND


@dataclass(frozen=True, slots=True)
class Subscription:
    """A topic to hear; `retained` asks for what was retained before we came as well."""

    topic: str
    retained: bool


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message that was heard."""

    topic: str
    payload: bytes
    retained: bool


@dataclass(frozen=True, slots=True)
class _Answered:
    refused: str | None
    unsupported: bool


@dataclass(frozen=True, slots=True)
class _Ended:
    pass


@dataclass(frozen=True, slots=True)
class _Stop:
    pass


@dataclass(slots=True)
class _Attempt:
    """One client from connecting to its end."""

    protocol: Protocol
    events: queue.SimpleQueue[_Answered | _Ended | _Stop] = field(default_factory=queue.SimpleQueue)


class Connection:
    """Keeps one connection to the broker.

    Parameters
    ----------
    options
        Where the broker is and how to prove who we are.
    client_id
        Stable, so that access rules can name it.
    will
        What the broker says for us when we are lost.
    subscriptions
        What to hear.
    greet
        Called on every connection, in paho's thread, to say what has to be said first.
    heard
        Called for every message, in paho's thread.
    backoff
        Waits between attempts.

    Raises
    ------
    PublishError
        A password or certificate that the config names cannot be read.
    """

    def __init__(
        self,
        options: MqttOptions,
        *,
        client_id: str,
        will: Message | None,
        subscriptions: Sequence[Subscription],
        greet: Callable[[], object],
        heard: Callable[[Incoming], None],
        backoff: Backoff | None = None,
    ) -> None:
        self._options = options
        self._client_id = client_id
        self._will = will
        self._subscriptions = subscriptions
        self._greet = greet
        self._heard = heard
        self._backoff = backoff or Backoff(rng=random.Random())
        self._dialect = Dialect(options.protocol)
        self._password = read_password(options)
        self._tls = make_tls_context(options.host, options.tls) if options.tls else None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="edge-mqtt", daemon=True)
        self._attempt: _Attempt | None = None
        self._client: paho.Client | None = None
        self._was_up: bool | None = None
        self._short_lives = 0
        self._unheard: set[int] = set()
        self._settled = threading.Event()
        self.problem: PublishError | None = None
        self.losses = 0

    @property
    def broker(self) -> str:
        """Host and port, for people."""
        return f"{self._options.host}:{self._options.effective_port}"

    @property
    def protocol(self) -> Protocol | None:
        """The dialect spoken at this moment, None while the broker is away."""
        attempt = self._attempt
        return attempt.protocol if self._client is not None and attempt is not None else None

    def start(self) -> None:
        """Begin to connect, and keep on until `stop`."""
        self._thread.start()

    def settled(self, *, within_s: float) -> bool:
        """Block until the broker has let us in or will not; False when neither is known in time."""
        return self._settled.wait(within_s)

    def send(self, message: Message) -> paho.MQTTMessageInfo | None:
        """Hand a message to the client; None when there is no connection."""
        client = self._client
        if client is None:
            return None
        info = _publish(client, message)
        return info if info.rc == paho.MQTT_ERR_SUCCESS else None

    def was_heard(self, sent: paho.MQTTMessageInfo) -> bool:
        """Whether somebody got an acknowledged message; brokers older than MQTT 5 do not tell."""
        if sent.mid not in self._unheard:
            return True
        self._unheard.discard(sent.mid)
        return False

    def stop(self, farewell: Sequence[Message], *, timeout_s: float = 2.0) -> None:
        """Say farewell if the broker still listens, and end both threads; blocks up to twice `timeout_s`."""
        until_s = time.monotonic() + timeout_s
        for info in [self.send(message) for message in farewell]:
            if info is not None:
                _wait_for(info, max(0.0, until_s - time.monotonic()))
        self._stopping.set()
        if (attempt := self._attempt) is not None:
            attempt.events.put(_Stop())
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _keep(self) -> None:
        while not self._stopping.is_set():
            if self._try():
                continue
            refused = self.problem is not None and self.problem.reason is PublishReason.REFUSED
            most_s = _MOST_WAIT_REFUSED_S if refused else _MOST_WAIT_S
            self._stopping.wait(self._backoff.next_s(most_s=most_s))

    def _try(self) -> bool:
        """Connect once and stay until the end; True when the next attempt should follow at once."""
        attempt = _Attempt(self._dialect.current)
        self._attempt = attempt
        if self._stopping.is_set():
            return False
        client = self._make_client(attempt)
        try:
            client.connect(
                self._options.host,
                self._options.effective_port,
                keepalive=self._options.keepalive_s,
                **_connect_properties(attempt.protocol),
            )
        except ssl.SSLError as error:
            self._fail(PublishReason.TLS, f"no encrypted connection: {error.reason or error}")
            self._settled.set()
            return False
        except (OSError, ValueError) as error:  # ValueError: a host name that cannot be one
            self._fail(PublishReason.AWAY, (getattr(error, "strerror", None) or str(error)).lower())
            self._settled.set()
            return False
        client.loop_start()
        try:
            return self._follow(attempt)
        finally:
            client.disconnect()
            client.loop_stop()
            self._client = None
            # They hold the client, which would keep its sockets open until a garbage collection.
            client.on_connect = client.on_disconnect = client.on_publish = client.on_message = None

    def _follow(self, attempt: _Attempt) -> bool:
        try:
            event = attempt.events.get(timeout=_ANSWER_TIMEOUT_S)
        except queue.Empty:
            event = _Ended()
        match event:
            case _Answered(refused=None):
                self._dialect.answered()
            case _Answered(refused=reason, unsupported=unsupported):
                return self._refused(f"the broker refuses: {reason}", unsupported=unsupported)
            case _Ended():
                return self._unanswered()
            case _Stop():
                return False
        began_s = time.monotonic()
        ended = attempt.events.get()
        if isinstance(ended, _Ended):
            self._lose(time.monotonic() - began_s)
        return False

    def _refused(self, detail: str, *, unsupported: bool) -> bool:
        if unsupported and self._dialect.misunderstood():
            return True
        self._fail(PublishReason.REFUSED, detail)
        self._settled.set()
        return False

    def _unanswered(self) -> bool:
        if self._dialect.misunderstood():
            return True
        detail = "no answer to an MQTT connection"
        if self._tls is None:
            self._fail(PublishReason.AWAY, detail)
        else:
            self._fail(PublishReason.REFUSED, f"{detail}; it may want a client certificate that it trusts")
        return False

    def _lose(self, lasted_s: float) -> None:
        self.losses += 1
        if lasted_s >= _STABLE_AFTER_S:
            self._backoff.reset()
            self._short_lives = 0
        else:
            self._short_lives += 1
        if self._short_lives < _SHORT_LIVES:
            self._fail(PublishReason.AWAY, "the connection was lost")
        else:  # a broker keeps one connection of a client id: two devices push each other out
            detail = f"the connection ends again and again: does another device connect as {self._client_id}?"
            self._fail(PublishReason.REFUSED, detail)

    def _fail(self, reason: PublishReason, detail: str) -> None:
        self.problem = PublishError(self.broker, reason, detail)
        if self._was_up is not False and not self._stopping.is_set():
            _LOG.warning("broker %s; trying again until it is there", self.problem)
        self._was_up = False

    def _make_client(self, attempt: _Attempt) -> paho.Client:
        version = paho.MQTTv5 if attempt.protocol is Protocol.V5 else paho.MQTTv311
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._client_id,
            protocol=version,
            reconnect_on_failure=False,
        )
        client.connect_timeout = _CONNECT_TIMEOUT_S
        client.max_queued_messages_set(_MOST_QUEUED)
        if self._options.username is not None:
            client.username_pw_set(self._options.username, self._password)
        if self._tls is not None:
            client.tls_set_context(self._tls)
        if (will := self._will) is not None:
            client.will_set(will.topic, will.payload, qos=will.qos, retain=will.retain)

        self._listen(client, attempt)
        return client

    def _listen(self, client: paho.Client, attempt: _Attempt) -> None:
        def on_connect(_client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
            if reason.is_failure:
                unsupported = reason.value == _UNSUPPORTED_VERSION
                attempt.events.put(_Answered(refused=str(reason).lower(), unsupported=unsupported))
            else:
                self._welcome(client, attempt)

        def on_disconnect(*_: Any) -> None:
            if self._client is client:
                self._client = None
            attempt.events.put(_Ended())

        def on_publish(_client: Any, _data: Any, mid: int, reason: Any, _properties: Any) -> None:
            if reason.value == _NOBODY_LISTENS:
                self._unheard.add(mid)

        def on_message(_client: Any, _data: Any, message: paho.MQTTMessage) -> None:
            self._heard(Incoming(message.topic, bytes(message.payload), message.retain))

        client.on_connect = on_connect
        client.on_disconnect = on_disconnect
        client.on_publish = on_publish
        client.on_message = on_message

    def _welcome(self, client: paho.Client, attempt: _Attempt) -> None:
        for subscription in self._subscriptions:
            if attempt.protocol is Protocol.V5:
                handling = (
                    SubscribeOptions.RETAIN_SEND_ON_SUBSCRIBE if subscription.retained else _NOT_RETAINED
                )
                client.subscribe(subscription.topic, options=SubscribeOptions(qos=1, retainHandling=handling))
            else:
                client.subscribe(subscription.topic, qos=1)
        self._unheard.clear()
        self._client = client
        self.problem = None
        self._greet()
        if self._was_up is not True:
            _LOG.info("broker %s is there, MQTT %s", self.broker, attempt.protocol)
        self._was_up = True
        self._settled.set()
        attempt.events.put(_Answered(refused=None, unsupported=False))


def _publish(client: paho.Client, message: Message) -> paho.MQTTMessageInfo:
    properties = None
    if client.protocol == paho.MQTTv5 and message.expiry_s is not None:
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.MessageExpiryInterval = message.expiry_s
    return client.publish(message.topic, message.payload, message.qos, message.retain, properties)


def _connect_properties(protocol: Protocol) -> dict[str, Any]:
    if protocol is not Protocol.V5:
        return {}
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.MaximumPacketSize = _MOST_INCOMING_BYTES
    return {"properties": properties, "clean_start": True}


def _wait_for(info: paho.MQTTMessageInfo, timeout_s: float) -> None:
    try:
        info.wait_for_publish(timeout_s)
    except (RuntimeError, ValueError):
        return  # the connection went while we waited; the broker says the will for us
