"""Lets a real Home Assistant discover devices at a broker, and lists what it made of them.

    tools/check_discovery.py HOST PORT [--seconds N] [--json FILE]

Runs in an environment of its own that has the `homeassistant` package (2024.11 or newer), not in the
project's. Exit code 1 when Home Assistant warned about something, or discovered nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
import tempfile
from pathlib import Path
from typing import Any

_ABOUT_ITSELF = (
    "homeassistant.loader",
    "homeassistant.helpers.frame",
    "homeassistant.components.camera.img_util",
)
"""Loggers through which Home Assistant complains of its own code, or of libraries that it would like."""


class Warnings(logging.Handler):
    """Keeps what Home Assistant warns about."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it, unless Home Assistant complains of itself."""
        if record.name.startswith("homeassistant.") and record.name not in _ABOUT_ITSELF:
            self.messages.append(f"{record.name}: {record.getMessage()}")


async def make_home(directory: str) -> Any:
    """Make a Home Assistant without any integration."""
    from homeassistant import bootstrap, config_entries, core, loader

    home = core.HomeAssistant(directory)
    home.config.skip_pip = True
    home.config.skip_pip_packages = []
    loader.async_setup(home)
    home.config_entries = config_entries.ConfigEntries(home, {})
    await bootstrap.async_load_base_functionality(home)
    return home


async def discover(host: str, port: int, *, seconds: float, directory: str) -> list[dict[str, Any]]:
    """Start Home Assistant with its MQTT integration alone; return its entities after `seconds`."""
    from homeassistant import config_entries, core
    from homeassistant.helpers import entity_registry

    home = await make_home(directory)
    # The integration lists these as dependencies for its dialogues; discovery does not use them.
    home.config.components |= {"http", "file_upload"}
    entry = config_entries.ConfigEntry(
        version=1,
        minor_version=2,
        domain="mqtt",
        title="mqtt",
        source="user",
        data={"broker": host, "port": port, "protocol": "5", "discovery": True},
        options={},
        unique_id=None,
        discovery_keys={},
        subentries_data=None,
    )
    await home.config_entries.async_add(entry)
    home.set_state(core.CoreState.running)
    await asyncio.sleep(seconds)
    await home.async_block_till_done()
    states = {state.entity_id: state for state in home.states.async_all()}
    found = [
        {
            "entity_id": known.entity_id,
            "name": known.original_name,
            "state": states[known.entity_id].state if known.entity_id in states else None,
            "category": known.entity_category,
            "disabled_by": known.disabled_by,
        }
        for known in entity_registry.async_get(home).entities.values()
    ]
    await home.async_stop(force=True)
    return found


def main() -> int:
    """Discover, list, judge."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--json", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    warnings = Warnings()
    logging.getLogger().addHandler(warnings)
    with tempfile.TemporaryDirectory() as directory:
        (Path(directory) / "configuration.yaml").touch()
        found = asyncio.run(
            discover(arguments.host, arguments.port, seconds=arguments.seconds, directory=directory)
        )
    for entity in found:
        off = f"  (off by default: {entity['disabled_by']})" if entity["disabled_by"] else ""
        print(f"{entity['entity_id']:50} {entity['state'] or '-':14} {entity['name']}{off}")
    for message in warnings.messages:
        print(f"warned: {message}")
    if arguments.json:
        report = {"entities": found, "warnings": warnings.messages}
        arguments.json.write_text(json.dumps(report, indent=2), encoding="utf-8")
    return 1 if warnings.messages or not found else 0


if __name__ == "__main__":
    sys.exit(main())
