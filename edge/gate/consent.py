"""Who agreed to being sensed: a random handle, which sensor, what for, until when. No names."""

from __future__ import annotations

import json
import logging
import os
import re
import secrets
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from edge.errors import ConsentError

if TYPE_CHECKING:
    from pathlib import Path

_LOG: Final = logging.getLogger(__name__)

DAY_S: Final = 86_400
LONGEST_DAYS: Final = 730

_SENSOR: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_FIELDS: Final = {"handle": str, "sensor": str, "purpose": str, "until_s": int}


class Purpose(StrEnum):
    """What a person agreed to."""

    STRESS_FEEDBACK = "stress_feedback"
    ROOM_MOOD = "room_mood"
    RESEARCH = "research"


@dataclass(frozen=True, slots=True)
class Consent:
    """One agreement.

    Attributes
    ----------
    handle
        Random; all that the person needs to withdraw, and all that is known of the person.
    sensor
        Name of the source in the config.
    purpose
        What the readings may be used for.
    until_s
        Wall second at which it ends.
    """

    handle: str
    sensor: str
    purpose: Purpose
    until_s: int


class ConsentStore:
    """Consents in one small file that only its owner may read.

    Parameters
    ----------
    path
        Made by the first grant.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._readable = True

    def grant(self, *, sensor: str, purpose: Purpose, days: int, now_s: float) -> Consent:
        """Write down a consent given now.

        Raises
        ------
        ConsentError
            The name of the sensor or the number of days is out of range, or the file cannot be used.
        """
        if not _SENSOR.fullmatch(sensor):
            raise ConsentError(
                sensor, "a sensor has the name of a source in the config: letters, digits, _ and -"
            )
        if not 1 <= days <= LONGEST_DAYS:
            raise ConsentError(sensor, f"a consent lasts 1 to {LONGEST_DAYS} days, got {days}")
        consent = Consent(secrets.token_hex(4), sensor, purpose, int(now_s) + days * DAY_S)
        self._write([*self.valid(now_s=now_s), consent])
        return consent

    def valid(self, *, now_s: float) -> list[Consent]:
        """Consents that hold now.

        Raises
        ------
        ConsentError
            The file cannot be read.
        """
        return [consent for consent in self._read() if consent.until_s > now_s]

    def revoke(self, handle: str, *, now_s: float) -> Consent:
        """Erase a consent; what was learned under it (baselines, bonds) is the caller's to erase.

        Raises
        ------
        ConsentError
            No consent has this handle, or the file cannot be used.
        """
        consents = self.valid(now_s=now_s)
        for consent in consents:
            if consent.handle == handle:
                self._write([other for other in consents if other is not consent])
                return consent
        raise ConsentError(handle, "no consent has this handle")

    def holds(self, sensor: str, *, now_s: float) -> bool:
        """Whether the sensor may be used now.

        Raises
        ------
        ConsentError
            The file cannot be read; nothing may be captured then.
        """
        return any(consent.sensor == sensor for consent in self.valid(now_s=now_s))

    def agrees(self, sensor: str, *, now_s: float) -> bool:
        """As `holds`, for a sensor that runs: a file that cannot be read counts as no, and is logged once."""
        try:
            agreed = self.holds(sensor, now_s=now_s)
        except ConsentError as error:
            if self._readable:
                _LOG.error("%s; sensors that need consent are muted until it can be read", error)
            self._readable = False
            return False
        if not self._readable:
            _LOG.info("the consents can be read again")
        self._readable = True
        return agreed

    def require(self, sensor: str, *, now_s: float) -> None:
        """Refuse a sensor that nobody agreed to.

        Raises
        ------
        ConsentError
            No consent holds now, or the file cannot be read.
        """
        if not self.holds(sensor, now_s=now_s):
            raise ConsentError(sensor, "nobody agreed to this sensor, or the consent has ended")

    def _read(self) -> list[Consent]:
        try:
            content = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError) as error:
            raise ConsentError(self._path.name, f"the consents cannot be read: {error}") from error
        try:
            return [_parse(record) for record in json.loads(content)]
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise ConsentError(self._path.name, f"the file of consents is damaged: {error}") from error

    def _write(self, consents: list[Consent]) -> None:
        fresh = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh.unlink(missing_ok=True)
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                json.dump([asdict(consent) for consent in consents], stream, indent=1)
                stream.flush()
                os.fsync(stream.fileno())
            fresh.replace(self._path)
        except OSError as error:
            raise ConsentError(self._path.name, f"the consents cannot be written: {error}") from error


def _parse(record: Any) -> Consent:
    if not isinstance(record, dict) or record.keys() != _FIELDS.keys():
        raise ValueError(f"wanted {', '.join(_FIELDS)}")
    for name, kind in _FIELDS.items():
        if type(record[name]) is not kind:
            raise ValueError(f"{name} is not of type {kind.__name__}")
    return Consent(record["handle"], record["sensor"], Purpose(record["purpose"]), record["until_s"])
