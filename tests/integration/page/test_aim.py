"""Aiming a camera: a real recording, the real detector, a real browser, and nobody else."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from edge.capture.mute.options import MuteOptions
from edge.capture.replay import make_source
from edge.capture.replay.options import ReplayVideo
from edge.cli import main
from edge.clock import RealClock
from edge.face.detector import FaceDetector
from edge.inference import ModelStore
from edge.service.aim.session import Aim

STAGE = "document.querySelectorAll('#stage rect').length"


class Camera:
    """Counts how often the recording behind it was opened and closed."""

    def __init__(self, path):
        self._path = path
        self.opened = self.closed = 0

    def __call__(self):
        options = ReplayVideo(kind="replay_video", path=self._path, rate_hz=5, max_side_px=640, loop=True)
        source = make_source("camera", options, clock=RealClock())
        samples = source.samples

        async def counted():
            self.opened += 1
            try:
                async for sample in samples():
                    yield sample
            finally:
                self.closed += 1

        source.samples = counted
        return source


@asynccontextmanager
async def aiming(camera, *, agreed=lambda: True, seconds=60.0):
    aim = Aim(
        camera,
        detect=FaceDetector(ModelStore().load("face_detector")),
        mute=MuteOptions(),
        is_agreed=agreed,
        clock=RealClock(),
        port=0,
    )
    told = asyncio.get_running_loop().create_future()
    running = asyncio.create_task(aim.run(seconds=seconds, tell=told.set_result))
    try:
        yield aim, await told
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def until(condition, within_s=60.0):
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110  # it changes in another task
            await asyncio.sleep(0.02)


async def watch(address):
    """Open the stream as a browser would; returns reader and writer."""
    host, _, token = address.removeprefix("http://").partition("/?token=")
    name, _, port = host.partition(":")
    reader, writer = await asyncio.open_connection(name, int(port))
    writer.write(f"GET /events HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
    return reader, writer


async def leave(writer):
    writer.close()
    await writer.wait_closed()


async def test_the_camera_is_open_only_while_somebody_watches(recordings):
    camera = Camera(recordings / "scene.mp4")
    async with aiming(camera) as (aim, address):
        await asyncio.sleep(0)
        assert camera.opened == 0
        for visit in (1, 2):
            _, writer = await watch(address)
            await until(lambda: aim.snapshot()["sight"] is not None)
            assert camera.opened == visit
            await leave(writer)
            await until(lambda: camera.closed == camera.opened and aim.snapshot()["sight"] is None)


async def test_it_tells_boxes_and_words_and_nothing_else(recordings):
    async with aiming(Camera(recordings / "scene.mp4")) as (aim, address):
        _, writer = await watch(address)
        await until(lambda: (aim.snapshot()["sight"] or {"spots": []})["spots"])
        shown = aim.snapshot()
        await leave(writer)
    assert set(shown) == {"left_s", "camera", "detail", "sight"}
    assert set(shown["sight"]) == {"shape", "light", "spots"}
    for spot in shown["sight"]["spots"]:
        assert set(spot) == {"box", "hints"}
        assert all(isinstance(value, int) and value % 2 == 0 for value in spot["box"])
    assert len(json.dumps(shown)) < 1000


async def test_it_ends_by_itself_and_closes_everything(recordings):
    camera = Camera(recordings / "scene.mp4")
    async with aiming(camera, seconds=1.0) as (_, address):
        reader, writer = await watch(address)
        async with asyncio.timeout(60):
            while await reader.read(65536):
                pass
        await leave(writer)
        await until(lambda: camera.closed == camera.opened == 1)
        with pytest.raises(ConnectionError):
            await watch(address)


async def test_a_consent_that_is_withdrawn_ends_it_at_once(recordings):
    camera, agreed = Camera(recordings / "scene.mp4"), [True]
    async with aiming(camera, agreed=lambda: agreed[0]) as (aim, address):
        _, writer = await watch(address)
        await until(lambda: aim.snapshot()["sight"] is not None)
        agreed[0] = False
        await until(lambda: aim.snapshot()["camera"] == "muted")
        assert camera.closed == camera.opened
        await until(lambda: aim.snapshot()["sight"] is None)
        await leave(writer)


async def test_without_the_token_of_the_session_nothing_is_told(recordings):
    camera = Camera(recordings / "scene.mp4")
    async with aiming(camera) as (_, address):
        host = address.removeprefix("http://").partition("/")[0]

        def ask(path, **headers):
            connection = http.client.HTTPConnection(host, timeout=60)
            connection.request("GET", path, headers=headers)
            status = connection.getresponse().status
            connection.close()
            return status

        for path in ("/", "/state", "/events", "/?token=guess", "/aim.js"):
            assert await asyncio.to_thread(ask, path) == 401
        assert await asyncio.to_thread(ask, "/", Host="evil.example") == 421
        assert camera.opened == 0


def test_the_command_refuses_what_it_cannot_aim(tmp_path, capsys):
    config = tmp_path / "config.yaml"
    config.write_text("privacy: {profile: personal}\nsources: {strap: {kind: polar_h10}}\n")
    assert main(["aim", str(config)]) == 1
    assert "the config has no camera" in capsys.readouterr().err
    config.write_text(f"sources: {{camera: {{kind: v4l2}}}}\nstate_directory: {tmp_path}\n")
    assert main(["aim", str(config), "--camera", "attic"]) == 1
    assert "the cameras are camera" in capsys.readouterr().err
    assert main(["aim", str(config)]) == 1
    assert "nobody agreed" in capsys.readouterr().err
    for minutes in ("600", "0", "nan", "soon"):
        with pytest.raises(SystemExit):
            main(["aim", str(config), "--minutes", minutes])


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_browser_draws_the_boxes(browser, recordings, scheme):
    async with aiming(Camera(recordings / "scene.mp4")) as (_, address):
        await asyncio.to_thread(browser.prefer, scheme)
        await asyncio.to_thread(browser.open, address, width=390 if scheme == "dark" else 1000)
        await asyncio.to_thread(browser.until, f"{STAGE} > 0")
        shown = await asyncio.to_thread(browser.run, "return document.body.innerText")
        assert "ends in" in shown
        assert "token" not in await asyncio.to_thread(browser.run, "return location.href")
        pictures = "return document.querySelectorAll('img, canvas, video, image').length"
        assert await asyncio.to_thread(browser.run, pictures) == 0
        if axe := os.environ.get("AXE_CORE"):
            source = await asyncio.to_thread(Path(axe).read_text, encoding="utf-8")
            await asyncio.to_thread(browser.run, source)
            found = "return axe.run().then(r => r.violations.map(v => v.id + ': ' + v.help))"
            assert await asyncio.to_thread(browser.run, found) == []
        if directory := os.environ.get("SCREENSHOTS"):
            picture = await asyncio.to_thread(browser.screenshot)
            (Path(directory) / f"aim_{scheme}.png").write_bytes(picture)
        await asyncio.to_thread(browser.open, "about:blank")
