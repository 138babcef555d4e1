from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.publish.commands import Command, command_topics, parse_command
from edge.publish.node import Node, Sensor, SensorKind
from edge.publish.topics import Topics
from edge.release import Profile

TOPICS = Topics("edge-affect", "pi", "homeassistant")


def node(profile=Profile.HOUSEHOLD):
    sensors = (Sensor("camera", SensorKind.CAMERA),)
    return Node("pi", "Pi", "1", profile, 10.0, ("room",), sensors)


def test_commands_for_one_sensor_and_for_all():
    topics = command_topics(node(), TOPICS)
    assert parse_command(topics, "edge-affect/pi/mute/set", b"ON", retained=False) == Command(
        None, muted=True
    )
    one = parse_command(topics, "edge-affect/pi/sensor/camera/mute/set", b"OFF", retained=False)
    assert one == Command("camera", muted=False)


def test_in_public_all_sensors_are_muted_together():
    assert command_topics(node(Profile.PUBLIC), TOPICS) == {"edge-affect/pi/mute/set": None}


def test_a_retained_command_is_ignored():
    topics = command_topics(node(), TOPICS)
    assert parse_command(topics, "edge-affect/pi/mute/set", b"OFF", retained=True) is None


@given(topic=st.text(max_size=60), payload=st.binary(max_size=40))
def test_anything_else_is_ignored(topic, payload):
    topics = command_topics(node(), TOPICS)
    command = parse_command(topics, topic, payload, retained=False)
    assert (command is not None) == (topic in topics and payload in (b"ON", b"OFF"))
    for own in topics:
        assert (parse_command(topics, own, payload, retained=False) is None) == (
            payload not in (b"ON", b"OFF")
        )
