"""Boots the guest, runs one script in it as root, and gives back what it left."""

from __future__ import annotations

import shlex
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from guest.kernel import Kernel

_BOOT: Final = """export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root PYTHONDONTWRITEBYTECODE=1
mount -t tmpfs tmpfs /run
mkdir -p /dev/pts /dev/shm /run/dbus /run/lock /lib/modules
mount -t devpts devpts /dev/pts; mount -t tmpfs tmpfs /dev/shm
ip link set lo up
ln -sfn {modules} /lib/modules/$(uname -r)
cd {directory}
{{ {setup}
{command}
}} > /mnt/log 2>&1
echo $? > /mnt/status
sync
echo o > /proc/sysrq-trigger
sleep 30
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Exit status of the command (None when the guest never got that far), and all that it printed."""

    status: int | None
    log: str


def run(
    kernel: Kernel,
    command: Sequence[str],
    *,
    exchange: Path,
    directory: Path,
    setup: Sequence[str] = (),
    timeout_s: float = 300.0,
) -> Outcome:
    """Run `setup` (shell lines) and then `command` in `directory`; `exchange` is the guest's `/mnt`."""
    exchange.mkdir(parents=True, exist_ok=True)
    for left in ("log", "status", "console"):
        (exchange / left).unlink(missing_ok=True)
    (exchange / "boot.sh").write_text(
        _BOOT.format(
            modules=shlex.quote(str(kernel.modules)),
            directory=shlex.quote(str(directory)),
            setup="\n".join(setup),
            command=shlex.join(command),
        )
    )
    share = "local,security_model=none,multidevs=remap"
    qemu = [
        "qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2",
        "-m", "2048", "-no-reboot", "-nodefaults", "-display", "none", "-monitor", "none",
        "-kernel", str(kernel.image), "-initrd", str(kernel.initrd),
        "-append", "console=ttyS0 quiet loglevel=3 mitigations=off panic=-1",
        "-virtfs", f"{share},path=/,mount_tag=host,readonly=on",
        "-virtfs", f"{share},path={exchange},mount_tag=exchange",
        "-device", "virtio-rng-pci", "-serial", f"file:{exchange}/console",
    ]  # fmt: skip
    try:
        done = subprocess.run(qemu, timeout=timeout_s, capture_output=True, text=True, check=False)
        trouble = done.stderr
    except subprocess.TimeoutExpired:
        trouble = f"the guest was ended after {timeout_s:.0f} s\n"
    log, status, console = (
        path.read_text(errors="replace") if path.exists() else ""
        for path in (exchange / "log", exchange / "status", exchange / "console")
    )
    return Outcome(int(status) if status.strip() else None, log + trouble + (console if not status else ""))
