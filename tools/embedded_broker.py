"""A small MQTT broker inside this process, for the demo and for tests where mosquitto is missing.

amqtt speaks MQTT 3.1.1. It runs on loopback, in a thread and an event loop of its own, so that the
street's clock, which may be virtual, does not move it.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from types import TracebackType

_START_TIMEOUT_S = 15.0


class EmbeddedBroker:
    """A broker that runs between `start` and `stop`, or inside a `with` block."""

    def __init__(self, port: int | None = None) -> None:
        self.host = "127.0.0.1"
        self.port = port or _free_port()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._up = threading.Event()
        self._error: BaseException | None = None

    def start(self) -> None:
        """Return once the broker listens.

        Raises
        ------
        RuntimeError
            It cannot listen.
        """
        logging.getLogger("amqtt").setLevel(logging.CRITICAL)
        logging.getLogger("transitions").setLevel(logging.CRITICAL)
        self._thread = threading.Thread(target=self._run, name="embedded-broker", daemon=True)
        self._thread.start()
        if not self._up.wait(_START_TIMEOUT_S) or self._error is not None:
            raise RuntimeError("the embedded broker did not start") from self._error

    def stop(self) -> None:
        """Disconnect everyone and end the thread."""
        if self._thread is None or self._loop is None or self._stopping is None:
            return
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(_START_TIMEOUT_S)
        self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as error:  # noqa: BLE001  # handed to the thread that waits in `start`
            self._error = error
            self._up.set()

    async def _serve(self) -> None:
        from amqtt.broker import Broker  # an optional dependency

        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        broker = Broker(_config(self.host, self.port))
        await broker.start()
        self._up.set()
        await self._stopping.wait()
        await broker.shutdown()


def _config(host: str, port: int) -> dict[str, Any]:
    return {
        "listeners": {"default": {"type": "tcp", "bind": f"{host}:{port}"}},
        "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
