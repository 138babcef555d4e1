"""What Home Assistant is told, for each profile, compared with a committed snapshot.

After a wanted change: UPDATE_SNAPSHOTS=1 python -m pytest tests/unit/publish/test_discovery.py
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from edge.publish.discovery import discovery_message, discovery_payload
from edge.publish.node import Node, Sensor, SensorKind
from edge.publish.topics import Topics
from edge.publish.words import Language, in_words
from edge.release import Level, Profile, Release, State, Suggestion

SNAPSHOTS = Path(__file__).parent / "snapshots"
TOPICS = Topics("edge-affect", "pi-1", "homeassistant")


def a_node(profile, zones=("living_room",), language=Language.ENGLISH):
    return Node(
        id="pi-1",
        name="Living room",
        version="0.1.0",
        profile=profile,
        window_s=10.0,
        zones=zones,
        sensors=(
            Sensor("camera", SensorKind.CAMERA),
            Sensor("microphone", SensorKind.MICROPHONE),
            Sensor("chest-strap", SensorKind.WEARABLE),
        ),
        board="Raspberry Pi 5",
        nudges=profile is Profile.PERSONAL,
        paces=profile is Profile.PERSONAL,
        counts=frozenset({"attention", "moment", "content"} if profile is Profile.PUBLIC else ()),
        language=language,
    )


@pytest.mark.parametrize("profile", Profile)
def test_payload_is_as_it_was(profile):
    payload = discovery_payload(a_node(profile), TOPICS)
    file = SNAPSHOTS / f"discovery_{profile}.json"
    if os.environ.get("UPDATE_SNAPSHOTS") == "1":
        file.write_text(json.dumps(payload, indent=2) + "\n", encoding="utf-8")
    assert json.loads(file.read_text(encoding="utf-8")) == payload


@pytest.mark.parametrize("profile", Profile)
def test_ids_are_valid_and_unique(profile):
    node = a_node(profile, zones=("kitchen", "living_room"))
    payload = discovery_payload(node, TOPICS)
    ids = [component["unique_id"] for component in payload["components"].values()]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]+", each) for each in [*ids, *payload["components"]])
    names = [component["name"] for component in payload["components"].values()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("profile", Profile)
def test_every_entity_of_a_zone_reads_a_key_that_its_releases_have(profile):
    keys = Release("living_room", profile, 0, 10.0, State.NEUTRAL).payload()
    for component in discovery_payload(a_node(profile), TOPICS)["components"].values():
        if component.get("state_topic", "").endswith("/zone/living_room/state"):
            (key,) = re.findall(r"value_json\.(\w+)", component["value_template"])
            assert key in keys


def test_what_is_not_asked_for_has_no_entity():
    bare = Node("pi-1", "Pi", "1", Profile.PUBLIC, 300.0, ("hall",))
    components = discovery_payload(bare, TOPICS)["components"]
    assert not {"hall_attention", "hall_moment", "hall_content"} & components.keys()
    wearer = Node("pi-1", "Pi", "1", Profile.PERSONAL, 5.0, ("desk",))
    assert (
        not {"desk_coherence", "desk_pace", "breathe"}
        & discovery_payload(wearer, TOPICS)["components"].keys()
    )


OTHERS = [language for language in Language if language is not Language.ENGLISH]


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("profile", Profile)
def test_states_are_said_in_another_language_beside_the_words_for_automations(profile, language):
    english = discovery_payload(a_node(profile), TOPICS)["components"]
    both = discovery_payload(a_node(profile, language=language), TOPICS)["components"]
    assert {key: both[key] for key in english} == english
    said = {key for key in both if key.endswith("_in_words")}
    assert both.keys() - english.keys() == said
    assert {"living_room_mood_in_words", "living_room_suggestion_in_words"} <= said
    names = [component["name"] for component in both.values()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize(("key", "words"), [("state", State), ("stress", Level), ("suggestion", Suggestion)])
def test_every_word_has_a_translation_of_its_own(language, key, words):
    name, values = in_words(key, language)
    assert name
    assert values.keys() == {word.value for word in words}
    assert len(set(values.values())) == len(values)


@pytest.mark.parametrize("profile", Profile)
def test_a_mood_expires_and_everything_else_has_availability(profile):
    payload = discovery_payload(a_node(profile), TOPICS)
    assert payload["availability_topic"] == "edge-affect/pi-1/status"
    for component in payload["components"].values():
        if component.get("state_topic", "").endswith("/zone/living_room/state"):
            assert component["expire_after"] == 30
    mood = payload["components"]["living_room_mood"]
    assert mood["options"] == [state.value for state in State]
    assert "state_class" not in mood


def test_what_a_profile_must_not_tell_has_no_entity():
    household = discovery_payload(a_node(Profile.HOUSEHOLD), TOPICS)["components"]
    assert "sensor_camera" in household
    assert "sensor_chest-strap" not in household
    assert "living_room_stress" not in household
    public = discovery_payload(a_node(Profile.PUBLIC), TOPICS)["components"]
    assert not [key for key in public if key.startswith(("sensor_", "mute_"))]


def test_the_message_is_retained():
    message = discovery_message(a_node(Profile.HOUSEHOLD), TOPICS)
    assert message.retain
    assert message.topic == "homeassistant/device/edge_affect_pi-1/config"
    assert json.loads(message.payload)["origin"]["name"] == "edge-affect"


@pytest.mark.parametrize("wrong", ["", "a b", "a/b", "a+", "ä", "a" * 65])
def test_a_node_that_would_break_topics_cannot_be_made(wrong):
    with pytest.raises(ValueError, match="node id"):
        Node(wrong, "Pi", "1", Profile.HOUSEHOLD, 10.0, ("room",))
    with pytest.raises(ValueError, match="sensor name"):
        Sensor(wrong, SensorKind.CAMERA)
