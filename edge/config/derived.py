"""What follows from a config: how the device presents itself, and where its state lies."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edge import __version__
from edge.board import Probe, detect
from edge.capture.options import is_recording, modality_of
from edge.gate.options import Context
from edge.publish.node import Node, Sensor, SensorKind
from edge.publish.words import Language
from edge.signals import Modality

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge.config.schema import Config

_IN_WORDS: Final = {
    Modality.FACE: "a camera",
    Modality.SPEECH: "a microphone",
    Modality.PHYSIOLOGY: "a body-worn sensor",
}
_SENSOR_KIND: Final = {
    Modality.FACE: SensorKind.CAMERA,
    Modality.SPEECH: SensorKind.MICROPHONE,
    Modality.PHYSIOLOGY: SensorKind.WEARABLE,
}


def node_of(config: Config) -> Node:
    """How the device presents itself to the broker; which models it uses is known once they are loaded."""
    return Node(
        id=config.node,
        name=config.node.replace("-", " ").replace("_", " "),
        version=__version__,
        profile=config.privacy.profile,
        window_s=config.privacy.window_s,
        zones=(config.zone,),
        sensors=tuple(
            Sensor(name, _SENSOR_KIND[modality_of(options)]) for name, options in config.sources.items()
        ),
        board=detect(Probe()).name,
        nudges=config.publish.nudge is not None,
        paces=config.readers.physiology.paced_breathing,
        counts=frozenset(_counted(config)),
        language=config.publish.mqtt.language if config.publish.mqtt else Language.ENGLISH,
    )


def _counted(config: Config) -> Iterator[str]:
    if config.privacy.attention:
        yield "attention"
    if config.privacy.moments:
        yield "moment"
    if config.publish.player is not None:
        yield "content"


def sensors_in_words(config: Config) -> tuple[str, ...]:
    """What senses, as people call it, for the sign at the door."""
    found = {modality_of(source) for source in config.sources.values()}
    return tuple(words for modality, words in _IN_WORDS.items() if modality in found)


def needs_consent(config: Config, name: str) -> bool:
    """Recordings need none; in a public space the notice takes the place of consent to a camera."""
    options = config.sources[name]
    if is_recording(options):
        return False
    is_public = config.deployment.context is Context.PUBLIC_SPACE
    return modality_of(options) is Modality.PHYSIOLOGY or not is_public


def state_directory(config: Config | None) -> Path:
    """Where durable state lies: the config's choice, the service's, or the user's."""
    if config and config.state_directory:
        return config.state_directory
    if service := os.environ.get("STATE_DIRECTORY"):
        return Path(service)
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "edge-affect"


def consent_path(config: Config) -> Path:
    """The file of consents."""
    return state_directory(config) / "consent.json"


def baseline_directory(config: Config) -> Path:
    """Where baselines are kept."""
    return state_directory(config) / "baselines"


def baseline_path(config: Config, wearer: str) -> Path:
    """The file of a wearer's baseline."""
    return baseline_directory(config) / f"{wearer}.baseline"
