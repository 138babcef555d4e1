"""ESPHome's MQTT light (esphome.io/components/mqtt; `light_json_schema.cpp`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from edge.publish.lights.adapter import parse_object, whole_number
from edge.publish.message import Message, encode_json

if TYPE_CHECKING:
    from edge.publish.lights.palette import Glow
    from edge.publish.options import EsphomeOptions

_FULL: Final = 255
_CHANNELS: Final = ("r", "g", "b")


class Esphome:
    """A light of an ESPHome node; its state is retained by default."""

    def __init__(self, options: EsphomeOptions) -> None:
        self._topic = f"{options.prefix}/light/{options.light}"
        self._shown = False
        self._found: dict[str, object] | None = None

    @property
    def name(self) -> str:
        """The light's topic."""
        return self._topic

    @property
    def topics(self) -> tuple[str, ...]:
        """The state of the light."""
        return (f"{self._topic}/state",)

    def ask(self) -> tuple[Message, ...]:
        """Nothing to ask: the state is retained."""
        return ()

    def heard(self, topic: str, payload: bytes) -> None:
        """Learn the scene."""
        said = parse_object(payload)
        if self._shown or topic not in self.topics or said.get("state") not in ("ON", "OFF"):
            return
        found: dict[str, object] = {"state": said["state"]}
        if (brightness := whole_number(said.get("brightness"), high=_FULL)) is not None:
            found["brightness"] = brightness
        if said.get("color_mode") == "color_temp":
            if (mired := whole_number(said.get("color_temp"), high=1000)) is not None:
                found["color_temp"] = mired
        elif isinstance(colour := said.get("color"), dict):
            channels = {name: whole_number(colour.get(name), high=_FULL) for name in _CHANNELS}
            if None not in channels.values():
                found["color"] = channels
        self._found = found

    def show(self, glow: Glow, transition_s: float) -> tuple[Message, ...]:
        """Set colour and brightness in one message."""
        self._shown = True
        request: dict[str, object] = {
            "state": "ON",
            "brightness": max(1, round(_FULL * glow.brightness)),
            "color": dict(zip(_CHANNELS, glow.rgb, strict=True)),
            "transition": transition_s,
        }
        return (Message(f"{self._topic}/command", encode_json(request)),)

    def restore(self, transition_s: float) -> tuple[Message, ...]:
        """Repeat what the light said before."""
        if not self._shown or self._found is None:
            return ()
        scene = {"state": "OFF"} if self._found["state"] == "OFF" else self._found
        return (Message(f"{self._topic}/command", encode_json(scene | {"transition": transition_s})),)
