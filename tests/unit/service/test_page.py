"""The page over a real socket, asked as a browser would and as nobody should."""

from __future__ import annotations

import asyncio
import http.client
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from edge.capture.supervisor import SourceState, SourceStatus
from edge.errors import BudgetError, ConfigError, ConsentError, SourceReason
from edge.gate.consent import Consent, Purpose
from edge.gate.decision import Decision, Reason
from edge.gate.options import Notice
from edge.publish.node import Node, Sensor, SensorKind
from edge.release import Profile, Release, State
from edge.service.page.options import PageOptions
from edge.service.page.server import Page
from edge.service.page.view import Budget, PageView

TOKEN = "correct horse battery staple"


def a_node(profile=Profile.HOUSEHOLD):
    sensors = (Sensor("camera", SensorKind.CAMERA), Sensor("strap", SensorKind.WEARABLE))
    return Node("pi", "Living room", "0.1.0", profile, 10.0, ("room",), sensors)


def status(name, state, reason=None, detail=""):
    return SourceStatus(name, state, since_s=0.0, reason=reason, detail=detail, restarts=0, samples=0)


@dataclass
class Running:
    page: Page
    view: PageView
    muted: list

    @property
    def port(self):
        return int(self.page.address.rstrip("/").rpartition(":")[2])

    async def ask(self, method, path, body=None, **headers):
        def ask():
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, named)
            response = connection.getresponse()
            answer = response.status, response.read(), response.headers
            connection.close()
            return answer

        return await asyncio.to_thread(ask)

    async def mute(self, command, **headers):
        return await self.ask("POST", "/mute", command, **{"Content_Type": "application/json"} | headers)


@asynccontextmanager
async def running(options=None, notice=None):
    view = PageView(a_node(), promise="local and coarse", broker=None)
    muted = []
    options = options or PageOptions(port=0)
    page = Page(options, view, mute=lambda *command: muted.append(command), notice=notice)
    await page.start()
    try:
        yield Running(page, view, muted)
    finally:
        await page.stop()


async def test_the_page_and_its_parts_are_served_with_strict_headers():
    async with running() as here:
        size = 0
        for path in ("/", "/page.css", "/page.js"):
            code, body, headers = await here.ask("GET", path)
            size += len(body)
            assert code == 200
            assert "default-src 'none'" in headers["Content-Security-Policy"]
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert b"//" not in body.replace(b"// ", b"") or b"http" not in body, "no external assets"
        assert size < 60_000
        assert (await here.ask("GET", "/../server.py"))[0] == 404


async def test_it_shows_what_left_and_what_was_withheld():
    async with running() as here:
        here.view.on_decision(Decision("room", 7, Profile.HOUSEHOLD, Reason.ALLOWED))
        here.view.on_release(Release("room", Profile.HOUSEHOLD, 7, 10.0, State.HAPPINESS, 0.5, 0.25))
        here.view.on_decision(Decision("room", 8, Profile.HOUSEHOLD, Reason.NO_EVIDENCE))
        here.view.on_release(Release("room", Profile.HOUSEHOLD, 8, 10.0, State.INSUFFICIENT))
        _, body, _ = await here.ask("GET", "/state")
        newest, older = json.loads(body)["windows"]
        assert newest["withheld"] == "no_evidence"
        assert newest["sent"]["state"] == "insufficient"
        assert older["withheld"] is None
        assert older["sent"]["valence"] == 0.5
        assert older["ended_s"] == 80


async def test_what_the_profile_keeps_from_others_the_page_keeps_too():
    async with running() as here:
        away = status("strap", SourceState.FAILED, SourceReason.DISCONNECTED, "out of reach")
        here.view.on_source_status(away)
        here.view.on_source_status(status("camera", SourceState.FAILED, SourceReason.BUSY, "in use"))
        sensors = {each["name"]: each for each in here.view.snapshot()["sensors"]}
        assert sensors["camera"]["detail"] == "in use"
        assert sensors["strap"]["state"] == "not told"
        assert "reach" not in json.dumps(here.view.snapshot())
        here.view.on_source_status(status("strap", SourceState.MUTED))
        assert here.view.snapshot()["sensors"][1]["muted"]


def fail(error):
    def raise_it():
        raise error

    return raise_it


def test_it_shows_who_agreed_who_is_told_and_what_is_left_of_the_budget():
    consent = Consent("c0ffee00", "camera", Purpose.ROOM_MOOD, 2_000_000_000)
    view = PageView(
        a_node(Profile.PUBLIC),
        promise="",
        broker=None,
        budget=lambda: Budget(spent=0.1 + 0.2, daily=288.0),
        consents=lambda: [consent],
        notice=Notice(contact="hall@example.org", acknowledged_on="2026-11-01"),
    )
    shown = view.snapshot()
    assert shown["budget"] == {"spent": 0.3, "daily": 288.0}
    assert shown["consents"] == [{"sensor": "camera", "purpose": "room_mood", "until_s": 2_000_000_000}]
    assert shown["notice"] == {"contact": "hall@example.org", "acknowledged_on": "2026-11-01"}
    assert consent.handle not in json.dumps(shown), "it withdraws the consent"


def test_a_ledger_or_a_file_of_consents_that_cannot_be_read_does_not_stop_the_page():
    view = PageView(
        a_node(Profile.PUBLIC),
        promise="",
        broker=None,
        budget=fail(BudgetError("rolled back")),
        consents=fail(ConsentError("consent.json", "damaged")),
    )
    assert view.snapshot()["budget"] == {"spent": None, "daily": None}
    assert view.snapshot()["consents"] is None


async def test_the_sign_can_be_looked_at_without_scripts():
    async with running(notice="<p>sensed here</p>") as here:
        code, body, headers = await here.ask("GET", "/notice")
        assert (code, body) == (200, b"<p>sensed here</p>")
        assert "script-src" not in headers["Content-Security-Policy"]
        assert "default-src 'none'" in headers["Content-Security-Policy"]
    async with running() as here:
        assert (await here.ask("GET", "/notice"))[0] == 404


async def test_events_follow_what_happens():
    async with running() as here:
        reader, writer = await asyncio.open_connection("127.0.0.1", here.port)
        writer.write(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")

        async def until(word):
            async with asyncio.timeout(60):
                while word not in await reader.readline():
                    pass

        await until(b'"windows":[]')
        here.view.on_lamps({"wled/shelf": "#123456"})
        await until(b"#123456")
        writer.close()
        await writer.wait_closed()


async def test_muting():
    async with running() as here:
        assert (await here.mute('{"sensor":"camera","muted":true}'))[0] == 204
        assert (await here.mute('{"sensor":null,"muted":false}'))[0] == 204
        assert here.muted == [("camera", True), (None, False)]


@pytest.mark.parametrize(
    "body",
    ["", "[]", "{", '{"sensor":"attic","muted":true}', '{"sensor":"camera","muted":1}', '{"muted":true}',
     '{"sensor":["camera"],"muted":true}', "[" * 1000],
)  # fmt: skip
async def test_nonsense_is_refused(body):
    async with running() as here:
        assert (await here.mute(body))[0] == 400
        assert here.muted == []


async def test_other_sites_forms_and_oversized_bodies_are_refused():
    async with running() as here:
        command = '{"sensor":null,"muted":true}'
        assert (await here.mute(command, Origin="http://evil.example"))[0] == 403
        assert (await here.mute(command, Sec_Fetch_Site="cross-site"))[0] == 403
        assert (await here.mute(command, Content_Type="text/plain"))[0] == 415
        assert (await here.mute(command, Host="evil.example"))[0] == 421
        assert (await here.mute(command + " " * 2000))[0] == 413
        assert (await here.ask("DELETE", "/"))[0] == 405
        assert (await here.ask("GET", "/", Cookie="a" * 20_000))[0] == 431
        assert here.muted == []


async def test_what_is_not_http_is_hung_up_on():
    async with running() as here:
        reader, writer = await asyncio.open_connection("127.0.0.1", here.port)
        writer.write(b"\x16\x03\x01" + b"\xff" * 200 + b"\r\n\r\n")
        async with asyncio.timeout(60):
            answer = await reader.read()
        assert answer.startswith(b"HTTP/1.1 400")
        writer.close()
        await writer.wait_closed()
        assert (await here.ask("GET", "/state"))[0] == 200


async def test_with_a_token_nothing_is_told_without_it(monkeypatch):
    monkeypatch.setenv("PAGE_TOKEN", TOKEN)
    async with running(PageOptions(port=0, token_env="PAGE_TOKEN")) as here:
        for path in ("/", "/state", "/events", "/?token=wrong"):
            assert (await here.ask("GET", path))[0] == 401
        assert (await here.mute('{"sensor":null,"muted":true}'))[0] == 401
        code, _, headers = await here.ask("GET", f"/?token={TOKEN.replace(' ', '%20')}")
        assert code == 303
        cookie = headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert (await here.ask("GET", "/state", Cookie=cookie.partition(";")[0]))[0] == 200
        assert (await here.ask("GET", "/state", Authorization=f"Bearer {TOKEN}"))[0] == 200


async def test_an_address_that_is_taken_is_told():
    async with running() as here:
        with pytest.raises(ConfigError, match="cannot listen"):
            await Page(PageOptions(port=here.port), here.view, mute=lambda *_: None).start()


async def test_stop_ends_streams():
    async with running() as here:
        reader, writer = await asyncio.open_connection("127.0.0.1", here.port)
        writer.write(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await reader.readline()
        async with asyncio.timeout(60):
            await here.page.stop()
            await reader.read()
        writer.close()
        await writer.wait_closed()
