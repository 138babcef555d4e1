"""WLED: its JSON API over MQTT (kno.wled.ge/interfaces/mqtt, kno.wled.ge/interfaces/json-api)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from edge.publish.message import Message, encode_json

if TYPE_CHECKING:
    from edge.publish.lights.palette import Glow
    from edge.publish.options import WledOptions

_COLOUR: Final = re.compile(rb"#([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})")
_BRIGHTNESS: Final = re.compile(rb"[0-9]{1,3}")
_FULL: Final = 255


class Wled:
    """A WLED controller; it tells brightness on `<topic>/g` and the first colour on `<topic>/c`."""

    def __init__(self, options: WledOptions) -> None:
        self._topic = options.topic
        self._rest_preset = options.rest_preset
        self._shown = False
        self._found_rgb: tuple[int, int, int] | None = None
        self._found_brightness: int | None = None

    @property
    def name(self) -> str:
        """The device topic."""
        return self._topic

    @property
    def topics(self) -> tuple[str, ...]:
        """Brightness and colour."""
        return (f"{self._topic}/g", f"{self._topic}/c")

    def ask(self) -> tuple[Message, ...]:
        """WLED cannot be asked; it speaks when it changes, and retained where it is set to."""
        return ()

    def heard(self, topic: str, payload: bytes) -> None:
        """Learn brightness or colour."""
        if self._shown:
            return
        if topic == f"{self._topic}/g" and _BRIGHTNESS.fullmatch(payload):
            self._found_brightness = min(_FULL, int(payload))
        elif topic == f"{self._topic}/c" and (match := _COLOUR.fullmatch(payload)):
            red, green, blue = (int(part, 16) for part in match.groups())
            self._found_rgb = (red, green, blue)

    def show(self, glow: Glow, transition_s: float) -> tuple[Message, ...]:
        """Solid colour on the first segment."""
        self._shown = True
        return (self._set(max(1, round(_FULL * glow.brightness)), glow.rgb, transition_s),)

    def restore(self, transition_s: float) -> tuple[Message, ...]:
        """Choose the preset that was configured, or what the lamp said before."""
        if not self._shown:
            return ()
        if self._rest_preset is not None:
            return (self._api({"ps": self._rest_preset}),)
        if self._found_brightness == 0:
            return (self._api({"on": False, "transition": _tenths(transition_s)}),)
        if self._found_brightness is None or self._found_rgb is None:
            return ()
        return (self._set(self._found_brightness, self._found_rgb, transition_s),)

    def _set(self, brightness: int, rgb: tuple[int, int, int], transition_s: float) -> Message:
        segment = {"fx": 0, "col": [list(rgb)]}
        return self._api(
            {"on": True, "bri": brightness, "transition": _tenths(transition_s), "seg": [segment]}
        )

    def _api(self, request: dict[str, object]) -> Message:
        return Message(f"{self._topic}/api", encode_json(request))


def _tenths(seconds: float) -> int:
    return round(10 * seconds)
