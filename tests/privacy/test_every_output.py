"""The street at debug level, and a search of every byte that it sends, shows, logs, prints or stores."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import logging
import re
import wave
from dataclasses import dataclass
from fractions import Fraction
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

import av
import numpy as np
import pytest
from integration.mqtt.brokers import MOSQUITTO, Heard, Mosquitto, Subscriber

from edge.app import Street
from edge.cli.run import _Printer
from edge.clock import RealClock
from edge.clock import run as run_on
from edge.config.derived import node_of
from edge.config.schema import Config
from edge.emotion import Emotion, MomentKind
from edge.gate.report import describe
from edge.publish.discovery import discovery_message
from edge.publish.lights.palette import colour
from edge.publish.options import Palette
from edge.publish.topics import Topics
from edge.release import PAYLOAD_BYTES, State
from edge.service.page.server import METRICS
from edge.street import Audience, Observer
from embedded_broker import EmbeddedBroker

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edge.signals import Affect

NODE, ZONE, LAMP = "quiet", "room", "wled/lamp"
STATE_TOPIC: Final = f"edge-affect/{NODE}/zone/{ZONE}/state"
THEN_WALL_S: Final = 1_800_000_000
"""Every run begins at this wall time, a window's first second in both profiles."""
PAGE_LOOKS_EVERY_S: Final = 0.5
_WORDS: Final = "|".join(
    (*Emotion, *MomentKind, "valence", "arousal", "stress", "attention", "moment", "coherence", "intensify")
)
AFFECT: Final = re.compile(rf'\b(?:{_WORDS})\b(?!":null)'.encode(), re.IGNORECASE)
"""A word of affect, unless it is the key of a null: those stand in every payload."""
_STATIC: Final = resources.files("edge.service.page") / "static"
SHIPPED: Final = {
    "/": _STATIC / "index.html",
    "/page.css": _STATIC / "page.css",
    "/page.js": _STATIC / "page.js",
}
ADDRESS: Final = re.compile(r"the local page is at http://127\.0\.0\.1:(\d+)/")
HOUSEHOLD: Final[dict[str, Any]] = {
    "privacy": {"profile": "household", "window_s": 10},
    "replay": {"speed": 5},
}
AGREED: Final = HOUSEHOLD | {"privacy": HOUSEHOLD["privacy"] | {"single_person_agreed": True}}
PUBLIC: Final[dict[str, Any]] = {
    "deployment": {
        "context": "public_space",
        "notice": {"contact": "hall@example.org", "acknowledged_on": "2026-01-01"},
    },
    # One person and the noise reach 40 in a window less often than once in a million.
    "privacy": {"profile": "public", "window_s": 60, "k": 40, "attention": True, "moments": True},
    "replay": {"speed": 30},
    "publish": {"history": {}},
}


class FromThen(RealClock):
    """A clock of which each run reads the same wall times."""

    def __init__(self, speed: float) -> None:
        super().__init__(speed)

    def begin(self) -> None:
        super().__init__(self._speed)

    def wall_s(self) -> float:
        return THEN_WALL_S + self.now_s()


class Witness(Observer):
    """Counts what the readers made out, so that a run in which nobody was seen does not pass."""

    def __init__(self) -> None:
        self.readings = 0

    def on_affect(self, affect: Affect) -> None:
        self.readings += bool(affect.mask.any())


@dataclass(frozen=True)
class Run:
    config: Config
    heard: list[Heard]
    kept: list[Heard]
    page: dict[str, bytes]
    log: str
    printed: str
    stored: dict[str, bytes]
    readings: int

    @property
    def states(self) -> list[bytes]:
        return [heard.payload for heard in self.heard if heard.topic == STATE_TOPIC]

    @property
    def lamp(self) -> list[Heard]:
        return [heard for heard in self.heard if heard.topic.startswith(LAMP)]

    @property
    def last_shown(self) -> dict[str, Any]:
        """What the page showed last, without the broker, whose port is another in each run."""
        shown = json.loads(re.findall(rb"data: (.*)\n\n", self.page["/events"])[-1])
        return {**shown, "broker": None}

    def everything(self) -> Iterator[tuple[str, bytes]]:
        """Every byte that left or was written, but for what follows from the config alone."""
        topics = Topics("edge-affect", NODE, "homeassistant")
        announced = discovery_message(node_of(self.config), topics)
        promise = json.dumps(describe(self.config.privacy, self.config.deployment)).encode()
        for heard in (*self.heard, *self.kept):
            yield "a topic", heard.topic.encode()
            if (heard.topic, heard.payload) != (announced.topic, announced.payload):
                yield heard.topic, heard.payload
        for path, content in self.page.items():
            static = SHIPPED[path].read_bytes() if path in SHIPPED else b"" if path == METRICS else promise
            assert static in content, path
            yield path, content.replace(static, b"")
        yield "log", self.log.encode()
        yield "stdout", self.printed.encode()
        yield from self.stored.items()


def make_empty_scene(directory: Path) -> dict[str, Path]:
    """A wall with a little noise of the camera, and the hiss of a microphone."""
    randomness = np.random.default_rng(1)
    video, audio = directory / "wall.mp4", directory / "hiss.wav"
    with av.open(str(video), "w") as container:
        stream = container.add_stream("mpeg4", rate=Fraction(15))
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        wall = np.linspace(90, 150, 640)[None, :, None] * np.ones((360, 1, 3))
        for _ in range(150):
            picture = np.clip(wall + randomness.normal(0, 3, wall.shape), 0, 255).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    with wave.open(str(audio), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16_000)
        sound.writeframes(randomness.normal(0, 8, 160_000).astype("<i2").tobytes())
    return {"camera": video, "microphone": audio}


def run(directory: Path, scene: dict[str, Path], settings: dict[str, Any], *, windows: int) -> Run:
    """Let the street pass some windows, and keep all that comes out of it."""
    with contextlib.ExitStack() as stack:
        if MOSQUITTO:
            broker = Mosquitto(directory).start()
            stack.callback(broker.kill)
            version = 5
        else:
            broker, version = stack.enter_context(EmbeddedBroker()), 4
        config = Config.model_validate(
            {
                "node": NODE,
                "zone": ZONE,
                "sources": {
                    "camera": {
                        "kind": "replay_video",
                        "path": scene["camera"],
                        "rate_hz": 3,
                        "max_side_px": 640,
                        "loop": True,
                    },
                    "microphone": {"kind": "replay_audio", "path": scene["microphone"], "loop": True},
                },
                "page": {"port": 0},
                "state_directory": directory / "state",
                **settings,
                "publish": {
                    **settings.get("publish", {}),
                    "mqtt": {"host": "127.0.0.1", "port": broker.port},
                    "lights": [{"kind": "wled", "topic": LAMP, "min_dwell_s": 5}],
                },
            }
        )
        subscriber = Subscriber(broker.port, version=version)
        stack.callback(subscriber.close)
        log, printed, witness = io.StringIO(), io.StringIO(), Witness()
        with logging_to(log), contextlib.redirect_stdout(printed), contextlib.redirect_stderr(log):
            clock = FromThen(float(config.replay.speed))
            page = run_on(watch(config, clock=clock, witness=witness, log=log, windows=windows), clock=clock)
        heard = subscriber.all_until(f"edge-affect/{NODE}/status", b"offline")
        late = Subscriber(broker.port, version=version)
        stack.callback(late.close)
        late.say("late/sentinel", b"end")
        kept = late.all_until("late/sentinel")[:-1]
    stored = {
        str(path.relative_to(directory)): path.read_bytes()
        for path in sorted((directory / "state").rglob("*"))
        if path.is_file()
    }
    return Run(config, heard, kept, page, log.getvalue(), printed.getvalue(), stored, witness.readings)


@contextlib.contextmanager
def logging_to(log: io.StringIO) -> Iterator[None]:
    root, handler = logging.getLogger(), logging.StreamHandler(log)
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.setLevel(level)
        root.removeHandler(handler)


async def watch(
    config: Config, *, clock: FromThen, witness: Witness, log: io.StringIO, windows: int
) -> dict[str, bytes]:
    """Run the street with somebody at its page."""
    street = Street(config, clock=clock, observer=Audience(_Printer(as_json=True), witness))
    clock.begin()
    until_the_page_has_looked_s = 3 * PAGE_LOOKS_EVERY_S * float(config.replay.speed)
    running = asyncio.create_task(
        street.run(seconds=windows * config.privacy.window_s + until_the_page_has_looked_s)
    )
    async with asyncio.timeout(60):
        while not (address := ADDRESS.search(log.getvalue())):  # noqa: ASYNC110  # it is told in the log alone
            await asyncio.sleep(0.01)
        paths = (*SHIPPED, METRICS, "/events")
        contents = await asyncio.gather(*(fetch(int(address[1]), path) for path in paths))
        await running
    return dict(zip(paths, contents, strict=True))


async def fetch(port: int, path: str) -> bytes:
    """Everything that is sent for one request, until the other side closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
    try:
        return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()


@pytest.fixture(scope="module")
def occupied(recordings: Path) -> dict[str, Path]:
    """One person before the camera, and a voice."""
    return {"camera": recordings / "scene.mp4", "microphone": recordings / "voice.wav"}


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return make_empty_scene(tmp_path_factory.mktemp("empty"))


@pytest.fixture(scope="module", params=[(HOUSEHOLD, 2), (PUBLIC, 1)], ids=["household", "public"])
def both(
    request: pytest.FixtureRequest,
    occupied: dict[str, Path],
    empty: dict[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Run, Run]:
    """The same street with one person, and with nobody."""
    settings, windows = request.param
    somebody, nobody = (
        run(tmp_path_factory.mktemp("run"), scene, settings, windows=windows) for scene in (occupied, empty)
    )
    assert somebody.readings > 0
    assert nobody.readings == 0
    assert len(somebody.states) == windows
    return somebody, nobody


def found(of: Run) -> dict[str, set[bytes]]:
    """Words of affect, by where they were found."""
    places: dict[str, set[bytes]] = {}
    for place, content in of.everything():
        if words := set(AFFECT.findall(content)):
            places.setdefault(place, set()).update(words)
    return places


def without_ports(log: str) -> list[str]:
    """Sort the lines, as the broker answers sooner or later."""
    return sorted(re.sub(r"(127\.0\.0\.1):\d+", r"\1", line) for line in log.splitlines())


def test_no_word_of_affect_is_sent_shown_logged_printed_or_stored(both: tuple[Run, Run]) -> None:
    for each in both:
        assert found(each) == {}
        assert {json.loads(state)["state"] for state in each.states} == {State.INSUFFICIENT}
        assert {len(state) for state in each.states} == {PAYLOAD_BYTES}


def test_what_is_sent_is_the_same_with_one_person_and_with_nobody(both: tuple[Run, Run]) -> None:
    somebody, nobody = both
    assert somebody.states == nobody.states
    # Whether the broker is there before the first picture is a race, so only how a sensor ends is compared.
    sensor_status = re.compile(rf"edge-affect/{NODE}/sensor/\w+/status")
    with_somebody, with_nobody = (
        {heard for heard in each.heard if not sensor_status.match(heard.topic)} for each in both
    )
    assert with_somebody == with_nobody
    assert {heard.topic for heard in somebody.heard} == {heard.topic for heard in nobody.heard}
    assert set(somebody.kept) == set(nobody.kept)
    assert all(kept.retained for kept in somebody.kept)
    assert STATE_TOPIC not in {kept.topic for kept in somebody.kept}


def test_what_is_shown_logged_and_printed_is_the_same_too(both: tuple[Run, Run]) -> None:
    somebody, nobody = both
    assert somebody.last_shown == nobody.last_shown
    assert somebody.page[METRICS] == nobody.page[METRICS]
    assert b"edge_affect_running_hours 0" in somebody.page[METRICS]
    assert len(somebody.last_shown["windows"]) == len(somebody.states)
    assert without_ports(somebody.log) == without_ports(nobody.log)
    assert any(line.startswith(f"zone {ZONE} window") for line in without_ports(somebody.log))
    assert somebody.printed == nobody.printed
    assert somebody.stored.keys() == nobody.stored.keys()


def test_the_lamp_rests(both: tuple[Run, Run]) -> None:
    neutral = colour(Palette.CIRCUMPLEX, State.NEUTRAL)
    for each in both:
        assert each.lamp
        for message in each.lamp:
            assert [tuple(c) for s in json.loads(message.payload)["seg"] for c in s["col"]] == [neutral]


def test_the_search_finds_what_a_person_alone_has_agreed_to_publish(
    occupied: dict[str, Path], tmp_path: Path
) -> None:
    agreed = run(tmp_path, occupied, AGREED, windows=2)
    places = found(agreed)
    assert places.keys() == {STATE_TOPIC, "/events", "stdout"}
    for words in places.values():
        assert {b"valence", b"arousal"} < words
        assert words & {emotion.value.encode() for emotion in Emotion}
    shown = {tuple(json.loads(message.payload)["seg"][0]["col"][0]) for message in agreed.lamp}
    assert shown - {colour(Palette.CIRCUMPLEX, State.NEUTRAL)}
