"""One MQTT message, before it has met a client."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """What to publish; `expiry_s` is honoured by MQTT 5 brokers and left out for older ones."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = False
    expiry_s: int | None = None


def encode_json(value: object) -> bytes:
    """Compact UTF-8 JSON with keys in the order they were written."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False, ensure_ascii=False).encode()
