"""The guest's kernel and first file system, made once from Debian's kernel package and kept."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

NEEDED: Final = {
    "qemu-system-x86_64": "qemu-system-x86",
    "cpio": "cpio",
    "busybox": "busybox-static",
    "depmod": "kmod",
    "modprobe": "kmod",
    "dpkg-deb": "dpkg",
    "apt-get": "apt",
}
"""Commands, and the Debian packages that bring them."""

_ROOT_MODULES: Final = ("virtio_pci", "virtio_rng", "9pnet_virtio", "9p", "overlay")
_INIT: Final = """#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc proc /proc; $b mount -t sysfs sys /sys; $b mount -t devtmpfs dev /dev
while read module; do $b insmod /modules/$module; done < /modules/order
$b mount -t 9p -o trans=virtio,version=9p2000.L,ro,msize=524288,cache=loose host /lower
$b mount -t tmpfs -o size=80% tmpfs /upper
$b mkdir -p /upper/files /upper/work
$b mount -t overlay -o lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work overlay /root
for each in proc sys dev; do $b mount --move /$each /root/$each; done
$b mount -t 9p -o trans=virtio,version=9p2000.L,msize=524288 exchange /root/mnt
exec $b switch_root /root /bin/bash /mnt/boot.sh
"""


class GuestUnavailableError(Exception):
    """The machine cannot run the guest; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """What QEMU boots, and where the guest finds the rest of its modules."""

    image: Path
    initrd: Path
    modules: Path


def prepare(cache: Path | None = None) -> Kernel:
    """Give the kernel from the cache, or download and unpack it first."""
    missing = sorted({package for command, package in NEEDED.items() if not _which(command)})
    if missing:
        raise GuestUnavailableError(f"apt-get install {' '.join(missing)}")
    base = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    cache = cache or base / "edge-affect" / "guest"
    cache.mkdir(parents=True, exist_ok=True)
    package = _package()
    version = package.removeprefix("linux-image-")
    root = cache / version
    kernel = Kernel(root / f"boot/vmlinuz-{version}", root / "initrd", root / "lib/modules" / version)
    if not kernel.initrd.exists():
        shutil.rmtree(root, ignore_errors=True)
        _run("apt-get", "download", package, cwd=cache)
        (archive,) = cache.glob(f"{package}_*.deb")
        _run("dpkg-deb", "-x", str(archive), str(root))
        archive.unlink()
        _run("depmod", "-b", str(root), version)
        _make_initrd(kernel, root=root, version=version)
    return kernel


def _package() -> str:
    for _ in range(2):
        with contextlib.suppress(GuestUnavailableError):
            listed = _run("apt-cache", "depends", "linux-image-amd64")
            if found := re.search(r"Depends: (linux-image-\S+)", listed):
                return found[1]
        _run("apt-get", "update", "-qq")
    raise GuestUnavailableError("apt knows no linux-image-amd64")


def _make_initrd(kernel: Kernel, *, root: Path, version: str) -> None:
    tree = root / "initrd.d"
    for folder in ("bin", "proc", "sys", "dev", "lower", "upper", "root", "modules"):
        (tree / folder).mkdir(parents=True)
    shutil.copy(_which("busybox") or "", tree / "bin")
    order: list[str] = []
    for module in _ROOT_MODULES:
        shown = _run("modprobe", "-d", str(root), "-S", version, "-D", "--show-depends", module)
        for path in re.findall(r"^insmod (\S+)", shown, re.MULTILINE):
            if Path(path).name not in order:
                order.append(Path(path).name)
                shutil.copy(path, tree / "modules")
    (tree / "modules/order").write_text("".join(f"{name}\n" for name in order))
    (tree / "init").write_text(_INIT)
    (tree / "init").chmod(0o755)
    names = "\n".join(str(path.relative_to(tree)) for path in sorted(tree.rglob("*")))
    packed = subprocess.run(
        ["cpio", "-o", "-H", "newc", "--quiet"],
        cwd=tree,
        input=names.encode(),
        capture_output=True,
        check=True,
    )
    kernel.initrd.write_bytes(packed.stdout)
    shutil.rmtree(tree)


def _which(command: str) -> str | None:
    return shutil.which(command, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def _run(command: str, *arguments: str, cwd: Path | None = None) -> str:
    done = subprocess.run(
        [_which(command) or command, *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise GuestUnavailableError(f"{command} {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout
