"""Zigbee2MQTT (zigbee2mqtt.io/guide/usage/mqtt_topics_and_messages.html)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from edge.publish.lights.adapter import parse_object, whole_number
from edge.publish.message import Message, encode_json

if TYPE_CHECKING:
    from edge.publish.lights.palette import Glow
    from edge.publish.options import Zigbee2MqttOptions

_FULL: Final = 254
_MOST_DEGREES: Final = 360
_SCENE_KEYS: Final = {"xy": "color", "hs": "color", "color_temp": "color_temp"}
"""Which key carries the colour in each colour mode."""


class Zigbee2Mqtt:
    """A lamp or group behind Zigbee2MQTT; it answers `/get` on its own topic."""

    def __init__(self, options: Zigbee2MqttOptions) -> None:
        self._topic = f"{options.base_topic}/{options.device}"
        self._shown = False
        self._found: dict[str, object] | None = None

    @property
    def name(self) -> str:
        """The device's topic."""
        return self._topic

    @property
    def topics(self) -> tuple[str, ...]:
        """The state of the device."""
        return (self._topic,)

    def ask(self) -> tuple[Message, ...]:
        """Read state, brightness and colour from the device."""
        request = {"state": "", "brightness": "", "color": ""}
        return (Message(f"{self._topic}/get", encode_json(request)),)

    def heard(self, topic: str, payload: bytes) -> None:
        """Learn the scene."""
        said = parse_object(payload)
        if self._shown or topic != self._topic or said.get("state") not in ("ON", "OFF"):
            return
        found: dict[str, object] = {"state": said["state"]}
        if (brightness := whole_number(said.get("brightness"), high=_FULL)) is not None:
            found["brightness"] = brightness
        mode = said.get("color_mode")
        key = _SCENE_KEYS.get(mode) if isinstance(mode, str) else None
        if key == "color_temp" and (mired := whole_number(said.get(key), high=1000)) is not None:
            found[key] = mired
        elif key == "color" and (colour := _coordinates(said.get(key), str(mode))) is not None:
            found[key] = colour
        self._found = found

    def show(self, glow: Glow, transition_s: float) -> tuple[Message, ...]:
        """Set colour and brightness in one message."""
        self._shown = True
        red, green, blue = glow.rgb
        request = {
            "state": "ON",
            "brightness": max(1, round(_FULL * glow.brightness)),
            "color": {"r": red, "g": green, "b": blue},
            "transition": transition_s,
        }
        return (Message(f"{self._topic}/set", encode_json(request)),)

    def restore(self, transition_s: float) -> tuple[Message, ...]:
        """Repeat what the lamp said before."""
        if not self._shown or self._found is None:
            return ()
        scene = {"state": "OFF"} if self._found["state"] == "OFF" else self._found
        return (Message(f"{self._topic}/set", encode_json(scene | {"transition": transition_s})),)


def _coordinates(value: object, mode: str) -> dict[str, float] | None:
    if not isinstance(value, dict):
        return None
    names = {"xy": ("x", "y"), "hs": ("hue", "saturation")}[mode]
    numbers = {name: value.get(name) for name in names}
    if any(
        isinstance(n, bool) or not isinstance(n, int | float) or not 0 <= n <= _MOST_DEGREES
        for n in numbers.values()
    ):
        return None
    return {name: float(number) for name, number in numbers.items() if number is not None}
