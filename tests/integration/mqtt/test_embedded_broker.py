from __future__ import annotations

import asyncio
import json

import paho.mqtt.client as paho
import pytest

from edge.publish.commands import Command
from edge.publish.mqtt import MqttPublisher
from edge.publish.options import MqttOptions, Protocol
from embedded_broker import EmbeddedBroker

from .brokers import PATIENCE_S
from .conftest import NODE, a_release, until


@pytest.fixture
def amqtt():
    with EmbeddedBroker() as broker:
        yield broker


async def test_falls_back_to_mqtt_3_1_1_where_the_broker_does_not_answer_5(amqtt, subscriber, publisher):
    watcher = subscriber(amqtt.port, version=paho.MQTTv311)
    commands = []
    device = await publisher(amqtt.port, on_command=commands.append)
    await device.publish(a_release())
    state = await asyncio.to_thread(watcher.expect, "edge-affect/pi-1/zone/room/state")
    assert json.loads(state.payload)["window"] == 1
    assert device.status.protocol is Protocol.V311
    watcher.say("edge-affect/pi-1/mute/set", b"ON")
    await until(lambda: commands == [Command(None, muted=True)])
    await device.stop()
    await asyncio.to_thread(watcher.expect, "edge-affect/pi-1/status", b"offline")


async def test_who_waits_has_a_connection_though_the_first_dialect_gets_no_answer(amqtt):
    device = MqttPublisher(NODE, MqttOptions(host="127.0.0.1", port=amqtt.port))
    await device.start(patience_s=PATIENCE_S)
    assert device.status.connected
    await device.stop()


async def test_5_alone_is_not_talked_down(amqtt, publisher):
    device = await publisher(amqtt.port, mqtt={"protocol": "5"})
    await until(lambda: device.status.problem is not None)
    assert "no answer" in str(device.status.problem)
    assert not device.status.connected


async def test_a_broker_without_clients_ends_at_once():
    with EmbeddedBroker() as first, EmbeddedBroker() as second:
        assert first.port != second.port
