from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import TypeAdapter
from ruamel.yaml import YAML

from edge.capture.options import SourceOptions

GUIDE = Path(__file__).parents[3] / "docs" / "wearables.md"
EXAMPLES = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(), re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_of_the_guide_are_valid(example: str) -> None:
    sources = YAML(typ="safe").load(example)["sources"]
    assert TypeAdapter(dict[str, SourceOptions]).validate_python(sources)


def test_guide_names_every_kind_of_body_sensor() -> None:
    kinds = {"heart_rate_strap", "polar_h10", "bitalino", "movisens", "gatt", "ads1115", "max30102"}
    shown = {
        source["kind"] for text in EXAMPLES for source in YAML(typ="safe").load(text)["sources"].values()
    }
    assert shown == kinds
