from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest

from edge.service.notify import notify, watchdog_s

if TYPE_CHECKING:
    from pathlib import Path


def test_systemd_hears_every_assignment(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        assert notify("READY=1", "STATUS=up", environment={"NOTIFY_SOCKET": str(tmp_path / "notify")})
        assert systemd.recv(100) == b"READY=1\nSTATUS=up"


def test_an_abstract_socket_is_reached() -> None:
    name = f"edge-affect-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind("\0" + name)
        assert notify("WATCHDOG=1", environment={"NOTIFY_SOCKET": "@" + name})
        assert systemd.recv(100) == b"WATCHDOG=1"


@pytest.mark.parametrize("address", ["", "/nowhere/at/all"])
def test_nobody_listening_is_no_error(address: str) -> None:
    assert not notify("READY=1", environment={"NOTIFY_SOCKET": address})


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_watchdog_is_fed_only_when_systemd_asks_this_process(
    environment: dict[str, str], expected: float | None
) -> None:
    assert watchdog_s(environment=environment) == expected
