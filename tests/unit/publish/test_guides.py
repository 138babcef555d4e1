"""Every config in the guides is one that the daemon takes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edge.config.load import load_config

ROOT = Path(__file__).resolve().parents[3]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs" / "guides").glob("*.md")), ROOT / "docs" / "lamps.md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_configs_are_valid(page, tmp_path):
    configs = re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert configs
    for number, config in enumerate(configs):
        file = tmp_path / f"{number}.yaml"
        file.write_text(config, encoding="utf-8")
        load_config(file)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target
