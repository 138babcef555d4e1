"""Real peers on loopback: mosquitto, a relay that can be cut, and a subscriber that is asked."""

from __future__ import annotations

import contextlib
import queue
import shutil
import socket
import subprocess
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import paho.mqtt.client as paho

if TYPE_CHECKING:
    import ssl
    from pathlib import Path

# Debian installs it where users do not look.
MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
PATIENCE_S = 60.0
"""How long a busy machine may take; nothing is measured with it."""
HOST = "127.0.0.1"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


@dataclass
class Mosquitto:
    """One mosquitto with a config of its own; `kill` and `start` again to test an outage."""

    directory: Path
    settings: str = "allow_anonymous true"
    port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        config = self.directory / "mosquitto.conf"
        config.write_text(f"user root\npersistence false\nlistener {self.port} {HOST}\n{self.settings}\n")
        self._process = subprocess.Popen([MOSQUITTO, "-c", str(config)], stderr=subprocess.DEVNULL)
        until_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < until_s:
            with contextlib.suppress(OSError), socket.create_connection((HOST, self.port), 0.2):
                return self
        raise RuntimeError("mosquitto did not start")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE_S)
            self._process = None


@dataclass(frozen=True)
class Heard:
    topic: str
    payload: bytes
    retained: bool
    expiry_s: int | None


class Subscriber:
    """Hears everything it may; `expect` waits for one message and forgets those before it."""

    def __init__(self, port: int, *, tls: ssl.SSLContext | None = None, version: int = paho.MQTTv5) -> None:
        self._heard: queue.SimpleQueue[Heard] = queue.SimpleQueue()
        self._ready = threading.Event()
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2, protocol=version)
        if tls is not None:
            self._client.tls_set_context(tls)
        self._client.on_connect = lambda client, *_: client.subscribe("#", qos=1)
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._note
        self._client.reconnect_delay_set(0.05, 0.2)
        self._client.connect("localhost" if tls else HOST, port)
        self._client.loop_start()
        assert self._ready.wait(PATIENCE_S)

    def _note(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        expiry_s = getattr(message.properties, "MessageExpiryInterval", None)
        self._heard.put(Heard(message.topic, message.payload, message.retain, expiry_s))

    def expect(self, topic: str, payload: bytes | None = None, *, within_s: float = PATIENCE_S) -> Heard:
        until_s = time.monotonic() + within_s
        passed = []
        while (left_s := until_s - time.monotonic()) > 0:
            with contextlib.suppress(queue.Empty):
                heard = self._heard.get(timeout=left_s)
                if heard.topic == topic and payload in (None, heard.payload):
                    return heard
                passed.append((heard.topic, heard.payload[:60]))
        raise AssertionError(f"no {topic} {payload!r} within {within_s} s, but {passed}")

    def all_until(self, topic: str, payload: bytes | None = None) -> list[Heard]:
        """Everything heard up to a message, which is the last of the list."""
        everything = []
        while True:
            heard = self._heard.get(timeout=PATIENCE_S)
            everything.append(heard)
            if heard.topic == topic and payload in (None, heard.payload):
                return everything

    def say(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(PATIENCE_S)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        # Without these cycles the client goes at once, and closes its sockets before they warn.
        self._client.on_message = self._client.on_subscribe = None


class Relay:
    """A TCP relay in front of a broker that can be cut, as when a network goes."""

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._listener = socket.create_server((HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        self._sockets: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Drop the connections without a farewell; new ones are let through."""
        while self._sockets:
            with contextlib.suppress(OSError):
                self._sockets.pop().shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection((HOST, self._target_port))
                self._sockets += [near, far]
                threading.Thread(target=_pump, args=(near, far), daemon=True).start()
                threading.Thread(target=_pump, args=(far, near), daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)
    source.close()
