"""Writes docs/topics.md: every topic, with a JSON Schema made from the values that make the payloads.

    tools/write_topics.py

Run it after a change to a payload; a test compares the page with what it would write.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from edge.emotion import Emotion, MomentKind
from edge.health import Heat, Share
from edge.publish.node import SensorStatus
from edge.publish.options import PlayerOptions
from edge.publish.player import FASTEST_RATE
from edge.publish.topics import Topics
from edge.release import (
    CONTENT_PATTERN,
    LONGEST_CONTENT_S,
    PAYLOAD_VERSION,
    Level,
    Profile,
    State,
    Suggestion,
)

PAGE: Final = Path(__file__).resolve().parents[1] / "docs" / "topics.md"
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_TEXT: Final[dict[str, Any]] = {"type": "string"}
_POSITIVE: Final[dict[str, Any]] = {"type": "number", "exclusiveMinimum": 0}


def state_schema(profile: Profile) -> dict[str, Any]:
    """Describe the payload of a zone's state; every window of a profile has the same keys."""
    keys: dict[str, Any] = {
        "v": {"const": PAYLOAD_VERSION},
        "zone": _TEXT,
        "profile": {"const": profile.value},
        "window": {
            "type": "integer",
            "minimum": 0,
            "description": "index on a grid of `window_s`, not a time",
        },
        "window_s": _POSITIVE,
        "state": {"enum": [*State]},
        "valence": _coarse("pleasantness"),
        "arousal": _coarse("activation"),
        "quality": {"enum": [*Level]},
        "suggestion": {"enum": [*Suggestion], "description": "what a game, a player or a lamp may do next"},
    }
    if profile is Profile.PERSONAL:
        keys["stress"] = {"enum": [*Level]}
        keys["coherence"] = {"enum": [*Level], "description": "how well the heart follows the paced breath"}
        keys["breaths_per_minute"] = {
            "type": ["number", "null"],
            "exclusiveMinimum": 0,
            "multipleOf": 0.5,
            "description": "the pace of the breath, null while none is paced",
        }
    if profile is Profile.PUBLIC:
        share: dict[str, Any] = {"enum": [None, *(tenth / 10 for tenth in range(11))]}
        keys["people"] = _TEXT | {"description": "a band of the noisy count"}
        keys["shares"] = _closed({emotion.value: share for emotion in Emotion})
        keys["epsilon"] = {"type": ["number", "null"], "minimum": 0, "description": "privacy budget spent"}
        keys["attention"] = share | {"description": "share of the people who faced the screen"}
        keys["moment"] = {
            "enum": [None, *MomentKind],
            "description": "what most of those who reacted changed to",
        }
        keys["moment_s"] = _seconds("the part of the window it fell into begins so long after the window")
        keys["content"] = {
            "type": ["string", "null"],
            "pattern": CONTENT_PATTERN,
            "description": "what was shown when the window began, as the player names it",
        }
        keys["content_s"] = _seconds("its position then")
    return _document(f"state of a zone, {profile} profile", _closed(keys))


def position_schema() -> dict[str, Any]:
    """Describe what a player may say of where it is."""
    shown = _closed(
        {
            "content": {"type": "string", "pattern": CONTENT_PATTERN},
            "position_s": {"type": "number", "minimum": 0, "maximum": LONGEST_CONTENT_S},
            "playing": {"type": "boolean", "default": True},
            "rate": {"type": "number", "minimum": 0, "maximum": FASTEST_RATE, "default": 1},
        }
    ) | {"required": ["content", "position_s"]}
    nothing = _closed({"content": {"type": "null"}})
    return {"$schema": DIALECT, "title": "position of a player", "anyOf": [shown, nothing]}


def info_schema() -> dict[str, Any]:
    """Describe what a node says of itself."""
    keys: dict[str, Any] = {
        "v": {"const": PAYLOAD_VERSION},
        "name": _TEXT,
        "version": _TEXT,
        "board": {"type": ["string", "null"]},
        "profile": {"enum": [*Profile]},
        "window_s": _POSITIVE,
        "zones": {"type": "array", "items": _TEXT},
        "models": {
            "type": "object",
            "additionalProperties": _TEXT | {"pattern": "^[0-9a-f]{64}$"},
            "description": "SHA-256 of each model in use",
        },
    }
    return _document("what the node is", _closed(keys))


def health_schema() -> dict[str, Any]:
    """Describe how a node is doing."""
    count = {"type": "integer", "minimum": 0}
    worst = "on the worst day so far, `unknown` on the first one and in the profile `public`"
    keys: dict[str, Any] = {
        "v": {"const": PAYLOAD_VERSION},
        "running_h": count | {"description": "whole hours since the start"},
        "broker_losses": count,
        "restarts": {
            "type": "object",
            "additionalProperties": count,
            "description": "how often each sensor was opened again",
        },
        "lost": {"enum": [*Share], "description": f"share of samples dropped {worst}"},
        "failed": {"enum": [*Share], "description": f"share of samples no reader could use {worst}"},
        "heat": {"enum": [*Heat], "description": f"of the processor {worst}"},
    }
    return _document("how the node is doing", _closed(keys))


def nudge_schema() -> dict[str, Any]:
    """Describe a hint to the wearer."""
    keys: dict[str, Any] = {
        "v": {"const": PAYLOAD_VERSION},
        "event_type": {"const": "nudge"},
        "breaths_per_minute": _POSITIVE,
        "seconds": _POSITIVE,
    }
    return _document("hint to the wearer", _closed(keys))


def page() -> str:
    """Write the whole page."""
    states = "\n".join(
        f"### {profile.value.capitalize()}\n\n```json\n{json.dumps(state_schema(profile), indent=2)}\n```\n"
        for profile in Profile
    )
    return _PAGE.format(
        topics=_table(Topics("<prefix>", "<node>", "<discovery_prefix>")),
        states=states,
        nudge=f"```json\n{json.dumps(nudge_schema(), indent=2)}\n```",
        health=f"```json\n{json.dumps(health_schema(), indent=2)}\n```",
        position=f"```json\n{json.dumps(position_schema(), indent=2)}\n```",
        info=f"```json\n{json.dumps(info_schema(), indent=2)}\n```",
    )


def _table(topics: Topics) -> str:
    on_off = "`ON`, `OFF`"
    statuses = ", ".join(f"`{status}`" for status in SensorStatus)
    rows = [
        (topics.status, "`online`, `offline` (also the will)", "yes"),
        (topics.info, "[what the node is](#info)", "yes"),
        (topics.health, "[how the node is doing](#health)", "yes"),
        (
            topics.state("<zone>"),
            "[state of a zone](#state), one a window",
            "**no**; expires after 3 windows",
        ),
        (
            topics.history("<zone>"),
            "[state of a zone](#state), every window in order, with `publish.history`",
            "**no**",
        ),
        (topics.sensor_status("<sensor>"), statuses, "yes"),
        (topics.mute_state, f"{on_off}: all sensors are muted", "yes"),
        (topics.mute_set, f"command {on_off}", "ignored if retained"),
        (topics.sensor_mute_state("<sensor>"), on_off, "yes"),
        (topics.sensor_mute_set("<sensor>"), f"command {on_off}", "ignored if retained"),
        (topics.nudge, "[hint to the wearer](#nudge)", "**no**"),
        (topics.pacer, "`in`, `out`: each as that half of a breath begins", "**no**"),
        (topics.breathe, "command `PRESS`: pace the breath now", "ignored if retained"),
        (topics.not_now, "command `PRESS`: no hints for a while", "ignored if retained"),
        (
            PlayerOptions().topic,
            "heard only, with `publish.player`: [position of a player](#player)",
            "ignored if retained",
        ),
        (topics.discovery, "Home Assistant device discovery", "yes"),
        (topics.home_assistant_status, "heard only: `online` makes the node announce itself again", ""),
    ]
    head = ["| topic | payload | retained |", "|---|---|---|"]
    return "\n".join(head + [f"| `{topic}` | {payload} | {retained} |" for topic, payload, retained in rows])


_PAGE: Final = """\
# MQTT topics

<!-- written by tools/write_topics.py; a test compares -->

Everything is UTF-8 and sent with QoS 1. `<prefix>` is `publish.mqtt.prefix` (default `edge-affect`),
`<node>` the config's `node`, `<zone>` its `zone`, `<sensor>` the name of a source.

{topics}

- Nobody who subscribes later learns the last state: it is never retained, and brokers that speak
  MQTT 5 drop it after three windows. While the broker is away the node keeps the newest state of a
  zone and sends it once the broker is back, byte for byte; a state can therefore arrive twice, with
  the same `window`.
- On `history` (profile `public`) every window arrives, in order and byte for byte as it was closed,
  however long the broker was away: windows wait on disk until the broker has acknowledged them and,
  with MQTT 5, somebody listened. One whose acknowledgement was lost arrives twice: count by node, zone
  and `window`.
- Of a wearable, only the `personal` profile tells a status: whether it is in reach says whether its
  wearer is there. In the `public` profile no sensor has topics of its own.
- Commands are exactly `ON` or `OFF`; anything else is ignored. A mute that was set at the device
  itself cannot be lifted from here. No command changes a privacy setting.
- Every state payload has the same length, padded with spaces, and every window the same keys.

A broker with access rules lets a node write `<prefix>/<node>/#` and its discovery topic, read
`<prefix>/<node>/mute/set`, `<prefix>/<node>/sensor/+/mute/set`, `<prefix>/<node>/nudge/now` and `not_now`,
the Home Assistant status and the topic of its player, and write the command topics of its lamps.
`tools/make_broker_config.py` writes such rules for mosquitto.

## State

{states}
## Info

{info}

## Health

Nothing in it tells when somebody was there: see [Health](reliability.md#health).

{health}

## Nudge

Sent only with `publish.nudge` and the profile `personal`.

{nudge}

## Player

Heard only with `publish.player` and the profile `public`, at `publish.player.topic`. A player says it when
it starts, pauses, jumps and ends, and at least once a minute: a position older than that is forgotten. The
state of a window repeats the content and the position at which the window began, so a moment lies at
`content_s` + `moment_s` of a content that played on at its usual pace. What does not fit the schema, or is
longer than 512 bytes, is ignored and counted.

{position}
"""


def _coarse(description: str) -> dict[str, Any]:
    return {
        "type": ["number", "null"],
        "minimum": -1,
        "maximum": 1,
        "multipleOf": 0.25,
        "description": f"{description}, null when withheld",
    }


def _seconds(description: str) -> dict[str, Any]:
    return {"type": ["number", "null"], "minimum": 0, "description": f"{description}, in seconds"}


def _closed(keys: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": keys, "required": [*keys], "additionalProperties": False}


def _document(title: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"$schema": DIALECT, "title": title, **schema}


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.name}")
