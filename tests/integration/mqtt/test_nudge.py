from __future__ import annotations

import asyncio
import json

import pytest

from edge.publish.options import NudgeOptions, WledOptions
from edge.release import Level, Profile, Release, State

from .conftest import until

ROOT = "edge-affect/pi-1"


def stressed(window):
    return Release("room", Profile.PERSONAL, window, 10.0, State.NEUTRAL, stress=Level.HIGH)


async def test_a_hint_a_breathing_lamp_and_not_now(mosquitto, subscriber, publisher):
    broker = mosquitto()
    watcher = subscriber(broker.port)
    device = await publisher(
        broker.port,
        lights=[WledOptions(topic="wled/desk")],
        nudge=NudgeOptions(held_s=30, quiet=None),
    )
    await until(lambda: device.status.connected)
    for window in range(1, 4):
        await device.publish(stressed(window))
    nudge = await asyncio.to_thread(watcher.expect, f"{ROOT}/nudge")
    assert json.loads(nudge.payload)["event_type"] == "nudge"
    assert not nudge.retained
    await asyncio.to_thread(watcher.expect, f"{ROOT}/nudge/pacer", b"in")
    swell = await asyncio.to_thread(watcher.expect, "wled/desk/api")
    assert json.loads(swell.payload)["transition"] == 40
    watcher.say(f"{ROOT}/nudge/not_now", b"PRESS")
    back = await asyncio.to_thread(watcher.expect, "wled/desk/api")
    assert json.loads(back.payload)["transition"] == 30
    watcher.say(f"{ROOT}/nudge/not_now", b"nonsense")
    await device.publish(stressed(4))
    watcher.say("end", b"")
    assert f"{ROOT}/nudge" not in [heard.topic for heard in watcher.all_until("end")]


async def test_the_wearer_breathes_along_by_choice_at_the_own_pace(mosquitto, subscriber, publisher):
    broker = mosquitto()
    watcher = subscriber(broker.port)
    device = await publisher(
        broker.port, lights=[WledOptions(topic="wled/desk")], nudge=NudgeOptions(quiet=None)
    )
    await until(lambda: device.status.connected)
    calm = Release("room", Profile.PERSONAL, 1, 10.0, State.NEUTRAL, breaths_per_minute=5.0)
    await device.publish(calm)
    await asyncio.to_thread(watcher.expect, "wled/desk/api")
    watcher.say(f"{ROOT}/nudge/now", b"PRESS")
    await asyncio.to_thread(watcher.expect, f"{ROOT}/nudge/pacer", b"in")
    swell = await asyncio.to_thread(watcher.expect, "wled/desk/api")
    assert json.loads(swell.payload)["transition"] == 48
    await device.stop()
    heard = await asyncio.to_thread(watcher.all_until, f"{ROOT}/status", b"offline")
    assert f"{ROOT}/nudge" not in [each.topic for each in heard], "nobody needs a hint who has begun"


@pytest.mark.parametrize("topic", ["now", "not_now"])
async def test_what_is_no_press_or_was_retained_is_ignored(mosquitto, subscriber, publisher, topic):
    broker = mosquitto()
    watcher = subscriber(broker.port)
    watcher.say(f"{ROOT}/nudge/{topic}", b"PRESS", retain=True)
    device = await publisher(broker.port, nudge=NudgeOptions(held_s=30, quiet=None))
    await asyncio.to_thread(watcher.expect, f"{ROOT}/status", b"online")
    for payload in (b"", b"press", b"PRESS ", b"\xff\x00", b"PRESS" * 4000, b'{"press":true}'):
        watcher.say(f"{ROOT}/nudge/{topic}", payload)
    for window in range(1, 4):
        await device.publish(stressed(window))
    heard = await asyncio.to_thread(watcher.all_until, f"{ROOT}/nudge")
    assert f"{ROOT}/nudge/pacer" not in [each.topic for each in heard]
