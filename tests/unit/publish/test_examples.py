"""What users import elsewhere agrees with what is published."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML, ScalarNode

from edge.publish.lights.palette import colour
from edge.publish.options import Palette
from edge.publish.topics import Topics
from edge.release import State

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


def test_the_mood_blueprint_knows_every_state_and_its_colour():
    blueprint = load(ROOT / "blueprints" / "mood_lighting.yaml")
    assert set(blueprint["variables"]["colours"]) == {state.value for state in State}
    inputs = blueprint["blueprint"]["input"]
    for state in State:
        if state is not State.INSUFFICIENT:
            assert tuple(inputs[state]["default"]) == colour(Palette.CIRCUMPLEX, state)


def node_red():
    flow = json.loads((ROOT / "examples" / "node_red_mood_lamp.json").read_text(encoding="utf-8"))
    return {node["id"]: node for node in flow}


def test_the_node_red_flow_listens_where_the_state_is():
    nodes = node_red()
    expected = Topics("edge-affect", "+", "homeassistant").state("living_room")
    assert nodes["edge-affect-in"]["topic"] == expected
    for node in nodes.values():
        for wire in node.get("wires", []):
            assert set(wire) <= set(nodes)


def test_the_node_red_function_gives_each_state_its_colour():
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not installed")
    function = json.dumps(node_red()["edge-affect-colour"]["func"])
    script = (
        "let store = {}, now = 1e9; Date.now = () => now;"
        "const context = {get: k => store[k], set: (k, v) => store[k] = v}, node = {status() {}};"
        f"const run = new Function('msg', 'context', 'node', {function});"
        "const ask = (state, after) => { now += after; return run({payload: {state}}, context, node); };"
        "console.log(JSON.stringify([ask('anger', 0), ask('sadness', 1000), ask('anger', 60000),"
        " ask('insufficient', 60000), ask('love', 60000)].map(m => m && m.payload.seg[0].col[0])));"
    )
    answer = subprocess.run([node, "-e", script], capture_output=True, check=True, timeout=20).stdout
    anger, neutral = (list(colour(Palette.CIRCUMPLEX, state)) for state in (State.ANGER, State.NEUTRAL))
    assert json.loads(answer) == [anger, None, None, neutral, None]
