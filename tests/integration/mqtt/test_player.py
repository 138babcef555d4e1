"""A player's positions arrive through a real broker; what is none is counted and changes nothing."""

from __future__ import annotations

import asyncio
import logging

from edge.publish.options import PlayerOptions
from edge.publish.player import Position

from .conftest import until

TOPIC = "media/position"
HOSTILE = [
    b"",
    b"\x00" * 9_000,
    b"[" * 400,
    b'{"content":"../x","position_s":1}',
    b'{"content":"a","position_s":1e999}',
]


async def test_positions_arrive_and_all_else_is_ignored(mosquitto, subscriber, publisher, caplog):
    caplog.set_level(logging.WARNING, logger="edge.publish.mqtt")
    broker = mosquitto()
    player = subscriber(broker.port)
    player.say(TOPIC, b'{"content":"old","position_s":1}', retain=True)
    taken = []
    device = await publisher(broker.port, player=PlayerOptions(), on_position=taken.append)
    await until(lambda: device.status.connected)
    while not taken:  # it may be connected before it hears
        player.say(TOPIC, b'{"content":"first","position_s":1}')
        await asyncio.sleep(0.01)
    for payload in HOSTILE:
        player.say(TOPIC, payload)
    player.say(TOPIC, b'{"content":"clip-1","position_s":12.5,"rate":2}')
    player.say(TOPIC, b'{"content":null}')
    await until(lambda: taken[-1] == Position(None))
    assert Position("old", 1.0, playing=True) not in taken
    assert taken[-2:] == [Position("clip-1", 12.5, playing=True, rate=2.0), Position(None)]
    assert device.ignored_positions == len(HOSTILE)
    assert len([record for record in caplog.records if "no position" in record.message]) == 1


async def test_without_a_player_nothing_is_heard(mosquitto, subscriber, publisher):
    broker = mosquitto()
    taken = []
    device = await publisher(broker.port, on_position=taken.append)
    await until(lambda: device.status.connected)
    other = subscriber(broker.port)
    other.say(TOPIC, b'{"content":"clip-1","position_s":12.5}')
    other.say("edge-affect/pi-1/mute/set", b"nonsense")
    assert taken == []
    assert device.ignored_positions == 0
