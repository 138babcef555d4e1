"""The `publish` section of a config."""

from __future__ import annotations

import ipaddress
from datetime import time
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from edge.options import ConfigPath, Options
from edge.publish.words import Language

TopicPath = Annotated[
    str, StringConstraints(pattern=r"^[^#+/\x00-\x1f]+(/[^#+/\x00-\x1f]+)*$", max_length=200)
]
"""One or more topic levels, without wildcards and without a slash at either end."""

ZoneName = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]


class Protocol(StrEnum):
    """Which MQTT to speak; `auto` tries 5 and falls back to 3.1.1."""

    AUTO = "auto"
    V5 = "5"
    V311 = "3.1.1"


class TlsOptions(Options):
    """Encrypt the connection to the broker."""

    ca_file: ConfigPath | None = None
    """Certificates to trust; the system's when left out."""
    cert_file: ConfigPath | None = None
    """Certificate that proves to the broker who we are."""
    key_file: ConfigPath | None = None
    """Private key of `cert_file`, without a passphrase."""

    @model_validator(mode="after")
    def _certificate_and_key(self) -> Self:
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file belong together")
        return self


class MqttOptions(Options):
    """How to reach the broker."""

    host: str = "localhost"
    """Name or address of the broker."""
    port: int | None = Field(default=None, ge=1, le=65535)
    """1883, or 8883 with TLS, when left out."""
    protocol: Protocol = Protocol.AUTO
    """MQTT version: `auto`, `5` or `3.1.1`."""
    prefix: TopicPath = "edge-affect"
    """First part of every topic."""
    username: str | None = None
    """User name at the broker."""
    password_env: str | None = None
    """Environment variable that holds the password."""
    password_file: ConfigPath | None = None
    """File that holds the password in its first line."""
    tls: TlsOptions | None = None
    """Encryption; needed for a broker on another machine unless `allow_plaintext` is set."""
    allow_plaintext: bool = False
    """Send unencrypted to a broker on another machine: everyone on the way can read it."""
    discovery: bool = True
    """Announce the device to Home Assistant."""
    discovery_prefix: TopicPath = "homeassistant"
    """Home Assistant's discovery prefix."""
    language: Language = Language.ENGLISH
    """Home Assistant gets further sensors that say the states in it; those for automations stay English."""
    keepalive_s: int = Field(default=30, ge=5, le=3600)
    """Seconds of silence after which broker and device test the connection."""

    @property
    def effective_port(self) -> int:
        """The port that will be used."""
        return self.port or (8883 if self.tls else 1883)

    @model_validator(mode="after")
    def _safe_and_consistent(self) -> Self:
        if self.password_env is not None and self.password_file is not None:
            raise ValueError("give password_env or password_file, not both")
        if self.username is None and (self.password_env or self.password_file):
            raise ValueError("a password needs a username")
        if self.tls is None and not self.allow_plaintext and not is_loopback(self.host):
            raise ValueError(
                f"the connection to {self.host} would not be encrypted; set tls, or allow_plaintext: true "
                "if everyone on that network may read along"
            )
        return self


def is_loopback(host: str) -> bool:
    """Whether `host` is surely this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class Palette(StrEnum):
    """A set of colours, one for each state."""

    CIRCUMPLEX = "circumplex"
    COLOUR_BLIND = "colour_blind"


class Insufficient(StrEnum):
    """What a lamp does while the gate withholds the state."""

    NEUTRAL = "neutral"
    KEEP = "keep"


class Hours(Options):
    """A part of the day in local time; it may span midnight."""

    start: time
    """When it begins, e.g. `22:00`."""
    end: time
    """When it is over."""

    def contains(self, local: time) -> bool:
        """Whether a time of day lies inside."""
        if self.start <= self.end:
            return self.start <= local < self.end
        return local >= self.start or local < self.end


class NightOptions(Hours):
    """Dimmer hours."""

    start: time = time(22)
    """When they begin."""
    end: time = time(7)
    """When they are over."""
    brightness: float = Field(default=0.1, gt=0, le=1)
    """Share of the lamp's full brightness at most."""


class LampOptions(Options):
    """What all lamps have in common."""

    zone: ZoneName | None = None
    """The zone that the lamp follows; every zone when left out."""
    palette: Palette = Palette.CIRCUMPLEX
    """The colours."""
    brightness: float = Field(default=0.5, gt=0, le=1)
    """Share of the lamp's full brightness."""
    min_dwell_s: float = Field(default=30, ge=5, le=3600)
    """A colour stays at least this long."""
    transition_s: float = Field(default=3, ge=1, le=60)
    """How long it takes to fade from one colour to the next."""
    insufficient: Insufficient = Insufficient.NEUTRAL
    """Go to the neutral colour, or keep the last one, while there is too little to tell."""
    night: NightOptions | None = None
    """Dimmer hours; none when left out."""


class WledOptions(LampOptions):
    """A WLED controller. WLED speaks no TLS: let it reach a broker on your own network only."""

    kind: Literal["wled"] = "wled"
    topic: TopicPath
    """WLED's device topic, e.g. `wled/shelf`."""
    rest_preset: int | None = Field(default=None, ge=1, le=250)
    """The WLED preset to go back to when the daemon stops."""


class Zigbee2MqttOptions(LampOptions):
    """A lamp or group behind Zigbee2MQTT."""

    kind: Literal["zigbee2mqtt"] = "zigbee2mqtt"
    device: TopicPath
    """Its friendly name."""
    base_topic: TopicPath = "zigbee2mqtt"
    """Zigbee2MQTT's base topic."""


class TasmotaOptions(LampOptions):
    """A lamp with Tasmota and its default topic order (`%prefix%/%topic%/`)."""

    kind: Literal["tasmota"] = "tasmota"
    topic: TopicPath
    """Its topic."""


class EsphomeOptions(LampOptions):
    """A light of an ESPHome node that uses the MQTT component."""

    kind: Literal["esphome"] = "esphome"
    prefix: TopicPath
    """The node's topic prefix."""
    light: TopicPath
    """The light's object id."""


AnyLampOptions = Annotated[
    WledOptions | Zigbee2MqttOptions | TasmotaOptions | EsphomeOptions, Field(discriminator="kind")
]


class NudgeOptions(Options):
    """A gentle hint to its wearer when stress stays high. Needs the profile `personal`."""

    held_s: float = Field(default=300, ge=30, le=3600)
    """Stress must have been high for so long."""
    pause_s: float = Field(default=3600, ge=600, le=86400)
    """Least time between two hints."""
    not_now_s: float = Field(default=10800, ge=600, le=86400)
    """How long "not now" keeps it silent."""
    quiet: Hours | None = Hours(start=time(22), end=time(8))
    """Hours without hints; null for none."""
    breaths_per_minute: float = Field(default=6, ge=4, le=10)
    """Pace of the breathing that is proposed, until the wearer's own is known."""
    breathing_s: float = Field(default=60, ge=20, le=600)
    """How long it is proposed for."""
    lamps: bool = True
    """Let the lamps breathe along."""


class HistoryOptions(Options):
    """Every window for those who count, however long the broker is away. Needs the profile `public`."""

    most_windows: int = Field(default=30_000, ge=100, le=1_000_000)
    """How many closed windows wait on disk at the most; the oldest is given up first."""


class PlayerOptions(Options):
    """A player that says where it is in what it shows. Needs the profile `public`."""

    topic: TopicPath = "media/position"
    """Where it says so."""


class PublishOptions(Options):
    """Where releases go."""

    mqtt: MqttOptions | None = None
    """The broker; without one nothing leaves the device."""
    lights: tuple[AnyLampOptions, ...] = ()
    """Lamps that show the state of a zone; they are reached through the broker."""
    nudge: NudgeOptions | None = None
    """A gentle hint when stress stays high; none when left out."""
    history: HistoryOptions | None = None
    """Every window on a topic of its own, stored until the broker has it; none when left out."""
    player: PlayerOptions | None = None
    """Put moments in the time of the content that a player shows; none when left out."""

    @model_validator(mode="after")
    def _lights_need_a_broker(self) -> Self:
        if (self.lights or self.nudge or self.history or self.player) and self.mqtt is None:
            raise ValueError("lights, hints, history and players go through the broker: set mqtt")
        return self
