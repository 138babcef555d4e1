"""A second MQTT client, which sees what anyone at the broker sees."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final, Self

from paho.mqtt import client as mqtt

if TYPE_CHECKING:
    from types import TracebackType


PATIENCE_S: Final = 10.0


class Listener:
    """Subscribes to every topic; `releases` and `others` count what it heard.

    Inside its `with` block it has subscribed, if the broker is there at all.
    """

    def __init__(self, host: str, port: int, *, state_topic: str, status_topic: str) -> None:
        self.releases = 0
        self.others = 0
        self.last_payload = b""
        self._state_topic = state_topic
        self._status_topic = status_topic
        self._subscribed = threading.Event()
        self._settled = threading.Event()
        self._offline = threading.Event()
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv311)
        self._client.on_connect = lambda client, *_: client.subscribe("#", qos=1)
        self._client.on_subscribe = self._on_subscribe
        self._client.on_connect_fail = lambda *_: self._settled.set()
        self._client.on_message = self._on_message
        self._address = (host, port)

    def __enter__(self) -> Self:
        self._client.connect_async(*self._address)
        self._client.loop_start()
        self._settled.wait(PATIENCE_S)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def hear_out(self) -> None:
        """Wait for what is still on its way: the node's `offline` comes last."""
        if self._subscribed.is_set():
            self._offline.wait(PATIENCE_S)

    def _on_subscribe(self, *_: Any) -> None:
        self._subscribed.set()
        self._settled.set()

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        if message.topic == self._state_topic:
            self.releases += 1
            self.last_payload = message.payload
        else:
            self.others += 1
        if message.topic == self._status_topic and message.payload == b"offline" and not message.retain:
            self._offline.set()
