from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest
from pydantic import TypeAdapter
from ruamel.yaml import YAML

from edge.capture.options import SourceKinds, SourceOptions

DOCS = Path(__file__).parents[3] / "docs"
GUIDES = (DOCS / "wearables.md", DOCS / "cameras-and-microphones.md")
EXAMPLES = [
    example
    for guide in GUIDES
    for example in re.findall(r"^```yaml\n(.*?)^```", guide.read_text(), re.DOTALL | re.MULTILINE)
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_of_the_guide_are_valid(example: str) -> None:
    sources = YAML(typ="safe").load(example)["sources"]
    assert TypeAdapter(dict[str, SourceOptions]).validate_python(sources)


def test_guides_show_every_kind_of_sensor() -> None:
    kinds = {get_args(kind.model_fields["kind"].annotation)[0] for kind in get_args(SourceKinds)}
    shown = {
        source["kind"] for text in EXAMPLES for source in YAML(typ="safe").load(text)["sources"].values()
    }
    assert shown == {kind for kind in kinds if not kind.startswith("replay_")}
