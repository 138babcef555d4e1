"""From answers to the text of a config."""

from __future__ import annotations

import io
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from ruamel.yaml import YAML

if TYPE_CHECKING:
    from datetime import date

_HEAD: Final = """\
# Made by `edge-affect setup`. Change what you like: `edge-affect check-config FILE` tells every mistake,
# `edge-affect check-config FILE --explain` every key there is.
"""


class Use(StrEnum):
    """What the device is for."""

    HOME = "home"
    WEARABLE = "wearable"
    KIOSK = "kiosk"


@dataclass(frozen=True, slots=True)
class Answers:
    """What was found and answered.

    Attributes
    ----------
    use, node, zone
        What for, and under which names.
    preset
        Of the board.
    sources
        The `sources` of the config.
    mqtt
        The `publish.mqtt` of the config, None to send nothing.
    lamp
        One entry of `publish.lights`, None for none.
    alone_agreed
        Home: whoever may be alone there has agreed to being published.
    contact, told_on
        Kiosk: whom people can ask, and since when a sign tells them.
    """

    use: Use
    node: str
    zone: str
    preset: str
    sources: dict[str, Any]
    mqtt: dict[str, Any] | None = None
    lamp: dict[str, Any] | None = None
    alone_agreed: bool = False
    contact: str = ""
    told_on: date | None = None


def config_text(answers: Answers) -> str:
    """Write the config."""
    keys: dict[str, Any] = {"node": answers.node, "zone": answers.zone, "presets": [answers.preset]}
    match answers.use:
        case Use.HOME:
            keys["privacy"] = {"profile": "household"}
            if answers.alone_agreed:
                keys["privacy"]["single_person_agreed"] = True
        case Use.WEARABLE:
            keys["privacy"] = {"profile": "personal"}
        case Use.KIOSK:
            notice = {"contact": answers.contact, "acknowledged_on": answers.told_on}
            keys["deployment"] = {"context": "public_space", "notice": notice}
            keys["privacy"] = {"profile": "public"}
    keys["sources"] = answers.sources
    if answers.use is Use.WEARABLE:
        keys["readers"] = {"physiology": {"paced_breathing": True}}
    if answers.mqtt is not None:
        keys["publish"] = {"mqtt": answers.mqtt}
        if answers.lamp is not None:
            keys["publish"]["lights"] = [answers.lamp]
        if answers.use is Use.WEARABLE:
            keys["publish"]["nudge"] = {}
        if answers.use is Use.KIOSK:
            keys["publish"]["history"] = {}
    keys["page"] = {}
    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = 110
    stream = io.StringIO()
    yaml.dump(keys, stream)
    return _HEAD + stream.getvalue()
