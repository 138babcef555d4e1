"""One browser for all tests of pages."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from .browser import CHROMEDRIVER, CHROMIUM, Browser

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None or CHROMEDRIVER is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI must have chromium and chromedriver")
        pytest.skip("chromium or chromedriver is not installed")
    with Browser() as opened:
        yield opened
