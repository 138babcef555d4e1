from __future__ import annotations

import asyncio

import pytest

from edge.errors import PublishError, PublishReason
from edge.publish.options import MqttOptions
from edge.publish.removal import remove_node

from .brokers import free_port
from .conftest import until


async def test_removal_leaves_nothing_behind(mosquitto, subscriber, publisher):
    broker = mosquitto()
    device = await publisher(broker.port)
    await until(lambda: device.status.connected)
    await device.stop()
    neighbour = subscriber(broker.port)
    neighbour.say("edge-affect/pi-2/status", b"online", retain=True)
    neighbour.say("edge-affect/pi-1/sensor/long_gone/status", b"absent", retain=True)
    options = MqttOptions(host="127.0.0.1", port=broker.port)
    removed = await asyncio.to_thread(remove_node, options, "pi-1")
    assert "homeassistant/device/edge_affect_pi-1/config" in removed
    assert "edge-affect/pi-1/sensor/long_gone/status" in removed
    late = subscriber(broker.port)
    late.say("end", b"")
    assert [heard.topic for heard in late.all_until("end")] == ["edge-affect/pi-2/status", "end"]


async def test_a_broker_that_is_away_is_told():
    options = MqttOptions(host="127.0.0.1", port=free_port())
    with pytest.raises(PublishError) as caught:
        await asyncio.to_thread(remove_node, options, "pi-1", timeout_s=0.5)
    assert caught.value.reason is PublishReason.AWAY
