"""A second MQTT client, which sees what anyone at the broker sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from paho.mqtt import client as mqtt

if TYPE_CHECKING:
    from types import TracebackType


class Listener:
    """Subscribes to every topic; `releases` and `others` count what it heard."""

    def __init__(self, host: str, port: int, *, state_topic: str) -> None:
        self.releases = 0
        self.others = 0
        self.last_payload = b""
        self._state_topic = state_topic
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv311)
        self._client.on_connect = lambda client, *_: client.subscribe("#", qos=1)
        self._client.on_message = self._on_message
        self._address = (host, port)

    def __enter__(self) -> Self:
        self._client.connect_async(*self._address)
        self._client.loop_start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        if message.topic == self._state_topic:
            self.releases += 1
            self.last_payload = message.payload
        else:
            self.others += 1
