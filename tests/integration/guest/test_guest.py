"""Real kernel drivers without hardware: BlueZ and Video4Linux in a virtual machine, booted once for both."""

from __future__ import annotations

import json
import logging
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from guest import kernel, machine

if TYPE_CHECKING:
    from guest.machine import Outcome

pytest.importorskip("bumble")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[2]
BLUETOOTHD = "/usr/libexec/bluetooth/bluetoothd"
TIMEOUT_S = 840.0
LIMIT_S = 10.0

log = logging.getLogger(__name__)


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcome, Path]:
    if os.getuid() != 0 or not Path(BLUETOOTHD).exists():
        pytest.skip("needs root and the package bluez")
    try:
        prepared = kernel.prepare()
    except kernel.GuestUnavailableError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))
    exchange = tmp_path_factory.mktemp("exchange")
    paths = f"{CHECKOUT / 'tools'}:{CHECKOUT}"
    done = machine.run(
        prepared,
        ["sh", "-c", f"{sys.executable} {HERE}/bluez_job.py && {sys.executable} {HERE}/camera_job.py"],
        exchange=exchange,
        directory=CHECKOUT,
        setup=(
            "modprobe -a algif_hash algif_skcipher ecb cmac bluetooth hci_vhci uhid",
            "modprobe vivid n_devs=1 node_types=0x1",
            "dbus-uuidgen --ensure",
            "dbus-daemon --system --fork",
            f"{BLUETOOTHD} -n > /mnt/bluetoothd 2>&1 &",
            f"export PYTHONPATH={shlex.quote(paths)}",
        ),
        timeout_s=TIMEOUT_S,
    )
    return done, exchange


def report(outcome: tuple[Outcome, Path], name: str) -> dict[str, Any]:
    done, exchange = outcome
    path = exchange / f"{name}.json"
    assert path.exists(), done.log
    return json.loads(path.read_text())


def test_wearables_through_bluez_come_back_from_two_drops_and_a_silence(
    outcome: tuple[Outcome, Path],
) -> None:
    for name, body in report(outcome, "bluez").items():
        log.info("%s: back after %s s in an emulated machine", name, body["came_back_s"])
        log.debug("%s: %s", name, body["diary"])
        assert body["state"] == "ok"
        assert len(body["came_back_s"]) == 3
        assert body["samples"] >= 4 * 12
        assert body["restarts"] >= 3
        assert body["battery_percent"] == 90


def test_camera_of_the_kernel_is_unplugged_and_comes_back(outcome: tuple[Outcome, Path]) -> None:
    camera = report(outcome, "camera")
    assert outcome[0].status == 0, outcome[0].log
    assert camera["shape"] == [180, 320, 3]
    assert camera["frames"] >= 16
    assert camera["colours"] > 10
    assert camera["lost"][:2] == ["failed", "disconnected"]
    assert camera["restarts"] >= 1
    log.info("the camera is back %.1f s after it was put back", camera["back_s"])
    assert camera["back_s"] < LIMIT_S
