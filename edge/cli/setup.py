"""`edge-affect setup`: a few questions, and a config that works."""

from __future__ import annotations

import getpass
import os
import re
import socket
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from edge.board import Probe
from edge.cli.dialogue import Dialogue
from edge.config.derived import consent_path, needs_consent
from edge.config.load import load_config
from edge.errors import EdgeError, PublishError, PublishReason
from edge.gate.consent import ConsentStore, Purpose
from edge.gate.notice import notice_page
from edge.gate.options import DeploymentOptions, PrivacyOptions
from edge.publish.options import MqttOptions, is_loopback
from edge.release import Profile
from edge.service.doctor.checks import check_broker
from edge.service.setup.answers import Answers, Use, config_text
from edge.service.setup.found import (
    ENCRYPTED_PORT,
    LIKELY_BROKERS,
    PLAIN_PORT,
    answers,
    look_around,
    node_name,
)

if TYPE_CHECKING:
    import argparse

    from edge.config.schema import Config
    from edge.service.setup.found import Found

_PASSWORD_FILE: Final = "broker-password"  # noqa: S105  # a file's name
_NOTICE_FILE: Final = "notice.html"
_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,32}")
_TOPIC: Final = re.compile(r"[^#+/\x00-\x1f]+(/[^#+/\x00-\x1f]+)*")
_NONE: Final = "none"
_USES: Final = (
    (Use.HOME, "home: a lamp or Home Assistant follows the mood of a room"),
    (Use.WEARABLE, "wearable: feedback on your own stress from a chest strap"),
    (Use.KIOSK, "kiosk: how an audience in a public space reacts, without telling people apart"),
)
_ZONES: Final = {Use.HOME: "living_room", Use.WEARABLE: "desk", Use.KIOSK: "hall"}
_STRAPS: Final = (
    ("polar_h10", "Polar H10"),
    ("heart_rate_strap", "another strap or watch with RR intervals"),
)
_LAMPS: Final = (
    (_NONE, "none, or through Home Assistant"),
    ("wled", "WLED"),
    ("zigbee2mqtt", "Zigbee2MQTT"),
    ("tasmota", "Tasmota"),
    ("esphome", "ESPHome"),
)
_LAMP_KEYS: Final = {
    "wled": {"topic": "its device topic, e.g. wled/shelf"},
    "zigbee2mqtt": {"device": "its friendly name"},
    "tasmota": {"topic": "its topic"},
    "esphome": {"prefix": "the node's topic prefix", "light": "the light's object id"},
}


def register(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("setup", help="answer a few questions, get a config that works")
    parser.add_argument("config", type=Path, nargs="?", default=Path("config.yaml"), metavar="CONFIG")
    parser.add_argument("--use", type=Use, choices=list(Use), help="what it is for; asked when left out")
    parser.add_argument("--yes", action="store_true", help="ask nothing: take what is found and the defaults")
    parser.set_defaults(command=command)


def command(options: argparse.Namespace) -> int:
    """Ask, write, check; an existing file is never overwritten unasked."""
    dialogue = Dialogue(silent=options.yes)
    path: Path = options.config
    if path.exists() and (
        dialogue.is_silent or not dialogue.agrees(f"{path} is there already. Replace it?", default=False)
    ):
        raise EdgeError(f"{path} is there already and was left as it is; name another file")
    found = look_around(Probe())
    use = options.use or Use(dialogue.choice("What is it for?", _USES, Use.HOME))
    given = _ask(dialogue, found, use, directory=path.parent)
    config = _write(path, config_text(given))
    dialogue.tell(f"\nWrote {path}; check-config finds no errors in it.")
    _ask_for_consents(dialogue, config, path)
    _tell_what_next(dialogue, config, path)
    return 0


def _wrong_name(line: str) -> str:
    return "" if _NAME.fullmatch(line) else "letters, digits, _ and - only, at most 32"


def _wrong_topic(line: str) -> str:
    return "" if _TOPIC.fullmatch(line) else "topic levels without wildcards"


def _ask(dialogue: Dialogue, found: Found, use: Use, *, directory: Path) -> Answers:
    dialogue.tell(f"Board: {found.board.name}.")
    node = dialogue.text("Name of this device", node_name(socket.gethostname())[:32], wrong=_wrong_name)
    zone = dialogue.text("Name of the room", _ZONES[use], wrong=_wrong_name)
    contact, told_on = "", None
    if use is Use.KIOSK:
        contact = _ask_for_notice(dialogue, directory)
        told_on = datetime.now(tz=UTC).astimezone().date()
    sources = _ask_for_sources(dialogue, found, use)
    alone = use is Use.HOME and dialogue.agrees(
        "A person alone in the room is not published. Shall it be, and do all who live there agree?"
    )
    mqtt = _ask_for_broker(dialogue, node, directory)
    lamp = _ask_for_lamp(dialogue) if mqtt and use is not Use.KIOSK else None
    return Answers(
        use, node, zone, found.board.preset, sources,
        mqtt=mqtt, lamp=lamp, alone_agreed=alone, contact=contact, told_on=told_on,
    )  # fmt: skip


def _ask_for_sources(dialogue: Dialogue, found: Found, use: Use) -> dict[str, Any]:
    if use is Use.WEARABLE:
        if not found.bluetooth:
            dialogue.tell("No Bluetooth adapter was found; plug one in before you start.")
        return {"strap": {"kind": dialogue.choice("Which strap?", _STRAPS, "polar_h10")}}
    sources: dict[str, Any] = {}
    if found.camera is None:
        dialogue.tell("No camera was found; the first USB camera will be taken once it is there.")
    else:
        dialogue.tell(f"Camera: {found.camera.get('device', 'on the ribbon cable')}.")
    if found.camera is not None or use is Use.KIOSK or not found.microphone:
        sources["camera"] = found.camera or {"kind": "v4l2"}
    if use is Use.HOME and found.microphone and dialogue.agrees("Use the microphone too?", default=True):
        sources["microphone"] = {"kind": "microphone"}
    return sources or {"camera": {"kind": "v4l2"}}


def _ask_for_notice(dialogue: Dialogue, directory: Path) -> str:
    contact = dialogue.text(
        "Whom can people ask (name, mail or web page)?",
        wrong=lambda line: "" if 3 <= len(line) <= 200 else "3 to 200 letters",  # noqa: PLR2004
    )
    page = notice_page(
        PrivacyOptions(profile=Profile.PUBLIC), DeploymentOptions(), sensors=("a camera",), contact=contact
    )
    sign = directory / _NOTICE_FILE
    _keep_or_write(dialogue, sign, page, mode=0o644)
    dialogue.tell(f"The law wants people to be told before they are sensed. Print {sign} and put it up.")
    if not dialogue.agrees("Does it hang where people enter?"):
        raise EdgeError("no config was written: run it again once the sign hangs")
    return contact


def _ask_for_broker(dialogue: Dialogue, node: str, directory: Path) -> dict[str, Any] | None:
    dialogue.tell("Looking for an MQTT broker ...")
    near = next((host for host in LIKELY_BROKERS if answers(host, PLAIN_PORT)), _NONE)
    host = dialogue.text(f"MQTT broker (host name, or {_NONE}: nothing leaves the device)", near)
    if host == _NONE:
        return None
    mqtt: dict[str, Any] = {"host": host}
    if not is_loopback(host):
        if answers(host, ENCRYPTED_PORT):
            mqtt["tls"] = {}
        elif dialogue.agrees(f"{host} takes no encrypted connection: your network can read along. Use it?"):
            mqtt["allow_plaintext"] = True
        else:
            return None
    return _log_in(dialogue, mqtt, node, directory)


def _log_in(dialogue: Dialogue, mqtt: dict[str, Any], node: str, directory: Path) -> dict[str, Any]:
    """Try the broker; when it refuses, ask for a user and a password, which goes to a file of its own."""
    while True:
        finding = check_broker(MqttOptions.model_validate(mqtt, context={"directory": directory}), node=node)
        if finding.error is None:
            dialogue.tell(f"Broker: {finding.detail}.")
            return mqtt
        dialogue.tell(f"Broker: {finding.detail}.")
        refused = isinstance(finding.error, PublishError) and finding.error.reason is PublishReason.REFUSED
        if dialogue.is_silent or not refused or not dialogue.agrees("Log in with a user name?", default=True):
            dialogue.tell("It is kept in the config and tried again at every start.")
            return mqtt
        mqtt["username"] = dialogue.text(
            "User name", mqtt.get("username", "edge-affect"), wrong=lambda line: "" if line else "a name"
        )
        password = getpass.getpass("Password (not shown): ")
        _keep_or_write(dialogue, directory / _PASSWORD_FILE, f"{password}\n", mode=0o600)
        mqtt["password_file"] = _PASSWORD_FILE


def _ask_for_lamp(dialogue: Dialogue) -> dict[str, Any] | None:
    kind = dialogue.choice("Which lamp shall follow?", _LAMPS, _NONE)
    if kind == _NONE:
        return None
    keys = {
        key: dialogue.text(words.capitalize(), wrong=_wrong_topic) for key, words in _LAMP_KEYS[kind].items()
    }
    return {"kind": kind, **keys}


def _write(path: Path, text: str) -> Config:
    """Write the config beside its place, check it, and only then put it there."""
    fresh = path.with_name(f".{path.name}.new")
    _write_file(fresh, text, mode=0o644)
    try:
        config = load_config(fresh).config
        fresh.replace(path)
    except OSError as error:
        raise EdgeError(f"cannot write {path}: {error.strerror}") from error
    finally:
        fresh.unlink(missing_ok=True)
    return config


def _keep_or_write(dialogue: Dialogue, path: Path, text: str, *, mode: int) -> None:
    """Write a file beside the config; one that is there already stays unless its owner lets it go."""
    if not path.exists() or dialogue.agrees(f"{path} is there already. Replace it?"):
        _write_file(path, text, mode=mode)


def _write_file(path: Path, text: str, *, mode: int) -> None:
    try:
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise EdgeError(f"cannot write {path}: {error.strerror}") from error


def _ask_for_consents(dialogue: Dialogue, config: Config, path: Path) -> None:
    """Consent is never taken for granted: without an answer nothing is captured."""
    store = ConsentStore(consent_path(config))
    purpose = Purpose.STRESS_FEEDBACK if config.privacy.profile is Profile.PERSONAL else Purpose.ROOM_MOOD
    for name in config.sources:
        if not needs_consent(config, name):
            continue
        if dialogue.agrees(f"Do all whom the {name} will sense agree to it ({purpose})?"):
            consent = store.grant(sensor=name, purpose=purpose, days=365, now_s=time.time())
            withdraw = f"edge-affect consent revoke {path} {consent.handle}"
            dialogue.tell(f"  Noted for a year. Withdraw it: {withdraw}")
        else:
            agree = f"edge-affect consent grant {path} --sensor {name} --purpose {purpose}"
            dialogue.tell(f"  It stays off until: {agree}")


def _tell_what_next(dialogue: Dialogue, config: Config, path: Path) -> None:
    dialogue.tell("\nNext:")
    dialogue.tell(f"  edge-affect doctor {path}            what is missing, and what to do")
    if "camera" in config.sources:
        dialogue.tell(f"  edge-affect aim {path}               boxes that help to aim the camera, no picture")
    dialogue.tell(f"  edge-affect run {path}               start; the page is at http://127.0.0.1:8377/")
    dialogue.tell(f"  sudo edge-affect install-service {path}")
