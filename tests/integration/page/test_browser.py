"""The local page in a real browser, at the width of a phone and of a desk."""

from __future__ import annotations

import asyncio
import os
import statistics
from pathlib import Path

import pytest

from edge.capture.supervisor import SourceState, SourceStatus
from edge.emotion import Emotion, MomentKind
from edge.gate.consent import Consent, Purpose
from edge.gate.decision import Decision, Reason
from edge.gate.options import Notice
from edge.publish.mqtt import ConnectionStatus
from edge.publish.node import Node, Sensor, SensorKind
from edge.publish.options import Protocol
from edge.release import Level, Profile, Release, State, Suggestion
from edge.service.page.options import PageOptions
from edge.service.page.server import Page
from edge.service.page.view import Budget, PageView

NODE = Node(
    id="desk",
    name="My desk",
    version="0.1.0",
    profile=Profile.PERSONAL,
    window_s=10.0,
    zones=("desk",),
    sensors=(Sensor("camera", SensorKind.CAMERA), Sensor("chest-strap", SensorKind.WEARABLE)),
)
KIOSK = Node(
    id="kiosk-17",
    name="Kiosk 17",
    version="0.1.0",
    profile=Profile.PUBLIC,
    window_s=300.0,
    zones=("hall",),
    sensors=(Sensor("camera", SensorKind.CAMERA),),
)
WIDTHS = {"phone": 390, "desk": 1200}


class Street:
    """Stands in for the street: it mutes what it is asked to."""

    def __init__(self):
        status = ConnectionStatus(
            "localhost:1883", connected=True, protocol=Protocol.V5, problem=None, published=2, losses=0
        )
        consent = Consent("c0ffee00", "chest-strap", Purpose.STRESS_FEEDBACK, 1_850_000_000)
        self.view = PageView(
            NODE,
            promise="Local and coarse.\nOnly with consent.",
            broker=lambda: status,
            consents=lambda: [consent],
        )
        self.mute(None, muted=False)

    def mute(self, name, muted):
        state = SourceState.MUTED if muted else SourceState.OK
        for sensor in NODE.sensors:
            if name in (None, sensor.name):
                self.view.on_source_status(
                    SourceStatus(
                        sensor.name, state, since_s=0.0, reason=None, detail="", restarts=0, samples=0
                    )
                )

    def close_window(self, window, state, reason=Reason.ALLOWED, pace=None):
        told = reason is Reason.ALLOWED
        self.view.on_decision(Decision("desk", window, Profile.PERSONAL, reason))
        release = Release(
            zone="desk",
            profile=Profile.PERSONAL,
            window=window,
            window_s=10.0,
            state=state,
            valence=0.5 if told else None,
            arousal=0.25 if told else None,
            stress=Level.LOW if told else Level.UNKNOWN,
            quality=Level.HIGH if told else Level.LOW,
            suggestion=Suggestion.EASE if told else Suggestion.UNKNOWN,
            coherence=Level.MEDIUM if pace else Level.UNKNOWN,
            breaths_per_minute=pace,
        )
        self.view.on_release(release)
        self.view.on_lamps({"wled/shelf": "#f9c635"})


def a_kiosk():
    view = PageView(
        KIOSK,
        promise="Aggregate and anonymized.",
        broker=None,
        budget=lambda: Budget(spent=37.0, daily=288.0),
        consents=list,
        notice=Notice(contact="hall@example.org", acknowledged_on="2026-11-01"),
    )
    camera = SourceStatus("camera", SourceState.OK, 0.0, reason=None, detail="", restarts=0, samples=9)
    view.on_source_status(camera)
    view.on_decision(Decision("hall", 5_900_000, Profile.PUBLIC, Reason.ALLOWED))
    release = Release(
        zone="hall",
        profile=Profile.PUBLIC,
        window=5_900_000,
        window_s=300.0,
        state=State.HAPPINESS,
        valence=0.5,
        arousal=0.25,
        quality=Level.HIGH,
        people="20-29",
        shares=((Emotion.HAPPINESS, 0.6), (Emotion.NEUTRAL, 0.3), (Emotion.SURPRISE, 0.1)),
        epsilon=1.0,
        suggestion=Suggestion.HOLD,
        attention=0.7,
        moment=MomentKind.JOY,
        moment_s=125.0,
        content="trailer-3",
        content_s=62.5,
    )
    view.on_release(release)
    return view


@pytest.fixture
async def kiosk():
    page = Page(PageOptions(port=0), a_kiosk(), mute=lambda *_: None, notice="<h1>Sensed here</h1>")
    await page.start()
    yield page
    await page.stop()


@pytest.fixture
async def street():
    made = Street()
    made.close_window(179_000_000, State.INSUFFICIENT, Reason.NO_EVIDENCE)
    made.close_window(179_000_001, State.HAPPINESS)
    page = Page(PageOptions(port=0), made.view, mute=made.mute)
    await page.start()
    made.address = page.address
    yield made
    await page.stop()


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
async def test_it_shows_what_is_and_fits(browser, street, width):
    await asyncio.to_thread(browser.prefer, "light" if width > 800 else "dark")
    await asyncio.to_thread(browser.open, street.address, width=width)
    await asyncio.to_thread(browser.until, "document.querySelector('#state').textContent === 'happiness'")

    def look():
        text = browser.run("return document.body.innerText")
        overflow = browser.run(
            "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return text, overflow

    text, overflow = await asyncio.to_thread(look)
    assert "too little to tell" in text
    assert "sends to localhost:1883, MQTT 5" in text
    assert "Only with consent." in text
    assert '"stress":"low"' in text
    assert "high quality, sensing: camera, chest-strap" in text
    assert "chest-strap: feedback on one's own stress, until " in text
    assert "Breathe along" not in text
    assert "Privacy budget" not in text
    assert overflow == 0
    if directory := os.environ.get("SCREENSHOTS"):
        name = next(name for name, each in WIDTHS.items() if each == width)
        (Path(directory) / f"page_{name}.png").write_bytes(await asyncio.to_thread(browser.screenshot))


async def test_a_kiosk_shows_its_shares_its_budget_and_its_sign(browser, kiosk):
    await asyncio.to_thread(browser.prefer, "light")
    await asyncio.to_thread(browser.open, kiosk.address)
    await asyncio.to_thread(browser.until, "document.querySelectorAll('#shares li').length === 3")
    text = await asyncio.to_thread(browser.run, "return document.body.innerText")
    assert "happiness\n60 %" in text
    assert "70 %" in text
    assert "joy, 2:05 min into the window" in text
    assert "trailer-3 at 1:03 min" in text
    assert "251 of 288 left" in text
    assert "A sign tells people since 2026-11-01; questions go to hall@example.org." in text
    if directory := os.environ.get("SCREENSHOTS"):
        (Path(directory) / "page_kiosk.png").write_bytes(await asyncio.to_thread(browser.screenshot))
    await asyncio.to_thread(browser.run, "document.querySelector('#notice a').click()")
    await asyncio.to_thread(browser.until, "document.body.innerText === 'Sensed here'")


async def test_a_paced_breath_is_shown_at_its_pace(browser, street):
    await asyncio.to_thread(browser.open, street.address)
    street.close_window(179_000_002, State.NEUTRAL, pace=5.5)
    await asyncio.to_thread(browser.until, "!document.querySelector('#breath').hidden")
    text = await asyncio.to_thread(browser.run, "return document.body.innerText")
    assert "Breathe along: 5.5 breaths a minute" in text
    lasts = await asyncio.to_thread(
        browser.run, "return getComputedStyle(document.querySelector('#lung')).animationDuration"
    )
    assert float(lasts.removesuffix("s")) == pytest.approx(60 / 5.5, abs=1e-3)
    street.close_window(179_000_003, State.NEUTRAL)
    await asyncio.to_thread(browser.until, "document.querySelector('#breath').hidden")


async def test_it_follows_what_happens_and_mutes_by_the_keyboard(browser, street):
    await asyncio.to_thread(browser.open, street.address)
    await asyncio.to_thread(browser.until, "document.querySelectorAll('#sensors button').length === 2")
    street.close_window(179_000_002, State.SURPRISE)
    await asyncio.to_thread(browser.until, "document.querySelector('#state').textContent === 'surprise'")
    press = "const b = document.querySelector('#sensors button'); b.focus(); b.click(); return b.ariaLabel"
    assert await asyncio.to_thread(browser.run, press) == "Mute camera"
    await asyncio.to_thread(browser.until, "document.activeElement.ariaPressed === 'true'")
    assert [each["muted"] for each in street.view.snapshot()["sensors"]] == [True, False]
    await asyncio.to_thread(browser.run, "document.querySelector('#mute-all').click()")
    await asyncio.to_thread(browser.until, "document.querySelector('#mute-all').ariaPressed === 'true'")


async def test_nothing_but_the_page_is_loaded_and_it_paints_at_once(browser, street):
    def load():
        browser.open(street.address)
        browser.until("performance.getEntriesByName('first-contentful-paint').length > 0")
        loaded = browser.run(
            "return performance.getEntriesByType('resource').map(e => [e.name, e.transferSize])"
        )
        painted_ms = browser.run("return performance.getEntriesByName('first-contentful-paint')[0].startTime")
        return painted_ms, browser.busy_s(), loaded

    await asyncio.to_thread(browser.busy_s)
    paints_ms = []
    for _ in range(5):
        painted_ms, busy_s, loaded = await asyncio.to_thread(load)
        paints_ms.append(painted_ms)
        assert busy_s < 0.3, "the page's own work, which no other program delays"
    assert statistics.median(paints_ms) < 300
    assert all(name.startswith(street.address) for name, _ in loaded if not name.startswith("data:"))
    assert sum(size for _, size in loaded) < 60_000


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("shown", ["street", "kiosk"])
async def test_axe_finds_nothing(browser, street, kiosk, scheme, shown):
    axe = os.environ.get("AXE_CORE")
    if axe is None:
        pytest.skip("AXE_CORE does not name axe.min.js")
    address = {"street": street, "kiosk": kiosk}[shown].address
    await asyncio.to_thread(browser.prefer, scheme)
    await asyncio.to_thread(browser.open, address)
    await asyncio.to_thread(browser.until, "document.querySelector('#state').textContent === 'happiness'")
    source = await asyncio.to_thread(Path(axe).read_text, encoding="utf-8")
    await asyncio.to_thread(browser.run, source)
    found = await asyncio.to_thread(
        browser.run, "return axe.run().then(r => r.violations.map(v => v.id + ': ' + v.help))"
    )
    assert found == []
    grounds = {"light": "rgb(251, 250, 247)", "dark": "rgb(22, 23, 26)"}
    ground = await asyncio.to_thread(browser.run, "return getComputedStyle(document.body).backgroundColor")
    assert ground == grounds[scheme]
