from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, NamedTuple

import pytest

from edge.board import Probe
from edge.service.doctor import system
from edge.service.doctor.finding import Finding, Verdict

if TYPE_CHECKING:
    from pathlib import Path

NOW_S = 1_795_000_000.0


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def write(root: Path, path: str, content: str = "") -> Probe:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(content)
    return Probe(root, machine="aarch64")


def told(finding: Finding) -> Verdict:
    """Everything that is not well says what to do."""
    assert finding.verdict is Verdict.OK or finding.advice
    return finding.verdict


def test_a_clock_that_was_never_set_fails(tmp_path: Path) -> None:
    assert told(system.check_clock(Probe(tmp_path), wall_s=0.0)) is Verdict.FAIL


def test_a_clock_that_nobody_sets_is_doubted(tmp_path: Path) -> None:
    assert told(system.check_clock(Probe(tmp_path), wall_s=NOW_S)) is Verdict.WARN
    probe = write(tmp_path, "run/systemd/timesync/synchronized")
    assert told(system.check_clock(probe, wall_s=NOW_S)) is Verdict.OK


@pytest.mark.parametrize(
    ("zones", "verdict"),
    [
        ((), Verdict.OK),
        (("45000",), Verdict.OK),
        (("45000", "71500"), Verdict.WARN),
        (("81200", "45000"), Verdict.FAIL),
        (("nonsense",), Verdict.OK),
        (("-3000",), Verdict.OK),
    ],
)
def test_the_hottest_zone_counts(tmp_path: Path, zones: tuple[str, ...], verdict: Verdict) -> None:
    for index, zone in enumerate(zones):
        write(tmp_path, f"sys/class/thermal/thermal_zone{index}/temp", zone + "\n")
    assert told(system.check_temperature(Probe(tmp_path))) is verdict


@pytest.mark.parametrize(
    ("bits", "verdict"),
    [
        (None, Verdict.OK),
        ("0", Verdict.OK),
        ("50005", Verdict.FAIL),
        ("4", Verdict.WARN),
        ("50000", Verdict.WARN),
        ("not hex", Verdict.OK),
    ],
)
def test_the_firmware_of_a_pi_tells_of_power(tmp_path: Path, bits: str | None, verdict: Verdict) -> None:
    if bits is not None:
        write(tmp_path, "sys/devices/platform/soc/soc:firmware/get_throttled", bits + "\n")
    assert told(system.check_power(Probe(tmp_path))) is verdict


@pytest.mark.parametrize(("free_mb", "verdict"), [(5000, Verdict.OK), (100, Verdict.WARN), (1, Verdict.FAIL)])
def test_room_for_the_ledger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free_mb: int, verdict: Verdict
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**10, 0, free_mb * 10**6))
    assert told(system.check_state(tmp_path / "not" / "yet" / "made")) is verdict


def test_a_state_directory_that_cannot_be_written_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    finding = system.check_state(tmp_path)
    assert told(finding) is Verdict.FAIL
    assert str(tmp_path) in finding.detail


def test_bluetooth_is_missed_only_by_those_who_use_it(tmp_path: Path) -> None:
    assert told(system.check_bluetooth(Probe(tmp_path), wanted=False)) is Verdict.OK
    assert told(system.check_bluetooth(Probe(tmp_path), wanted=True)) is Verdict.FAIL


def test_bluetooth_that_is_switched_off_or_without_bluez_fails(tmp_path: Path) -> None:
    (tmp_path / "sys/class/bluetooth/hci0").mkdir(parents=True)
    probe = Probe(tmp_path)
    assert "D-Bus" in system.check_bluetooth(probe, wanted=True).detail
    write(tmp_path, "run/dbus/system_bus_socket")
    assert told(system.check_bluetooth(probe, wanted=True)) is Verdict.OK
    write(tmp_path, "sys/class/rfkill/rfkill0/type", "bluetooth\n")
    write(tmp_path, "sys/class/rfkill/rfkill0/hard", "0\n")
    write(tmp_path, "sys/class/rfkill/rfkill0/soft", "1\n")
    finding = system.check_bluetooth(probe, wanted=True)
    assert told(finding) is Verdict.FAIL
    assert "rfkill" in finding.advice


def test_device_nodes_are_counted_and_their_permission_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "dev/video0")
    write(tmp_path, "dev/video1")
    findings = {finding.check: finding for finding in system.check_nodes(Probe(tmp_path))}
    assert findings["cameras"].detail == "2 devices"
    assert findings["i2c"].detail == "no devices"
    monkeypatch.setattr(os, "access", lambda *_: False)
    findings = {finding.check: finding for finding in system.check_nodes(Probe(tmp_path))}
    assert told(findings["cameras"]) is Verdict.WARN
    assert "video" in findings["cameras"].advice


def test_the_board_is_told_with_its_preset(tmp_path: Path) -> None:
    probe = write(tmp_path, "proc/device-tree/model", "Raspberry Pi 5 Model B Rev 1.0\0")
    (tmp_path / "sys/class/apex/apex_0").mkdir(parents=True)
    detail = system.check_board(probe).detail
    assert "raspberry_pi_5" in detail
    assert "Edge TPU on pci" in detail
