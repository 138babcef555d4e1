"""Tasmota (tasmota.github.io/docs/Commands, section Light)."""

from __future__ import annotations

import colorsys
import math
import re
from typing import TYPE_CHECKING, Final

from edge.publish.lights.adapter import parse_object
from edge.publish.message import Message

if TYPE_CHECKING:
    from edge.publish.lights.palette import Glow
    from edge.publish.options import TasmotaOptions

_HSB: Final = re.compile(r"[0-9]{1,3},[0-9]{1,3},[0-9]{1,3}")
_SLOWEST: Final = 40


class Tasmota:
    """A Tasmota lamp; it answers `State` on `stat/<topic>/RESULT`."""

    def __init__(self, options: TasmotaOptions) -> None:
        self._topic = options.topic
        self._shown = False
        self._found_power: str | None = None
        self._found_hsb: str | None = None

    @property
    def name(self) -> str:
        """The device topic."""
        return self._topic

    @property
    def topics(self) -> tuple[str, ...]:
        """The answers to commands."""
        return (f"stat/{self._topic}/RESULT",)

    def ask(self) -> tuple[Message, ...]:
        """Ask for power and colour."""
        return (self._command("State", ""),)

    def heard(self, topic: str, payload: bytes) -> None:
        """Learn power and colour."""
        said = parse_object(payload)
        power = said.get("POWER", said.get("POWER1"))
        if self._shown or topic not in self.topics or power not in ("ON", "OFF"):
            return
        self._found_power = str(power)
        hsb = said.get("HSBColor")
        self._found_hsb = hsb if isinstance(hsb, str) and _HSB.fullmatch(hsb) else None

    def show(self, glow: Glow, transition_s: float) -> tuple[Message, ...]:
        """Switch fading on, then set hue, saturation and brightness at once."""
        self._shown = True
        hue, saturation, value = colorsys.rgb_to_hsv(*(channel / 255 for channel in glow.rgb))
        brightness = max(1, round(100 * value * glow.brightness))
        hsb = f"{round(360 * hue) % 360},{round(100 * saturation)},{brightness}"
        return (*self._fade(transition_s), self._command("HSBColor", hsb))

    def restore(self, transition_s: float) -> tuple[Message, ...]:
        """Repeat what the lamp said before."""
        if not self._shown or self._found_power is None:
            return ()
        if self._found_power == "OFF":
            return (*self._fade(transition_s), self._command("POWER", "OFF"))
        if self._found_hsb is None:
            return ()
        return (*self._fade(transition_s), self._command("HSBColor", self._found_hsb))

    def _fade(self, transition_s: float) -> tuple[Message, ...]:
        # `Speed` counts half seconds for a fade over the whole range.
        speed = min(_SLOWEST, max(1, math.ceil(2 * transition_s)))
        return (self._command("Fade", "ON"), self._command("Speed", str(speed)))

    def _command(self, command: str, argument: str) -> Message:
        return Message(f"cmnd/{self._topic}/{command}", argument.encode())
