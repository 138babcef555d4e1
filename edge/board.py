"""Which board this is and what it has: a pure function over what can be read of the system."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

_BOARDS: Final = (
    ("raspberry pi zero 2", "raspberry_pi_zero_2_w"),
    ("raspberry pi 3", "raspberry_pi_3b_plus"),
    ("raspberry pi compute module 3", "raspberry_pi_3b_plus"),
    ("raspberry pi 4", "raspberry_pi_4"),
    ("raspberry pi compute module 4", "raspberry_pi_4"),
    ("raspberry pi 5", "raspberry_pi_5"),
    ("raspberry pi compute module 5", "raspberry_pi_5"),
    ("excelsior", "coral_dev_board_mini"),
    ("coral dev board mini", "coral_dev_board_mini"),
    ("phanbell", "coral_dev_board"),
)
"""Part of the device tree's model or compatible string, and the preset; `excelsior` and `phanbell` are
Google's names of the two Coral boards."""

_CORAL_ON_A_PI: Final = "raspberry_pi_coral_usb"
_OTHERS: Final = {"aarch64": "generic_arm64", "arm64": "generic_arm64"}
BOARD_PRESETS: Final = frozenset(
    [*(preset for _, preset in _BOARDS), *_OTHERS.values(), _CORAL_ON_A_PI, "pc"]
)
"""The presets that stand for a board, not for a use."""

_CORAL_USB: Final = {("1a6e", "089a"), ("18d1", "9302")}
"""The Coral USB Accelerator before and after its first inference."""

_THERMAL_ZONES: Final = "sys/class/thermal/thermal_zone*/temp"


class Accelerator(StrEnum):
    """How an Edge TPU is attached."""

    USB = "usb"
    PCI = "pci"


@dataclass(frozen=True, slots=True)
class Probe:
    """Where to look; tests give the root of a fake tree."""

    root: Path = Path("/")
    machine: str = field(default_factory=lambda: os.uname().machine)

    def text(self, path: str) -> str:
        """Read a small file of the system, without trailing NULs; empty if that cannot be done."""
        try:
            content = (self.root / path).read_bytes()
        except OSError:
            return ""
        return content.replace(b"\0", b"\n").decode(errors="replace").strip()

    def find(self, pattern: str) -> list[Path]:
        """Paths that match, sorted."""
        return sorted(self.root.glob(pattern))


@dataclass(frozen=True, slots=True)
class Board:
    """A board; `preset` is the file of `board_configs/` that fits it."""

    name: str
    preset: str
    cores: int
    memory_mb: int
    accelerator: Accelerator | None


def detect(probe: Probe) -> Board:
    """Tell the board from its device tree, its accelerator from USB and PCIe."""
    model = probe.text("proc/device-tree/model")
    known_as = f"{model}\n{probe.text('proc/device-tree/compatible')}".lower()
    preset = next((preset for part, preset in _BOARDS if part in known_as), _OTHERS.get(probe.machine, "pc"))
    accelerator = _accelerator(probe)
    if accelerator is Accelerator.USB and preset.startswith("raspberry_pi"):
        preset = _CORAL_ON_A_PI
    return Board(
        name=model or f"{probe.machine} computer",
        preset=preset,
        cores=probe.text("proc/cpuinfo").count("processor\t"),
        memory_mb=_memory_mb(probe),
        accelerator=accelerator,
    )


def hottest_c(probe: Probe) -> float | None:
    """Temperature of the hottest zone of the system on chip; None where nothing tells."""
    zones = [probe.text(str(zone.relative_to(probe.root))) for zone in probe.find(_THERMAL_ZONES)]
    zones_c = [int(text) / 1000 for text in zones if text.lstrip("-").isdecimal()]
    return max(zones_c, default=None)


def _memory_mb(probe: Probe) -> int:
    for line in probe.text("proc/meminfo").splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) // 1024
    return 0


def _accelerator(probe: Probe) -> Accelerator | None:
    if probe.find("sys/class/apex/apex_*"):
        return Accelerator.PCI
    for device in probe.find("sys/bus/usb/devices/*/idVendor"):
        at = device.relative_to(probe.root).parent
        if (probe.text(f"{at}/idVendor"), probe.text(f"{at}/idProduct")) in _CORAL_USB:
            return Accelerator.USB
    return None
