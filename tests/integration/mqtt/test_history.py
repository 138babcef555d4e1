from __future__ import annotations

import asyncio
import json

import pytest

from edge.publish.options import HistoryOptions
from edge.release import Profile, Release, State

from .conftest import until

HISTORY = "edge-affect/pi-1/zone/room/history"


def a_window(number):
    return Release("room", Profile.PUBLIC, number, 300.0, State.NEUTRAL)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr("edge.publish.history._LOOK_AGAIN_S", 0.1)


async def test_what_nobody_hears_is_kept_until_somebody_does(mosquitto, subscriber, publisher, tmp_path):
    broker = mosquitto()
    device = await publisher(broker.port, history=HistoryOptions(), state=tmp_path)
    await until(lambda: device.status.connected)
    await device.publish(a_window(1))
    await until(lambda: device.status.published == 1)
    late = subscriber(broker.port)
    heard = await asyncio.to_thread(late.expect, HISTORY)
    assert heard.payload == a_window(1).encode()


async def test_every_window_arrives_through_outages_of_broker_and_device(
    mosquitto, subscriber, publisher, tmp_path
):
    broker = mosquitto()
    kept = {"history": HistoryOptions(), "state": tmp_path / "state"}
    device = await publisher(broker.port, **kept)
    await until(lambda: device.status.connected)
    broker.kill()
    for number in range(30):
        await device.publish(a_window(number))
    await device.stop()
    again = await publisher(broker.port, **kept)
    for number in range(30, 60):
        await again.publish(a_window(number))
    broker.start()
    watcher = subscriber(broker.port)
    arrived = []
    while not arrived or arrived[-1] != 59:
        heard = await asyncio.to_thread(watcher.expect, HISTORY)
        number = json.loads(heard.payload)["window"]
        assert heard.payload == a_window(number).encode()
        arrived.append(number)
    assert sorted(set(arrived)) == list(range(60))
    firsts = list(dict.fromkeys(arrived))
    assert firsts == sorted(firsts)
