"""Brokers, publishers and subscribers that end with their test."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from edge.publish.mqtt import MqttPublisher
from edge.publish.node import Node, Sensor, SensorKind
from edge.publish.options import MqttOptions
from edge.release import Profile, Release, State

from .brokers import MOSQUITTO, PATIENCE_S, Mosquitto, Relay, Subscriber

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

NODE = Node(
    id="pi-1",
    name="Living room",
    version="0.1.0",
    profile=Profile.HOUSEHOLD,
    window_s=10.0,
    zones=("room",),
    sensors=(Sensor("camera", SensorKind.CAMERA), Sensor("strap", SensorKind.WEARABLE)),
)


def a_release(window: int = 1, state: State = State.HAPPINESS) -> Release:
    return Release(zone="room", profile=Profile.HOUSEHOLD, window=window, window_s=10.0, state=state)


async def until(condition: Callable[[], object], *, within_s: float = PATIENCE_S) -> None:
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110  # it changes in another thread
            await asyncio.sleep(0.01)


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Callable[..., Mosquitto]]:
    """Start mosquitto with some settings."""
    if MOSQUITTO is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI must have mosquitto")
        pytest.skip("mosquitto is not installed")
    with contextlib.ExitStack() as stack:

        def start(settings: str = "allow_anonymous true") -> Mosquitto:
            broker = Mosquitto(tmp_path, settings).start()
            stack.callback(broker.kill)
            return broker

        yield start


@pytest.fixture
def subscriber() -> Iterator[Callable[..., Subscriber]]:
    with contextlib.ExitStack() as stack:

        def subscribe(port: int, **more: object) -> Subscriber:
            made = Subscriber(port, **more)
            stack.callback(made.close)
            return made

        yield subscribe


@pytest.fixture
def relay() -> Iterator[Callable[[int], Relay]]:
    with contextlib.ExitStack() as stack:

        def make(port: int) -> Relay:
            made = Relay(port)
            stack.callback(made.close)
            return made

        yield make


@pytest.fixture
async def publisher() -> AsyncIterator[Callable[..., MqttPublisher]]:
    """Make publishers that are stopped after the test."""
    async with contextlib.AsyncExitStack() as stack:

        async def make(port: int, *, mqtt: dict[str, object] | None = None, **more: object) -> MqttPublisher:
            options = MqttOptions.model_validate({"host": "127.0.0.1", "port": port} | (mqtt or {}))
            made = MqttPublisher(NODE, options, birth_delay_s=(0.0, 0.05), **more)
            await made.start()
            stack.push_async_callback(made.stop)
            return made

        yield make


@dataclass(frozen=True)
class Pki:
    """Certificates of an authority, a server and a device."""

    directory: Path

    def file(self, name: str) -> str:
        return str(self.directory / name)


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    directory = tmp_path_factory.mktemp("pki")

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)

    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    for authority in ("ca", "other-ca"):
        openssl(
            "req", "-x509", *curve, "-keyout", f"{authority}.key", "-out", f"{authority}.crt", "-days", "2",
            "-subj", f"/CN={authority}", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
        )  # fmt: skip
    for name in ("server", "pi-1", "watcher"):
        (directory / "extensions").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        openssl("req", *curve, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        openssl(
            "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial",
            "-out", f"{name}.crt", "-days", "2", "-extfile", "extensions",
        )  # fmt: skip
    return Pki(directory)
