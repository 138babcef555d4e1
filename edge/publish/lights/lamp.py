"""From releases to colours: what a lamp shows, for how long at least, and never a flash.

A colour stays for `min_dwell_s` (five seconds at the least) and every change is a fade of a second
or more, so that no sequence of releases comes near the three flashes a second of WCAG 2.3.1.
"""

from __future__ import annotations

import math
import threading
from datetime import datetime, time
from typing import TYPE_CHECKING, Final

from edge.publish.lights.esphome import Esphome
from edge.publish.lights.palette import Glow, mood_colour
from edge.publish.lights.tasmota import Tasmota
from edge.publish.lights.wled import Wled
from edge.publish.lights.zigbee2mqtt import Zigbee2Mqtt
from edge.publish.nudge import IN
from edge.publish.options import EsphomeOptions, Insufficient, TasmotaOptions, WledOptions, Zigbee2MqttOptions
from edge.release import State

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edge.publish.lights.adapter import LampAdapter
    from edge.publish.message import Message
    from edge.publish.nudge import Breath
    from edge.publish.options import AnyLampOptions
    from edge.release import Release


_SUNK_SHARE: Final = 0.5


class Lamp:
    """One lamp that follows one zone, or all of them."""

    def __init__(
        self, options: AnyLampOptions, *, now_s: Callable[[], float], local_time: Callable[[], time]
    ) -> None:
        self._options = options
        self._adapter = make_adapter(options)
        self._now_s = now_s
        self._local_time = local_time
        self._glow: Glow | None = None
        self._changed_s = -math.inf
        self._breathing = False
        self.resting = False

    @property
    def name(self) -> str:
        """The lamp's topic."""
        return self._adapter.name

    @property
    def topics(self) -> tuple[str, ...]:
        """Where the lamp says how it is."""
        return self._adapter.topics

    @property
    def glow(self) -> Glow | None:
        """What it was last asked to show."""
        return self._glow

    def heard(self, topic: str, payload: bytes) -> None:
        """Pass on what the lamp says."""
        self._adapter.heard(topic, payload)

    def greet(self) -> tuple[Message, ...]:
        """On every connection: ask for the scene to come back to, or show again what it should."""
        return self._adapter.ask() if self._glow is None else self._show(self._glow)

    def follow(self, release: Release) -> tuple[Message, ...]:
        """Say what to send for a release; mostly nothing."""
        now_s = self._now_s()
        follows = self._options.zone in (None, release.zone)
        if not follows or self._breathing or now_s - self._changed_s < self._options.min_dwell_s:
            return ()
        if self.resting and self._glow is None:
            return ()
        glow = self._wanted(release)
        if self.resting and (messages := self.farewell()):
            glow = None
        elif glow is not None and glow != self._glow:
            messages = self._show(glow)
        else:
            return ()
        self._glow, self._changed_s = glow, now_s
        return messages

    def _wanted(self, release: Release) -> Glow | None:
        """What to show for a release, None to leave it as it is."""
        state = release.state
        if state is State.INSUFFICIENT:
            if self._options.insufficient is Insufficient.KEEP:
                return None
            state = State.NEUTRAL
        rgb = mood_colour(self._options.palette, state, release.valence, release.arousal)
        return Glow(rgb=rgb, brightness=self._brightness())

    def breathe(self, breath: Breath | None) -> tuple[Message, ...]:
        """Swell with a breath in, sink with a breath out, go back to the colour when it is None."""
        if self._glow is None:
            return ()
        self._breathing = breath is not None
        if breath is None:
            return self._show(self._glow)
        share = 1.0 if breath.word == IN else _SUNK_SHARE
        glow = Glow(self._glow.rgb, share * self._glow.brightness)
        return self._adapter.show(glow, breath.lasts_s)

    def _brightness(self) -> float:
        night = self._options.night
        if night is not None and night.contains(self._local_time()):
            return min(night.brightness, self._options.brightness)
        return self._options.brightness

    def farewell(self) -> tuple[Message, ...]:
        """Bring back the scene that was found, unless that was done before."""
        if self._glow is None:
            return ()
        return self._adapter.restore(self._options.transition_s)

    def _show(self, glow: Glow) -> tuple[Message, ...]:
        return self._adapter.show(glow, self._options.transition_s)


class Lamps:
    """All lamps; safe to call from the street's thread and from the connection's."""

    def __init__(
        self,
        options: Sequence[AnyLampOptions],
        *,
        now_s: Callable[[], float],
        local_time: Callable[[], time] = lambda: datetime.now().astimezone().time(),
    ) -> None:
        self._lamps = tuple(Lamp(each, now_s=now_s, local_time=local_time) for each in options)
        self._lock = threading.Lock()

    @property
    def topics(self) -> tuple[str, ...]:
        """Where lamps say how they are."""
        return tuple(topic for lamp in self._lamps for topic in lamp.topics)

    @property
    def glows(self) -> dict[str, Glow]:
        """What each lamp was last asked to show."""
        with self._lock:
            return {lamp.name: lamp.glow for lamp in self._lamps if lamp.glow is not None}

    def heard(self, topic: str, payload: bytes) -> None:
        """Pass on what a lamp says."""
        with self._lock:
            for lamp in self._lamps:
                lamp.heard(topic, payload)

    def greet(self) -> list[Message]:
        """On every connection: what to send to all lamps."""
        with self._lock:
            return [message for lamp in self._lamps for message in lamp.greet()]

    def follow(self, release: Release) -> list[Message]:
        """For a release: what to send to the lamps that follow its zone."""
        with self._lock:
            return [message for lamp in self._lamps for message in lamp.follow(release)]

    def rest(self, *, resting: bool) -> None:
        """While nothing is sensed, lamps go back to the scene that was found."""
        with self._lock:
            for lamp in self._lamps:
                lamp.resting = resting

    def breathe(self, breath: Breath | None) -> list[Message]:
        """Let all lamps breathe along."""
        with self._lock:
            return [message for lamp in self._lamps for message in lamp.breathe(breath)]

    def farewell(self) -> list[Message]:
        """On stop: bring back the scenes that were found."""
        with self._lock:
            return [message for lamp in self._lamps for message in lamp.farewell()]


def make_adapter(options: AnyLampOptions) -> LampAdapter:
    """Choose the adapter for a kind of lamp."""
    match options:
        case WledOptions():
            return Wled(options)
        case Zigbee2MqttOptions():
            return Zigbee2Mqtt(options)
        case TasmotaOptions():
            return Tasmota(options)
        case EsphomeOptions():
            return Esphome(options)
