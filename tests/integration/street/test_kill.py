"""A power cut of the process: killed in the middle, started again, and back at the broker."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from integration.mqtt.brokers import MOSQUITTO, Mosquitto, Subscriber

WINDOW_S = 5
LIMIT_S = 6.0
PATIENCE_S = 100.0
"""The limit is one of processor time, as a machine that tests runs other things as well."""
STATE = "edge-affect/demo/zone/living_room/state"
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def start(port: int, state: Path) -> subprocess.Popen[bytes]:
    settings = (
        f"publish.mqtt.port={port}",
        f"state_directory={state}",
        f"privacy.window_s={WINDOW_S}",
        f"privacy.dwell_s={WINDOW_S}",
    )
    command = [sys.executable, "-m", "edge", "run", "demo"]
    command += [word for setting in settings for word in ("--set", setting)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def cpu_s(process: subprocess.Popen[bytes]) -> float:
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.skipif(not MOSQUITTO, reason="needs mosquitto, which sends the will of a lost client")
@pytest.mark.usefixtures("recordings")
def test_after_kill_9_it_publishes_again_within_six_seconds(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path).start()
    subscriber = Subscriber(broker.port)
    process = start(broker.port, tmp_path / "state")
    try:
        subscriber.expect("edge-affect/demo/status", b"online", within_s=PATIENCE_S)
        subscriber.expect(STATE, within_s=PATIENCE_S)
        process.kill()
        process.wait()
        subscriber.expect("edge-affect/demo/status", b"offline")
        began_s = time.monotonic()
        process = start(broker.port, tmp_path / "state")
        subscriber.expect("edge-affect/demo/status", b"online", within_s=PATIENCE_S)
        back_s, back_cpu_s = time.monotonic() - began_s, cpu_s(process)
        subscriber.expect(STATE, within_s=PATIENCE_S)
        released_s = time.monotonic() - began_s
    finally:
        process.kill()
        process.wait()
        subscriber.close()
        broker.kill()
    logging.getLogger(__name__).info(
        "back after %.1f s, %.1f s of processor; a release after %.1f s", back_s, back_cpu_s, released_s
    )
    assert back_cpu_s < LIMIT_S
