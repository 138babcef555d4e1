"""The broker configuration that the project ships, tried with a real mosquitto."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import paho.mqtt.client as paho
import pytest

from edge.errors import PublishReason
from edge.publish.options import NudgeOptions
from make_broker_config import SETTINGS, access_list, make

from .conftest import a_release, until

STATE = "edge-affect/pi-1/zone/room/state"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    made = tmp_path / "broker"
    make(made, host="localhost", port=8883, nodes=["pi-1", "pi-2"], lamps=["wled/shelf"])
    return made


@pytest.fixture
def broker(mosquitto, directory):
    return mosquitto(SETTINGS.format(directory=directory))


def tls(directory: Path, name: str) -> dict[str, str]:
    return {
        "ca_file": str(directory / "ca.crt"),
        "cert_file": str(directory / f"{name}.crt"),
        "key_file": str(directory / f"{name}.key"),
    }


def context(directory: Path, name: str | None) -> ssl.SSLContext:
    made = ssl.create_default_context(cafile=directory / "ca.crt")
    if name is not None:
        made.load_cert_chain(directory / f"{name}.crt", directory / f"{name}.key")
    return made


def device(publisher, broker, directory, name, **more):
    return publisher(broker.port, mqtt={"host": "localhost", "tls": tls(directory, name)}, **more)


async def test_a_device_publishes_and_the_home_reads(broker, directory, publisher, subscriber):
    home = subscriber(broker.port, tls=context(directory, "homeassistant"))
    await device(publisher, broker, directory, "pi-1")
    heard = await asyncio.to_thread(home.all_until, "edge-affect/pi-1/status", b"online")
    assert "homeassistant/device/edge_affect_pi-1/config" in {message.topic for message in heard}


async def test_a_device_cannot_speak_for_another(broker, directory, publisher, subscriber):
    home = subscriber(broker.port, tls=context(directory, "homeassistant"))
    posing = await device(publisher, broker, directory, "pi-2")  # its node is pi-1
    honest = subscriber(broker.port, tls=context(directory, "pi-2"))
    await until(lambda: posing.status.connected)
    await posing.publish(a_release())
    honest.say("edge-affect/pi-2/status", b"sentinel")
    heard = await asyncio.to_thread(home.all_until, "edge-affect/pi-2/status", b"sentinel")
    assert not any(message.topic.startswith("edge-affect/pi-1") for message in heard)


async def test_a_device_cannot_read_what_another_publishes(broker, directory, publisher, subscriber):
    nosy = subscriber(broker.port, tls=context(directory, "pi-2"))
    speaking = await device(publisher, broker, directory, "pi-1")
    await speaking.publish(a_release())
    await until(lambda: speaking.status.published == 1)
    home = subscriber(broker.port, tls=context(directory, "homeassistant"))
    home.say("wled/shelf/x", b"sentinel")
    heard = await asyncio.to_thread(nosy.all_until, "wled/shelf/x", b"sentinel")
    assert not any(message.topic.startswith("edge-affect/") for message in heard)


async def test_the_home_may_tell_a_device_to_pace_the_breath(broker, directory, publisher, subscriber):
    home = subscriber(broker.port, tls=context(directory, "homeassistant"))
    await device(publisher, broker, directory, "pi-1", nudge=NudgeOptions(quiet=None))
    await asyncio.to_thread(home.expect, "edge-affect/pi-1/status", b"online")
    home.say("edge-affect/pi-1/nudge/now", b"PRESS")
    await asyncio.to_thread(home.expect, "edge-affect/pi-1/nudge/pacer", b"in")


async def test_nobody_gets_in_without_a_certificate_of_this_authority(broker, directory, publisher, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    make(elsewhere, host="localhost", port=8883, nodes=["pi-1"])
    foreign = tls(directory, "pi-1") | {
        "cert_file": str(elsewhere / "pi-1.crt"),
        "key_file": str(elsewhere / "pi-1.key"),
    }
    for each in (foreign, {"ca_file": str(directory / "ca.crt")}):
        refused = await publisher(broker.port, mqtt={"host": "localhost", "tls": each})
        await until(lambda refused=refused: refused.status.problem is not None)
        assert refused.status.problem.reason in (PublishReason.TLS, PublishReason.REFUSED)
        assert not refused.status.connected


def test_plain_text_is_refused(broker):
    client = paho.Client(paho.CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", broker.port)
    codes = {client.loop(timeout=0.2) for _ in range(10)}
    assert not client.is_connected()
    assert codes - {paho.MQTT_ERR_SUCCESS}


def test_a_second_run_adds_devices_and_keeps_what_is_there(directory):
    before = {path.name: path.read_bytes() for path in directory.iterdir() if path.suffix in (".crt", ".key")}
    assert make(directory, host="localhost", port=8883, nodes=["pi-3"]) == ["pi-1", "pi-2", "pi-3"]
    after = {path.name: path.read_bytes() for path in directory.iterdir()}
    assert before.items() <= after.items()
    assert "user pi-1" in after["acl"].decode()
    assert (directory / "pi-3.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["#", "+", "pi/1", "a b", "", "pi-1\nuser root"])
def test_a_name_that_reaches_into_other_topics_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match="use letters"):
        make(tmp_path / "broker", host="localhost", port=8883, nodes=[name])


def test_a_device_may_write_its_own_topics_and_read_its_own_commands_only():
    own = access_list(["pi-1"], []).partition("user homeassistant")[0].splitlines()
    assert [line for line in own if "read" in line] == [
        "topic read edge-affect/pi-1/mute/set",
        "topic read edge-affect/pi-1/sensor/+/mute/set",
        "topic read edge-affect/pi-1/nudge/now",
        "topic read edge-affect/pi-1/nudge/not_now",
        "topic read media/position",
        "topic read homeassistant/status",
    ]
