"""The systemd unit: hardened, restarted on failure, watched."""

from __future__ import annotations

import grp
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

UNIT_NAME: Final = "edge-affect.service"
GROUPS: Final = ("video", "render", "audio", "i2c", "gpio", "plugdev", "bluetooth")
"""Groups that own cameras, microphones, sensors and accelerators on Debian and Raspberry Pi OS."""
WATCHDOG_S: Final = 5
EX_CONFIG: Final = 78
DEVICES: Final = (
    *("char-video4linux", "char-media", "char-dma_heap", "char-cec", "char-drm"),
    *("char-alsa", "char-i2c", "char-usb_device", "char-apex", "char-vcio"),
)
"""Classes of devices rather than nodes: a USB accelerator comes back under another node."""

_UNIT: Final = """\
[Unit]
Description=edge-affect: gated mood states from face, voice and body
Documentation=man:systemd.service(5)
After=network-online.target bluetooth.target sound.target
Wants=network-online.target
StartLimitIntervalSec=300
StartLimitBurst=60

[Service]
Type=notify
# What root wrote there, such as a consent, has to belong to the service's own user.
ExecStartPre=+/usr/bin/chown --recursive --reference=%S/private/edge-affect %S/private/edge-affect
ExecStart={executable} run {config}
Restart=on-failure
RestartSec=500ms
RestartPreventExitStatus={ex_config}
WatchdogSec={watchdog_s}
TimeoutStopSec=15

DynamicUser=yes
StateDirectory=edge-affect
StateDirectoryMode=0700
UMask=0077
{groups}
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome={protect_home}
PrivateTmp=yes
PrivateMounts=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectProc=invisible
ProcSubset=all
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK AF_BLUETOOTH

# ProtectClock= and PrivateDevices= are left out: both would hide the sensors. MemoryDenyWriteExecute=
# is left out: XNNPACK makes its kernels at run time.
DevicePolicy=closed
{devices}

# A core dump or a swapped page would put a picture on disk.
LimitCORE=0
MemorySwapMax=0
MemoryMax=400M
TasksMax=64

[Install]
WantedBy=multi-user.target
"""


def unit_text(*, executable: Path, interpreter: Path, config: Path, groups: Iterable[str]) -> str:
    """Write the unit for one config; a group that does not exist here would keep it from starting."""
    needed = (executable, interpreter, config)
    at_home = any(path.is_relative_to(home) for path in needed for home in ("/home", "/root"))
    joined = " ".join(groups)
    return _UNIT.format(
        executable=_quoted(executable),
        config=_quoted(config),
        ex_config=EX_CONFIG,
        watchdog_s=WATCHDOG_S,
        groups=f"SupplementaryGroups={joined}" if joined else "",
        # A virtual environment or a config in a home directory must stay readable.
        protect_home="read-only" if at_home else "yes",
        devices="\n".join(f"DeviceAllow={device} rw" for device in DEVICES),
    )


def existing_groups() -> list[str]:
    """Those of `GROUPS` that this system has."""
    known = {group.gr_name for group in grp.getgrall()}
    return [name for name in GROUPS if name in known]


def _quoted(path: Path) -> str:
    """Quote a path for a command line of systemd, which expands `%` and `$`."""
    text = str(path).replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{text}"'
