"""Recording a trained model in `models/manifest.yaml`."""

from __future__ import annotations

import fcntl
import hashlib
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

MODELS: Final = Path(__file__).resolve().parents[2] / "models"


def record(name: str, entry: dict[str, Any]) -> None:
    """Write or replace one entry, fill in its SHA-256, and raise the serial by one."""
    yaml = YAML()
    yaml.width = 100
    path = MODELS / "manifest.yaml"
    with (MODELS / ".manifest.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        manifest = yaml.load(path) if path.exists() else {"serial": 0, "models": {}}
        content = (MODELS / entry["file"]).read_bytes()
        manifest["models"][name] = {**entry, "sha256": hashlib.sha256(content).hexdigest()}
        manifest["serial"] += 1
        fresh = path.with_suffix(".new")
        with fresh.open("w") as stream:
            yaml.dump(manifest, stream)
        fresh.replace(path)
