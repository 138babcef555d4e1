"""Runs the blueprints of `blueprints/` in a real Home Assistant and watches light and telephone.

    tools/check_blueprints.py

Runs in an environment of its own that has the `homeassistant` package (2024.11 or newer), not in the
project's. Sensors, light and telephone are made up; automations, conditions, templates and waits are Home
Assistant's own. Exit code 1 when something else happened than the blueprints promise, or Home Assistant
warned.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from check_discovery import Warnings, make_home

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

BLUEPRINTS: Final = Path(__file__).resolve().parents[1] / "blueprints"
MOOD, LIGHT, STRESS = "sensor.room_mood", "light.lamp", "sensor.desk_stress"
DWELL_S: Final = 1.5
PAUSE_S: Final = 3.0
HAPPINESS, SADNESS, NEUTRAL = [249, 198, 53], [64, 129, 210], [240, 219, 185]


class Trial:
    """One Home Assistant with both automations, and what they did."""

    def __init__(self, home: Any) -> None:
        self.home = home
        self.lights: list[dict[str, Any]] = []
        self.notes: list[dict[str, Any]] = []
        self.problems: list[str] = []

    def expect(self, found: object, wanted: object, what: str) -> None:
        """Note whether something was as it should be."""
        print(f"{'ok  ' if found == wanted else 'FAIL'} {what}" + ("" if found == wanted else f": {found!r}"))
        if found != wanted:
            self.problems.append(what)

    async def see(self, entity: str, *states: str, wait_s: float = 0.3) -> None:
        """Let an entity take these states one after the other, then wait."""
        for state in states:
            self.home.states.async_set(entity, state)
            await asyncio.sleep(0.05)
        await asyncio.sleep(wait_s)


@contextlib.asynccontextmanager
async def trial(directory: str) -> AsyncIterator[Trial]:
    """Start Home Assistant with a made-up light, a made-up telephone and both automations."""
    from homeassistant import config_entries, core
    from homeassistant.components.mobile_app import device_action
    from homeassistant.helpers import device_registry
    from homeassistant.setup import async_setup_component

    shutil.copytree(BLUEPRINTS, Path(directory) / "blueprints" / "automation" / "edge-affect")
    home = await make_home(directory)
    this = Trial(home)
    entry = config_entries.ConfigEntry(
        version=1, minor_version=1, domain="mobile_app", title="phone", source="user", data={}, options={},
        unique_id=None, discovery_keys={}, subentries_data=None, state=config_entries.ConfigEntryState.LOADED,
    )  # fmt: skip
    # Adding it in the usual way would set the integration up.
    home.config_entries._entries[entry.entry_id] = entry  # noqa: SLF001
    phone = device_registry.async_get(home).async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={("mobile_app", "phone")}, name="phone"
    )

    async def turn_on(call: Any) -> None:
        this.lights.append(dict(call.data))

    async def notify(_home: Any, config: dict[str, Any], variables: Any, _context: Any) -> None:
        from homeassistant.helpers import template

        this.notes.append(
            template.render_complex({"message": config["message"], **config["data"]}, variables)
        )

    home.services.async_register("light", "turn_on", turn_on)
    device_action.async_call_action_from_config = notify
    home.config.components |= {"mobile_app", "http"}
    for entity, state in ((MOOD, "neutral"), (LIGHT, "on"), (STRESS, "low")):
        home.states.async_set(entity, state)
    light = {"light": {"entity_id": LIGHT}, "watched_light": LIGHT}
    mood = {"mood": MOOD, "dwell": DWELL_S, "transition": 1, **light}
    stress = {
        "stress": STRESS, "phone": phone.id, "held": 0.5 / 60, "pause": PAUSE_S / 60, "not_now": PAUSE_S / 60,
        "quiet_from": "00:00:00", "quiet_until": "00:00:00",
    }  # fmt: skip
    automations = [
        {"id": name, "alias": name, "use_blueprint": {"path": f"edge-affect/{name}.yaml", "input": inputs}}
        for name, inputs in (("mood_lighting", mood), ("stress_nudge", stress))
    ]
    if not await async_setup_component(home, "automation", {"automation": automations}):
        raise SystemExit("Home Assistant takes no automations")
    home.set_state(core.CoreState.running)
    home.bus.async_fire("homeassistant_started")
    await asyncio.sleep(0.5)
    try:
        yield this
    finally:
        await home.async_stop(force=True)


async def try_mood_lighting(this: Trial) -> None:
    """A colour for each mood, a least time between two, the newest one after it, and never a dark light."""
    await this.see(MOOD, "happiness")
    this.expect([call["rgb_color"] for call in this.lights], [HAPPINESS], "the light takes the mood's colour")
    shown = {"brightness_pct": 50, "transition": 1, "entity_id": [LIGHT]}
    this.expect({key: this.lights[0].get(key) for key in shown}, shown, "with brightness and fade")
    await this.see(MOOD, "anger", "fear", "sadness")
    this.expect(len(this.lights), 1, "it stays for the least time")
    await asyncio.sleep(2 * DWELL_S)
    colours = [tuple(call["rgb_color"]) for call in this.lights]
    this.expect(set(colours[1:]), {tuple(SADNESS)}, "and then takes the newest mood alone")
    this.lights.clear()
    await this.see(MOOD, "insufficient", wait_s=2 * DWELL_S)
    this.expect([call["rgb_color"] for call in this.lights], [NEUTRAL], "neutral while too little is known")
    await this.see(MOOD, "unavailable", "unknown", wait_s=2 * DWELL_S)
    this.expect(len(this.lights), 1, "nothing while the device is away")
    await this.see(LIGHT, "off")
    await this.see(MOOD, "happiness", wait_s=2 * DWELL_S)
    this.expect(len(this.lights), 1, "a light that is off stays off")


async def try_stress_nudge(this: Trial) -> None:
    """A message when stress stays high, not again too soon, and silence after "not now"."""
    await this.see(STRESS, "high", "low", wait_s=1.0)
    this.expect(len(this.notes), 0, "a short moment of stress is no reason")
    await this.see(STRESS, "high", wait_s=1.0)
    this.expect(
        [note["message"] for note in this.notes], ["A minute for a few slow breaths?"], "a gentle message"
    )
    if not this.notes:
        return
    (action,) = this.notes[0]["actions"]
    has_own = len(action["action"]) > len("EDGE_AFFECT_NOT_NOW_")
    this.expect(has_own, wanted=True, what="with an answer of its own")
    await this.see(STRESS, "low", "high", wait_s=1.0)
    this.expect(len(this.notes), 1, "no second one within the pause")
    this.home.bus.async_fire("mobile_app_notification_action", {"action": action["action"]})
    await asyncio.sleep(PAUSE_S - 1.5)
    await this.see(STRESS, "low", "high", wait_s=1.0)
    this.expect(len(this.notes), 1, "silence after not now")
    await asyncio.sleep(PAUSE_S)
    await this.see(STRESS, "low", "high", wait_s=1.0)
    this.expect(len(this.notes), 2, "and a message again after that")


async def try_all(warnings: Warnings) -> list[str]:
    """Run both; return what went wrong."""
    with tempfile.TemporaryDirectory() as directory:
        (Path(directory) / "configuration.yaml").touch()
        async with trial(directory) as this:
            await try_mood_lighting(this)
            await try_stress_nudge(this)
        return [*this.problems, *(f"warned: {message}" for message in warnings.messages)]


def main() -> int:
    """Try, list, judge."""
    warnings = Warnings()
    logging.getLogger().addHandler(warnings)
    problems = asyncio.run(try_all(warnings))
    print("\n".join(problems) or "both blueprints do what they promise")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
