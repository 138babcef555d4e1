"""Who publishes: the device as others see it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from edge.publish.words import Language
from edge.release import PAYLOAD_VERSION, Profile

if TYPE_CHECKING:
    from collections.abc import Mapping

_ID: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_EXPIRES_AFTER_WINDOWS: Final = 3


class SensorKind(StrEnum):
    """What a sensor is to the people around it."""

    CAMERA = "camera"
    MICROPHONE = "microphone"
    WEARABLE = "wearable"


class SensorStatus(StrEnum):
    """How a sensor is doing, as coarse as others may know it."""

    OK = "ok"
    DEGRADED = "degraded"
    MUTED = "muted"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Sensor:
    """A sensor that can be muted; `name` is a topic level."""

    name: str
    kind: SensorKind

    def __post_init__(self) -> None:
        _require_id(self.name, "sensor name")


@dataclass(frozen=True, slots=True)
class Node:
    """One device: its id in topics, and what it says of itself.

    Attributes
    ----------
    id
        Stable and unique at the broker: letters, digits, `_` and `-`.
    name
        For people.
    version
        Of edge-affect.
    profile, window_s
        What the gate lets go, and how often.
    zones
        The zones that are published.
    sensors
        The sensors that can be muted.
    board
        Model of the board, if known.
    models
        Name and SHA-256 of each model in use; may grow while the node starts.
    nudges
        Whether it gives its wearer hints.
    paces
        Whether it follows its wearer's paced breath.
    counts
        Keys of its releases that carry something because the config asks for them.
    language
        In which its states are said to people, beside English.
    """

    id: str
    name: str
    version: str
    profile: Profile
    window_s: float
    zones: tuple[str, ...]
    sensors: tuple[Sensor, ...] = ()
    board: str | None = None
    models: Mapping[str, str] = field(default_factory=dict)
    nudges: bool = False
    paces: bool = False
    counts: frozenset[str] = frozenset()
    language: Language = Language.ENGLISH

    def __post_init__(self) -> None:
        _require_id(self.id, "node id")
        for zone in self.zones:
            _require_id(zone, "zone")

    @property
    def expires_after_s(self) -> int:
        """Seconds after which a state that was not renewed is no longer true."""
        return math.ceil(_EXPIRES_AFTER_WINDOWS * self.window_s)

    @property
    def muted_one_by_one(self) -> tuple[Sensor, ...]:
        """The sensors with a mute of their own; in public all are muted together."""
        return () if self.profile is Profile.PUBLIC else self.sensors

    def info(self) -> dict[str, object]:
        """Make the payload that says what the node is."""
        return {
            "v": PAYLOAD_VERSION,
            "name": self.name,
            "version": self.version,
            "board": self.board,
            "profile": self.profile.value,
            "window_s": self.window_s,
            "zones": list(self.zones),
            "models": dict(self.models),
        }

    def may_report(self, sensor: Sensor) -> bool:
        """Whether the profile lets others know how this sensor is doing.

        Whether a wearable is in reach says whether its wearer is there; in public even the mix of
        sensors would tell people apart.
        """
        if self.profile is Profile.PERSONAL:
            return True
        return self.profile is Profile.HOUSEHOLD and sensor.kind is not SensorKind.WEARABLE


def _require_id(value: str, what: str) -> None:
    if not _ID.fullmatch(value):
        raise ValueError(f"{what} {value!r} may have letters, digits, _ and - only, at most 64")
