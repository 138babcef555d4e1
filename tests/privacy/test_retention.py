"""A whole run, with every file it opens and every byte it says watched from outside."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from integration.mqtt.brokers import Heard, Subscriber

from edge.emotion import Emotion
from embedded_broker import EmbeddedBroker

if TYPE_CHECKING:
    from pathlib import Path

STRACE = shutil.which("strace")
TOUCHES_FILES = (
    "open,openat,creat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,mkdir,mkdirat,mknod,mknodat,"
    "unlink,unlinkat,truncate,ftruncate,memfd_create,write,pwrite64,writev,pwritev,sendto,sendmsg,sendmmsg"
)
CHANGES_A_FILE = re.compile(
    r"O_WRONLY|O_RDWR|O_CREAT|^(creat|rename|link|symlink|mkdir|mknod|unlink|truncate|ftruncate|memfd)\w*\("
)
HARMLESS = re.compile(r'"/dev/(null|tty)"| = -1 E')
WRITTEN = re.compile(r"^(?:write|pwrite64|writev|pwritev|sendto|sendmsg|sendmmsg)\((\d+).*\) += (\d+)")
AFFECT_WORDS = (*(emotion.value for emotion in Emotion), "valence", "arousal", "insufficient")
STATE_TOPIC = "edge-affect/demo/zone/living_room/state"
RUN_S = 14
AUDIO_BYTES_A_SECOND = 32_000


@dataclass
class Run:
    calls: list[str]
    releases: list[str]
    log: str
    heard: list[Heard]
    seconds: float


@pytest.fixture(scope="module")
def run(recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The demo, at debug level, under strace, with somebody at the broker who hears everything."""
    directory = tmp_path_factory.mktemp("traced")
    trace = directory / "trace"
    if STRACE is None or subprocess.run([STRACE, "-o", trace, "true"], check=False).returncode:
        pytest.skip("strace is not installed, or may not trace here")
    with EmbeddedBroker() as broker:
        subscriber = Subscriber(broker.port, version=4)
        settings = [f"publish.mqtt.port={broker.port}", f"state_directory={directory / 'state'}"]
        command = [STRACE, "-f", "-qq", "-e", f"trace={TOUCHES_FILES}", "-s", "0", "-o", str(trace)]
        command += [sys.executable, "-m", "edge", "-v", "run", "demo", "--json", f"--seconds={RUN_S}"]
        command += [f"--set={setting}" for setting in settings]
        began_s = time.monotonic()
        log, output = directory / "log", directory / "output"
        with (
            log.open("w") as log_file,
            output.open("w") as output_file,
            subprocess.Popen(command, stdout=output_file, stderr=log_file) as process,
        ):
            try:
                heard = [subscriber.expect(STATE_TOPIC, within_s=60)]
                heard += subscriber.all_until(STATE_TOPIC)
                heard += subscriber.all_until("edge-affect/demo/status", b"offline")
                process.wait(30)
            finally:
                process.kill()
        seconds = time.monotonic() - began_s
        late = Subscriber(broker.port, version=4)
        late.say("late/sentinel", b"end")
        heard += late.all_until("late/sentinel")
        late.close()
        subscriber.close()
    assert process.returncode == 0, log.read_text()
    calls = [line.split(maxsplit=1)[1] for line in trace.read_text(errors="replace").splitlines()]
    return Run(calls, output.read_text().splitlines(), log.read_text(), heard, seconds)


def test_no_file_is_made_or_changed(run: Run) -> None:
    assert len(run.calls) > 100
    changed = [call for call in run.calls if CHANGES_A_FILE.search(call) and not HARMLESS.search(call)]
    assert changed == []


def test_too_little_leaves_the_process_to_hold_any_sound_or_picture(run: Run) -> None:
    """A second of sound at its coarsest is 32 kB, and of pictures far more."""
    written = sum(int(match[2]) for call in run.calls if (match := WRITTEN.match(call)))
    assert 1_000 < written < AUDIO_BYTES_A_SECOND * 3
    assert run.seconds > 10


def test_the_log_tells_decisions_and_no_affect(run: Run) -> None:
    assert "zone living_room window" in run.log
    named = [line for line in run.log.splitlines() for word in AFFECT_WORDS if word in line]
    assert named == []


def test_only_releases_and_lamps_go_with_the_mood(run: Run) -> None:
    states = [heard for heard in run.heard if heard.topic.endswith("/state") and "/zone/" in heard.topic]
    assert {json.dumps(json.loads(state.payload)) for state in states} <= {
        json.dumps(json.loads(line)) for line in run.releases
    }
    lamps_and_discovery = ("wled/", "homeassistant/")
    others = [h for h in run.heard if h not in states and not h.topic.startswith(lamps_and_discovery)]
    told = {heard.topic.rpartition("/")[2] for heard in others}
    assert told <= {"status", "info", "health", "state", "sentinel"}
    for heard in others:
        assert not any(word.encode() in heard.payload for word in AFFECT_WORDS), heard.topic


def test_no_core_dump_and_no_swap_where_that_is_permitted() -> None:
    code = (
        "import resource; from edge.gate.retention import keep_in_memory; kept = keep_in_memory();"
        "locked = [l for l in open('/proc/self/status') if l.startswith('VmLck')][0].split()[1];"
        "print(kept.core_dumps_off, kept.swap_off, int(locked) > 0, resource.getrlimit(resource.RLIMIT_CORE))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    core_dumps_off, swap_off, is_locked, *limits = done.stdout.split(maxsplit=3)
    assert core_dumps_off == "True"
    assert swap_off == is_locked
    assert limits == ["(0, 0)\n"]
