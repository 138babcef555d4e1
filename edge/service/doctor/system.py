"""Checks of the machine itself: board, clock, temperature, disk, and what its devices are allowed."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Final

from edge.board import detect, hottest_c
from edge.service.doctor.finding import Finding, Verdict
from edge.service.health import HOT_C, WARM_C

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edge.board import Probe

LITTLE_DISK_MB: Final = 200
NO_DISK_MB: Final = 20
YEAR_2025_S: Final = 1_735_689_600.0
_THROTTLED: Final = "sys/devices/platform/soc/soc:firmware/get_throttled"
_UNDER_VOLTAGE: Final = 1 << 0
_SLOWED: Final = (1 << 1) | (1 << 2) | (1 << 3)
_UNDER_VOLTAGE_BEFORE: Final = 1 << 16


def check_board(probe: Probe) -> Finding:
    """Tell which board this is; never fails."""
    board = detect(probe)
    has = f"{board.cores} cores, {board.memory_mb} MB"
    if board.accelerator is not None:
        has += f", an Edge TPU on {board.accelerator}"
    return Finding("board", Verdict.OK, f"{board.name} ({has}); its preset is {board.preset}")


def check_clock(probe: Probe, *, wall_s: float) -> Finding:
    """The gate's windows lie on wall time, so a clock that jumps shifts them."""
    if wall_s < YEAR_2025_S:
        advice = "Set the clock, or let it be set over the network: sudo timedatectl set-ntp true"
        return Finding("clock", Verdict.FAIL, "it stands before 2025", advice)
    synchronised = ("run/systemd/timesync/synchronized", "run/chrony/chronyd.pid", "run/ntpd.pid")
    if any((probe.root / path).exists() for path in synchronised):
        return Finding("clock", Verdict.OK, "set over the network")
    advice = "Fine if something else sets it; otherwise: sudo timedatectl set-ntp true"
    return Finding("clock", Verdict.WARN, "nothing is known to keep it right", advice)


def check_temperature(probe: Probe) -> Finding:
    """The hottest zone of the system on chip."""
    temperature_c = hottest_c(probe)
    if temperature_c is None:
        return Finding("temperature", Verdict.OK, "no sensor to ask")
    detail = f"{temperature_c:.0f} degrees"
    if temperature_c >= HOT_C:
        return Finding("temperature", Verdict.FAIL, detail, "Give it air or a heat sink; it runs slower now.")
    if temperature_c >= WARM_C:
        return Finding("temperature", Verdict.WARN, detail, "Give it air before it has to slow down.")
    return Finding("temperature", Verdict.OK, detail)


def check_power(probe: Probe) -> Finding:
    """What the firmware of a Raspberry Pi says of voltage and throttling."""
    text = probe.text(_THROTTLED)
    try:
        bits = int(text, 16)
    except ValueError:
        return Finding("power", Verdict.OK, "nobody to ask (only the Raspberry Pi tells)")
    supply = "Use the power supply made for this board and a short cable."
    if bits & _UNDER_VOLTAGE:
        return Finding("power", Verdict.FAIL, "the voltage is too low now", supply)
    if bits & _SLOWED:
        return Finding("power", Verdict.WARN, "the processor is slowed down now", "Check cooling and power.")
    if bits & _UNDER_VOLTAGE_BEFORE:
        return Finding("power", Verdict.WARN, "the voltage was too low since the last start", supply)
    return Finding("power", Verdict.OK, "the voltage holds and nothing is slowed down")


def check_state(directory: Path) -> Finding:
    """The ledger and the consents need a place that can be written."""
    exists = next(path for path in (directory, *directory.parents) if path.exists())
    if not os.access(exists, os.W_OK | os.X_OK):
        advice = "Run as the user who owns it, or set state_directory."
        return Finding("disk", Verdict.FAIL, f"{exists} cannot be written", advice)
    free_mb = shutil.disk_usage(exists).free / 1e6
    detail = f"{free_mb:.0f} MB free for {directory}"
    if free_mb < NO_DISK_MB:
        return Finding(
            "disk", Verdict.FAIL, detail, "Make room; the gate publishes nothing without its ledger."
        )
    if free_mb < LITTLE_DISK_MB:
        return Finding("disk", Verdict.WARN, detail, "Make room soon.")
    return Finding("disk", Verdict.OK, detail)


def check_bluetooth(probe: Probe, *, wanted: bool) -> Finding:
    """Wearables need an adapter, its permission to send, and BlueZ behind D-Bus."""
    missing = Verdict.FAIL if wanted else Verdict.OK
    if not probe.find("sys/class/bluetooth/hci*"):
        return Finding("bluetooth", missing, "no adapter", "Plug in an adapter, or enable the built-in one.")
    for switch in probe.find("sys/class/rfkill/rfkill*"):
        at = switch.relative_to(probe.root)
        if probe.text(f"{at}/type") == "bluetooth" and "1" in (
            probe.text(f"{at}/soft"),
            probe.text(f"{at}/hard"),
        ):
            return Finding("bluetooth", missing, "switched off", "Run: sudo rfkill unblock bluetooth")
    if not (probe.root / "run/dbus/system_bus_socket").exists():
        advice = "Install and start BlueZ: sudo apt install bluez && sudo systemctl enable --now bluetooth"
        return Finding("bluetooth", missing, "no D-Bus, so BlueZ cannot be asked", advice)
    return Finding("bluetooth", Verdict.OK, "an adapter is there and switched on")


def check_nodes(probe: Probe) -> Iterator[Finding]:
    """Device nodes of cameras, sound and I2C: whether there are any, and whether they may be used."""
    for check, pattern, group in (
        ("cameras", "dev/video*", "video"),
        ("sound", "dev/snd/pcm*c", "audio"),
        ("i2c", "dev/i2c-*", "i2c"),
    ):
        nodes = probe.find(pattern)
        closed = [node for node in nodes if not os.access(node, os.R_OK | os.W_OK)]
        if closed and len(closed) == len(nodes):
            advice = f"Run: sudo usermod -aG {group} $USER, and log in again."
            yield Finding(
                check, Verdict.WARN, f"no permission to use /{closed[0].relative_to(probe.root)}", advice
            )
        else:
            yield Finding(check, Verdict.OK, f"{len(nodes) or 'no'} device{'' if len(nodes) == 1 else 's'}")
