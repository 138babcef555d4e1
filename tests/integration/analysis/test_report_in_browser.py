"""The report in a real browser, at the width of a phone and of a desk, light and dark."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from integration.page.browser import CHROMEDRIVER, CHROMIUM, Browser
from unit.analysis.made import analysis

from edge.analysis.write import write_analysis


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None or CHROMEDRIVER is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI must have chromium and chromedriver")
        pytest.skip("chromium or chromedriver is not installed")
    with Browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("report")
    write_analysis(analysis(), folder, starts_at="01:00:00:00")
    return (folder / "report.html").as_uri()


@pytest.mark.parametrize("width", [390, 1200], ids=["phone", "desk"])
def test_it_fits_and_loads_nothing(browser, page, width):
    browser.open(page, width=width)
    browser.until("document.querySelector('footer')")
    assert browser.run("return document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert browser.run("return performance.getEntriesByType('resource').length") == 0
    assert browser.run("return document.querySelector('.mark circle').getBoundingClientRect().width") > 10


def test_a_mark_leads_to_its_moment_by_the_keyboard(browser, page):
    browser.open(page)
    browser.until("document.querySelector('.mark')")
    focus = "const mark = document.querySelectorAll('a.mark')[1]; mark.focus();"
    assert browser.run(f"{focus} return document.activeElement === mark")
    browser.run(
        "document.activeElement.dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true}))"
    )
    browser.until("location.hash === '#moment-2'")
    assert "Tension" in browser.run("return document.querySelector(':target').innerText")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser, page, scheme):
    axe = os.environ.get("AXE_CORE")
    if axe is None:
        pytest.skip("AXE_CORE does not name axe.min.js")
    browser.prefer(scheme)
    browser.open(page)
    browser.until("document.querySelector('footer')")
    browser.run(Path(axe).read_text(encoding="utf-8"))
    found = browser.run("return axe.run().then(r => r.violations.map(v => v.id + ': ' + v.help))")
    assert found == []
    grounds = {"light": "rgb(251, 250, 247)", "dark": "rgb(22, 23, 26)"}
    assert browser.run("return getComputedStyle(document.body).backgroundColor") == grounds[scheme]
