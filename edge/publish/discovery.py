"""Home Assistant's device discovery: one retained message describes the whole device.

Needs Home Assistant 2024.11 or newer. The state is not retained and expires after three windows,
so nobody who looks later learns the last mood.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from edge.emotion import Emotion, MomentKind
from edge.health import Heat, Share
from edge.publish.message import Message, encode_json
from edge.publish.node import SensorStatus
from edge.publish.nudge import IN, OUT, PRESS
from edge.publish.words import Language, in_words
from edge.release import Level, Profile, State, Suggestion

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge.publish.node import Node, Sensor
    from edge.publish.topics import Topics

MAKER: Final = "edge-affect"
_BREATH_EXPIRES_AFTER_S: Final = 15
"""Longer than half a breath at four breaths a minute."""
_LEVELS: Final = [level.value for level in Level]
_ICONS: Final = {
    Emotion.NEUTRAL: "mdi:emoticon-neutral-outline",
    Emotion.HAPPINESS: "mdi:emoticon-happy-outline",
    Emotion.SURPRISE: "mdi:emoticon-excited-outline",
    Emotion.SADNESS: "mdi:emoticon-sad-outline",
    Emotion.ANGER: "mdi:emoticon-angry-outline",
    Emotion.DISGUST: "mdi:emoticon-sick-outline",
    Emotion.FEAR: "mdi:emoticon-frown-outline",
    Emotion.CONTEMPT: "mdi:emoticon-confused-outline",
}


def discovery_message(node: Node, topics: Topics) -> Message:
    """Make the message that makes the device known."""
    return Message(topics.discovery, encode_json(discovery_payload(node, topics)), retain=True)


def discovery_payload(node: Node, topics: Topics) -> dict[str, Any]:
    """Describe the device, where it comes from and its entities."""
    unique = f"edge_affect_{node.id}"
    components: dict[str, dict[str, Any]] = {}
    for zone in node.zones:
        prefix = f"{zone.replace('_', ' ').capitalize()} " if len(node.zones) > 1 else ""
        for key, entity in _zone_entities(node, topics, zone).items():
            named = entity | {"name": f"{prefix}{entity['name']}"}
            components[f"{zone}_{key}"] = named
    components["mute"] = _mute_switch("Mute all sensors", topics.mute_set, topics.mute_state)
    if node.nudges:
        components |= _nudge_entities(topics)
    for sensor in node.muted_one_by_one:
        components |= _sensor_entities(node, topics, sensor)
    components |= _health_entities(node, topics)
    device: dict[str, Any] = {
        "identifiers": [unique],
        "name": node.name,
        "manufacturer": MAKER,
        "model": f"Affect sensor, {node.profile.value} profile",
        "sw_version": node.version,
    }
    if node.board is not None:
        device["hw_version"] = node.board
    return {
        "device": device,
        "origin": {"name": MAKER, "sw_version": node.version},
        "availability_topic": topics.status,
        "qos": 1,
        "components": {key: {"unique_id": f"{unique}_{key}"} | entity for key, entity in components.items()},
    }


def _zone_entities(node: Node, topics: Topics, zone: str) -> dict[str, dict[str, Any]]:
    def sensor(name: str, key: str, icon: str, **more: Any) -> dict[str, Any]:
        return {
            "platform": "sensor",
            "name": name,
            "icon": icon,
            "state_topic": topics.state(zone),
            "value_template": f"{{{{ value_json.{key} }}}}",
            "expire_after": node.expires_after_s,
        } | more

    entities = {
        "mood": sensor("Mood", "state", "mdi:emoticon-outline", device_class="enum", options=[*State]),
        "valence": sensor("Valence", "valence", "mdi:thumbs-up-down-outline", state_class="measurement"),
        "arousal": sensor("Arousal", "arousal", "mdi:lightning-bolt-outline", state_class="measurement"),
        "quality": sensor(
            "Quality",
            "quality",
            "mdi:signal",
            device_class="enum",
            options=_LEVELS,
            entity_category="diagnostic",
        ),
        "suggestion": sensor(
            "Suggestion", "suggestion", "mdi:tune-variant", device_class="enum", options=[*Suggestion]
        ),
    }
    translated = {"mood": "state", "suggestion": "suggestion"}
    if node.profile is Profile.PERSONAL:
        translated["stress"] = "stress"
        entities["stress"] = sensor(
            "Stress", "stress", "mdi:head-lightbulb-outline", device_class="enum", options=_LEVELS
        )
        if node.paces:
            entities["coherence"] = sensor(
                "Coherence", "coherence", "mdi:heart-pulse", device_class="enum", options=_LEVELS
            )
            entities["pace"] = sensor(
                "Pace of the breath",
                "breaths_per_minute",
                "mdi:lungs",
                state_class="measurement",
                unit_of_measurement="breaths/min",
                entity_category="diagnostic",
            )
    if node.profile is Profile.PUBLIC:
        entities |= _counted_entities(node, sensor)
        entities["people"] = sensor("People", "people", "mdi:account-group-outline")
        entities["epsilon"] = sensor(
            "Privacy budget of the window",
            "epsilon",
            "mdi:shield-account-outline",
            state_class="measurement",
            entity_category="diagnostic",
            enabled_by_default=False,
        )
        for emotion in Emotion:
            entities[f"share_{emotion}"] = sensor(
                f"Share of {emotion}",
                f"shares.{emotion}",
                _ICONS[emotion],
                state_class="measurement",
                enabled_by_default=False,
            )
    if node.language is not Language.ENGLISH:
        for name, key in translated.items():
            entities[f"{name}_in_words"] = _said(node.language, entities[name], key)
    return entities


def _said(language: Language, entity: dict[str, Any], key: str) -> dict[str, Any]:
    """A second sensor for people, in their language; the first one keeps its words for automations."""
    name, values = in_words(key, language)
    template = f"{{{{ {encode_json(values).decode()}.get(value_json.{key}, value_json.{key}) }}}}"
    return entity | {"name": name, "value_template": template, "options": [*values.values()]}


def _counted_entities(node: Node, sensor: Callable[..., dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What is known only where the config asks for it."""
    entities: dict[str, dict[str, Any]] = {}
    if "attention" in node.counts:
        entities["attention"] = sensor(
            "Attention", "attention", "mdi:eye-check-outline", state_class="measurement"
        )
    if "moment" in node.counts:
        entities["moment"] = sensor(
            "Moment", "moment", "mdi:star-shooting-outline", device_class="enum", options=[*MomentKind]
        )
        entities["moment_s"] = sensor(
            "Moment in the window", "moment_s", "mdi:timer-star-outline",
            device_class="duration", unit_of_measurement="s", enabled_by_default=False,
        )  # fmt: skip
    if "content" in node.counts:
        entities["content"] = sensor("Content", "content", "mdi:filmstrip")
        entities["content_s"] = sensor(
            "Position in the content", "content_s", "mdi:timer-play-outline",
            device_class="duration", unit_of_measurement="s", enabled_by_default=False,
        )  # fmt: skip
    return entities


def _sensor_entities(node: Node, topics: Topics, sensor: Sensor) -> dict[str, dict[str, Any]]:
    name = sensor.name.replace("_", " ").replace("-", " ")
    entities = {
        f"mute_{sensor.name}": _mute_switch(
            f"Mute {name}", topics.sensor_mute_set(sensor.name), topics.sensor_mute_state(sensor.name)
        )
    }
    if node.may_report(sensor):
        entities[f"sensor_{sensor.name}"] = {
            "platform": "sensor",
            "name": f"{name.capitalize()} status",
            "icon": "mdi:access-point",
            "device_class": "enum",
            "options": [*SensorStatus],
            "entity_category": "diagnostic",
            "state_topic": topics.sensor_status(sensor.name),
        }
    return entities


def _health_entities(node: Node, topics: Topics) -> dict[str, dict[str, Any]]:
    def sensor(name: str, key: str, icon: str, **more: Any) -> dict[str, Any]:
        return {
            "platform": "sensor",
            "name": name,
            "icon": icon,
            "entity_category": "diagnostic",
            "enabled_by_default": False,
            "state_topic": topics.health,
            "value_template": f"{{{{ value_json.{key} }}}}",
            **more,
        }

    entities = {
        "running": sensor(
            "Running", "running_h", "mdi:timer-outline", device_class="duration", unit_of_measurement="h"
        ),
        "broker_losses": sensor(
            "Broker losses", "broker_losses", "mdi:lan-disconnect", state_class="total_increasing"
        ),
    }
    if node.profile is not Profile.PUBLIC:
        shares, heats = [*Share], [*Heat]
        entities |= {
            "lost": sensor("Samples lost", "lost", "mdi:tray-alert", device_class="enum", options=shares),
            "failed": sensor(
                "Samples not read", "failed", "mdi:alert-outline", device_class="enum", options=shares
            ),
            "heat": sensor("Heat", "heat", "mdi:thermometer", device_class="enum", options=heats),
        }
    return entities


def _nudge_entities(topics: Topics) -> dict[str, dict[str, Any]]:
    return {
        "nudge": {
            "platform": "event",
            "name": "Nudge",
            "icon": "mdi:meditation",
            "state_topic": topics.nudge,
            "event_types": ["nudge"],
        },
        "breath": {
            "platform": "sensor",
            "name": "Breath",
            "icon": "mdi:lungs",
            "device_class": "enum",
            "options": [IN, OUT],
            "state_topic": topics.pacer,
            "expire_after": _BREATH_EXPIRES_AFTER_S,
            "enabled_by_default": False,
        },
        "breathe": {
            "platform": "button",
            "name": "Breathe now",
            "icon": "mdi:weather-windy",
            "command_topic": topics.breathe,
            "payload_press": PRESS.decode(),
        },
        "not_now": {
            "platform": "button",
            "name": "Not now",
            "icon": "mdi:bell-sleep-outline",
            "command_topic": topics.not_now,
            "payload_press": PRESS.decode(),
        },
    }


def _mute_switch(name: str, command_topic: str, state_topic: str) -> dict[str, Any]:
    return {
        "platform": "switch",
        "name": name,
        "icon": "mdi:eye-off-outline",
        "entity_category": "config",
        "command_topic": command_topic,
        "state_topic": state_topic,
    }
