from __future__ import annotations

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from edge.inference import ModelStore
from sbom import with_models

ROOT = Path(__file__).resolve().parents[2]
LOCKED = re.compile(r"^([A-Za-z0-9_.-]+)==([^ ]+)(.*?)(?=^\S|\Z)", re.MULTILINE | re.DOTALL)


def locked() -> dict[str, list[tuple[str, str]]]:
    pins: dict[str, list[tuple[str, str]]] = {}
    for name, version, rest in LOCKED.findall((ROOT / "requirements.lock").read_text(encoding="utf-8")):
        pins.setdefault(canonicalize_name(name), []).append((version, rest))
    return pins


def test_every_runtime_dependency_is_locked_with_hashes() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pins = locked()
    for text in project["dependencies"]:
        requirement = Requirement(text)
        versions = pins[canonicalize_name(requirement.name)]
        assert all(requirement.specifier.contains(version) for version, _ in versions), text
    assert all("--hash=sha256:" in rest for versions in pins.values() for _, rest in versions)


def test_the_lock_names_no_place_to_download_from() -> None:
    assert not re.search(
        r"https?:|file:|--index|--find-links", (ROOT / "requirements.lock").read_text(encoding="utf-8")
    )


def test_the_bill_of_materials_lists_every_model_with_hash_and_terms() -> None:
    document = {"metadata": {}, "components": [{"name": "pip"}, {"name": "numpy"}]}
    store = ModelStore()
    made = with_models(document, store)
    models = [each for each in made["components"] if each.get("type") == "machine-learning-model"]
    assert [each["name"] for each in models] == list(store.manifest.models)
    assert all(each["hashes"][0]["content"] and each["licenses"] for each in models)
    assert made["components"][0] == {"name": "numpy"}
    assert made["metadata"]["component"]["name"] == "edge-affect"
