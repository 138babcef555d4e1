"""What users import elsewhere agrees with what is published."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML, ScalarNode

from edge.publish.discovery import discovery_payload
from edge.publish.lights.palette import colour
from edge.publish.node import Node
from edge.publish.nudge import IN, OUT, PRESS
from edge.publish.options import Palette
from edge.publish.topics import Topics
from edge.release import Profile, State

ROOT = Path(__file__).resolve().parents[3]
BLUEPRINTS = sorted((ROOT / "blueprints").glob("*.yaml"))


class Input(str):
    """The name in `!input name`."""

    __slots__ = ()


def load(file):
    yaml = YAML(typ="safe", pure=True)

    def construct(_constructor: object, node: ScalarNode) -> Input:
        return Input(node.value)

    yaml.constructor.add_constructor("!input", construct)
    return yaml.load(file.read_text(encoding="utf-8"))


def inputs_used(value):
    if isinstance(value, Input):
        yield str(value)
    elif isinstance(value, dict):
        for inner in value.values():
            yield from inputs_used(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from inputs_used(inner)


@pytest.mark.parametrize("file", BLUEPRINTS, ids=lambda file: file.stem)
def test_a_blueprint_uses_every_input_and_no_other(file):
    blueprint = load(file)
    assert set(inputs_used(blueprint)) == set(blueprint["blueprint"]["input"])


@pytest.mark.parametrize("file", BLUEPRINTS, ids=lambda file: file.stem)
def test_the_variables_of_a_blueprint_do_without_what_only_a_running_script_has(file):
    assert "context" not in json.dumps(load(file).get("variables", {}))


def test_the_mood_blueprint_knows_every_state_and_its_colour():
    blueprint = load(ROOT / "blueprints" / "mood_lighting.yaml")
    assert set(blueprint["variables"]["colours"]) == {state.value for state in State}
    inputs = blueprint["blueprint"]["input"]
    for state in State:
        if state is not State.INSUFFICIENT:
            assert tuple(inputs[state]["default"]) == colour(Palette.CIRCUMPLEX, state)


def entities_of(payload):
    """The entity ids that Home Assistant makes of a discovery payload."""
    device = payload["device"]["name"]
    for component in payload["components"].values():
        name = f"{device} {component['name']}".lower().replace(" ", "_").replace("-", "_")
        yield f"{component['platform']}.{name}"


def named(value):
    """Every entity that a dashboard names."""
    if isinstance(value, dict):
        if isinstance(entity := value.get("entity"), str):
            yield entity
        for inner in value.values():
            yield from named(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from [inner] if isinstance(inner, str) else named(inner)


def test_the_dashboard_names_entities_that_are_announced():
    room = Node("living_room", "living room", "1", Profile.HOUSEHOLD, 10.0, ("room",))
    desk = Node("my-desk", "my desk", "1", Profile.PERSONAL, 5.0, ("desk",), nudges=True, paces=True)
    announced = {
        entity
        for node in (room, desk)
        for entity in entities_of(discovery_payload(node, Topics("edge-affect", node.id, "homeassistant")))
    }
    dashboard = YAML(typ="safe").load((ROOT / "examples" / "home_assistant_dashboard.yaml").read_text())
    shown = set(named(dashboard))
    assert len(shown) > 10
    assert shown <= announced


def node_red(name="mood_lamp"):
    flow = json.loads((ROOT / "examples" / f"node_red_{name}.json").read_text(encoding="utf-8"))
    return {node["id"]: node for node in flow}


def run_node(script):
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not installed")
    answer = subprocess.run([node, "-e", script], capture_output=True, check=True, timeout=60).stdout
    return json.loads(answer)


@pytest.mark.parametrize("name", ["mood_lamp", "breathing_buzzer"])
def test_the_wires_of_a_node_red_flow_lead_somewhere(name):
    nodes = node_red(name)
    for node in nodes.values():
        for wire in node.get("wires", []):
            assert set(wire) <= set(nodes)


def test_the_node_red_flows_listen_and_speak_where_the_device_does():
    expected = Topics("edge-affect", "+", "homeassistant").state("living_room")
    assert node_red()["edge-affect-in"]["topic"] == expected
    desk, buzzer = Topics("edge-affect", "my-desk", "homeassistant"), node_red("breathing_buzzer")
    assert buzzer["edge-affect-breath-in"]["topic"] == desk.pacer
    assert buzzer["edge-affect-breath-now"]["topic"] == desk.breathe
    assert buzzer["edge-affect-breath-now"]["payload"].encode() == PRESS


def test_the_node_red_buzzer_beeps_for_in_and_out_alone():
    function = json.dumps(node_red("breathing_buzzer")["edge-affect-breath-beeps"]["func"])
    script = (
        f"const run = new Function('msg', {function});"
        f"const heard = ['{IN}', '{OUT}', '', 'toString'].map(payload => run({{payload}}));"
        "console.log(JSON.stringify(heard.map(m => m && [m.topic, m.payload])));"
    )
    assert run_node(script) == [
        ["cmnd/buzzer/Buzzer", "1,1,1"], ["cmnd/buzzer/Buzzer", "2,1,1"], None, None
    ]  # fmt: skip


def test_the_node_red_function_gives_each_state_its_colour():
    function = json.dumps(node_red()["edge-affect-colour"]["func"])
    script = (
        "let store = {}, now = 1e9; Date.now = () => now;"
        "const context = {get: k => store[k], set: (k, v) => store[k] = v}, node = {status() {}};"
        f"const run = new Function('msg', 'context', 'node', {function});"
        "const ask = (state, after) => { now += after; return run({payload: {state}}, context, node); };"
        "console.log(JSON.stringify([ask('anger', 0), ask('sadness', 1000), ask('anger', 60000),"
        " ask('insufficient', 60000), ask('love', 60000)].map(m => m && m.payload.seg[0].col[0])));"
    )
    anger, neutral = (list(colour(Palette.CIRCUMPLEX, state)) for state in (State.ANGER, State.NEUTRAL))
    assert run_node(script) == [anger, None, None, neutral, None]
