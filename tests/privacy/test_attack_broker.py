"""Attacks through the broker: late subscribers, and messages that want to change the privacy."""

from __future__ import annotations

import asyncio
import itertools
import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from integration.mqtt.brokers import MOSQUITTO, PATIENCE_S, Mosquitto, Subscriber

from edge.emotion import EMOTIONS
from edge.gate.gate import Gate
from edge.gate.options import PrivacyOptions
from edge.publish.commands import Command, command_topics, parse_command
from edge.publish.mqtt import MqttPublisher
from edge.publish.node import Node, Sensor, SensorKind
from edge.publish.options import MqttOptions, WledOptions
from edge.publish.topics import Topics
from edge.release import Profile, Release, State
from embedded_broker import EmbeddedBroker
from privacy.test_attack_silence import household_message
from privacy.venue import BEST_GUESS, mood

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from privacy.conftest import AttackTable

MQTT_3_1_1 = 4
TRIALS = 60
NODE = Node(
    id="pi-1",
    name="Living room",
    version="0.1.0",
    profile=Profile.HOUSEHOLD,
    window_s=10.0,
    zones=("room",),
    sensors=(Sensor("camera", SensorKind.CAMERA),),
)
STATES = [emotion.value for emotion in EMOTIONS]


def release_of(emotion: int, window: int) -> Release:
    return Release("room", Profile.HOUSEHOLD, window, 10.0, State(STATES[emotion]))


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[int]:
    """Mosquitto where it is installed, as the embedded broker may send what it holds late."""
    if MOSQUITTO is None:
        with EmbeddedBroker() as embedded:
            yield embedded.port
    else:
        mosquitto = Mosquitto(tmp_path).start()
        yield mosquitto.port
        mosquitto.kill()


def overheard_late(port: int) -> frozenset[tuple[str, bytes]]:
    """What the broker still holds for somebody who comes late."""
    late = Subscriber(port, version=MQTT_3_1_1)
    late.say("late/sentinel", b"end")
    heard = late.all_until("late/sentinel")
    late.close()
    return frozenset((message.topic, message.payload) for message in heard[:-1])


def guess(held: frozenset[tuple[str, bytes]]) -> int:
    """Find the state that is named in what the broker holds; else guess the usual one."""
    for topic, payload in held:
        if topic.endswith("/state") and payload.startswith(b"{"):
            return STATES.index(Release.decode(payload).state.value)
    return 0


async def test_a_late_subscriber_learns_no_mood(attacks: AttackTable, broker: int) -> None:
    randomness = random.Random(12)
    shown = [mood(randomness) for _ in range(TRIALS)]
    lamp = WledOptions(kind="wled", topic="wled/lamp")
    publisher = MqttPublisher(NODE, MqttOptions(host="127.0.0.1", port=broker), lights=[lamp])
    await publisher.start()
    defended, held = 0, []
    for window, emotion in enumerate(shown):
        await publisher.publish(release_of(emotion, window))
        async with asyncio.timeout(PATIENCE_S):
            while publisher.status.published <= window:  # noqa: ASYNC110 - it changes in another thread
                await asyncio.sleep(0.01)
        held.append(await asyncio.to_thread(overheard_late, broker))
        defended += guess(held[-1]) == emotion
    await publisher.stop()
    talker = Subscriber(broker, version=MQTT_3_1_1)
    undefended = 0
    for window, emotion in enumerate(shown[:10]):
        talker.say("edge-affect/pi-1/zone/room/state", release_of(emotion, window).encode(), retain=True)
        undefended += guess(await asyncio.to_thread(overheard_late, broker)) == emotion
    talker.close()
    usual = shown.count(0) / TRIALS
    assert defended / TRIALS == usual
    assert undefended >= 8
    # Nothing that is held, be it for lamps or on the state of the device, goes with the mood.
    assert len(set(held)) == 1
    attacks.add(
        "broker replay: subscribe late and read the last mood",
        "states are not retained, and expire",
        base=usual,
        defended=defended / TRIALS,
        undefended=undefended / 10,
    )


DOWNGRADES = [
    b'{"privacy":{"k":1,"profile":"personal"}}',
    b'{"single_person_agreed":true}',
    b"profile=personal",
    b"k=1",
    b"epsilon=100",
]


def test_no_message_lowers_the_privacy(attacks: AttackTable) -> None:
    """He says everything that might be a setting on every topic, then watches someone alone."""
    topics = Topics("edge-affect", "pi-1", "homeassistant")
    commands = command_topics(NODE, topics)
    guesses = [*commands, f"{topics.root}/set", f"{topics.root}/privacy/set", topics.info, topics.discovery]
    obeyed = [
        parse_command(commands, topic, payload, retained=False)
        for topic, payload in itertools.product(guesses, [*DOWNGRADES, b"OFF"])
    ]
    # All that a message can ask for is named by the fields of a command, and no privacy is among them.
    unmute_all, unmute_camera = Command(sensor=None, muted=False), Command(sensor="camera", muted=False)
    assert {command for command in obeyed if command} == {unmute_all, unmute_camera}
    randomness = random.Random(13)
    shown = [mood(randomness) for _ in range(400)]

    def rate(*, agreed: bool) -> float:
        named = [household_message(emotion, single_person_agreed=agreed) for emotion in shown]
        states = [Release.decode(message).state.value for message in named]
        return sum(
            (STATES.index(state) if state in STATES else 0) == emotion
            for state, emotion in zip(states, shown, strict=True)
        ) / len(shown)

    usual = shown.count(0) / len(shown)
    assert rate(agreed=False) == usual
    assert rate(agreed=True) == 1.0
    attacks.add(
        "config downgrade over MQTT: publish someone alone",
        "privacy is read from the local file only",
        base=usual,
        defended=rate(agreed=False),
        undefended=rate(agreed=True),
    )
    assert usual <= BEST_GUESS + 0.1


@given(topic=st.text(max_size=60), payload=st.binary(max_size=200), retained=st.booleans())
def test_any_message_is_a_mute_or_nothing(topic: str, payload: bytes, *, retained: bool) -> None:
    commands = command_topics(NODE, Topics("edge-affect", "pi-1", "homeassistant"))
    for each in (topic, *commands):
        command = parse_command(commands, each, payload, retained=retained)
        assert command is None or payload in (b"ON", b"OFF")


def test_options_cannot_be_changed_once_validated() -> None:
    gate = Gate(PrivacyOptions(), zone="room")
    for name in PrivacyOptions.model_fields:
        try:
            setattr(gate._options, name, 1)
        except ValueError:
            continue
        raise AssertionError(f"{name} could be changed")
