"""A real Home Assistant discovers the device; HOME_ASSISTANT_PYTHON names an environment that has it."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest

from edge.publish.discovery import discovery_payload
from edge.publish.topics import Topics

from .conftest import NODE, a_release, until

TOOLS = Path(__file__).resolve().parents[3] / "tools"


@pytest.fixture
def python():
    found = os.environ.get("HOME_ASSISTANT_PYTHON")
    if found is None:
        pytest.skip("HOME_ASSISTANT_PYTHON does not name a Python with the homeassistant package")
    return found


@pytest.mark.nightly
async def test_home_assistant_discovers_without_a_warning(python, mosquitto, publisher, tmp_path):
    broker = mosquitto()
    device = await publisher(broker.port)
    await until(lambda: device.status.connected)
    report = tmp_path / "report.json"
    home = await asyncio.create_subprocess_exec(
        python, TOOLS / "check_discovery.py", "127.0.0.1", str(broker.port), "--seconds", "8",
        "--json", str(report), stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    window = 0
    while home.returncode is None:
        window += 1
        await device.publish(a_release(window))
        await asyncio.wait([asyncio.ensure_future(home.wait())], timeout=0.5)
    output, _ = await home.communicate()
    assert home.returncode == 0, output.decode()
    entities = {each["entity_id"]: each for each in json.loads(report.read_text())["entities"]}
    assert entities["sensor.living_room_mood"]["state"] == "happiness"
    assert entities["sensor.living_room_valence"]["state"] == "unknown"
    assert entities["switch.living_room_mute_all_sensors"]["state"] == "off"
    assert entities["sensor.living_room_quality"]["category"] == "diagnostic"
    assert entities["sensor.living_room_suggestion"]["state"] == "unknown"
    announced = discovery_payload(NODE, Topics("edge-affect", "pi-1", "homeassistant"))
    assert len(entities) == len(announced["components"])


@pytest.mark.nightly
async def test_the_blueprints_do_what_they_promise(python):
    home = await asyncio.create_subprocess_exec(
        python, TOOLS / "check_blueprints.py", stdout=asyncio.subprocess.PIPE
    )
    output, _ = await home.communicate()
    assert home.returncode == 0, output.decode()
    assert b"both blueprints do what they promise" in output
