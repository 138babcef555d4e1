"""The publisher where there is no broker."""

from __future__ import annotations

import asyncio
import time

from edge.errors import PublishReason
from edge.publish.mqtt import MqttPublisher
from edge.publish.node import Node, Sensor, SensorKind, SensorStatus
from edge.publish.options import MqttOptions, WledOptions
from edge.release import Profile, Release, State

NODE = Node("pi", "Pi", "1", Profile.HOUSEHOLD, 10.0, ("room",), (Sensor("camera", SensorKind.CAMERA),))
RELEASE = Release("room", Profile.HOUSEHOLD, 1, 10.0, State.HAPPINESS)


async def test_without_a_broker_nothing_happens():
    publisher = MqttPublisher(NODE, None)
    publisher.report("camera", SensorStatus.OK)
    await publisher.start()
    await publisher.publish(RELEASE)
    await publisher.stop()
    assert not publisher.status.connected
    assert publisher.status.published == 0


async def test_a_broker_that_is_away_holds_nothing_up(unused_tcp_port):
    options = MqttOptions(host="127.0.0.1", port=unused_tcp_port)
    publisher = MqttPublisher(NODE, options, lights=[WledOptions(topic="wled/shelf")])
    await publisher.start()
    began_s = time.perf_counter()
    for _ in range(100):
        await publisher.publish(RELEASE)
    assert time.perf_counter() - began_s < 0.5
    assert publisher.lamp_colours == {"wled/shelf": "#f9c635"}
    while publisher.status.problem is None:  # noqa: ASYNC110  # it changes in another thread
        await asyncio.sleep(0)
    assert publisher.status.problem.reason is PublishReason.AWAY
    assert str(unused_tcp_port) in str(publisher.status.problem)
    await publisher.stop()
    assert publisher.status.published == 0


async def test_who_waits_for_a_broker_that_is_away_waits_for_one_try_only(unused_tcp_port):
    publisher = MqttPublisher(NODE, MqttOptions(host="127.0.0.1", port=unused_tcp_port))
    async with asyncio.timeout(60):
        await publisher.start(patience_s=1000)
    assert publisher.status.problem.reason is PublishReason.AWAY
    await publisher.stop()


async def test_a_name_that_is_none_is_told():
    publisher = MqttPublisher(NODE, MqttOptions(host="a" * 300, allow_plaintext=True))
    await publisher.start()
    while publisher.status.problem is None:  # noqa: ASYNC110  # it changes in another thread
        await asyncio.sleep(0)
    assert publisher.status.problem.reason is PublishReason.AWAY
    await publisher.stop()
