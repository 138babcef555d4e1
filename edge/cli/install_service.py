"""`edge-affect install-service`: start with the machine, restart on failure, see only what is needed."""

from __future__ import annotations

import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.config.derived import needs_consent
from edge.config.load import load_config
from edge.service.unit import UNIT_NAME, existing_groups, unit_text

if TYPE_CHECKING:
    import argparse


def register(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("install-service", help="run a config as a hardened systemd service")
    parser.add_argument(
        "config", type=Path, metavar="CONFIG", help="a YAML file; the service reads it at start"
    )
    parser.add_argument(
        "--print", action="store_true", dest="only_print", help="print the unit, change nothing"
    )
    parser.add_argument("--directory", type=Path, default=Path("/etc/systemd/system"), help="where units lie")
    parser.set_defaults(command=command)


def command(options: argparse.Namespace) -> int:
    """Check the config, write the unit, and have systemd start it now and at every boot."""
    loaded = load_config(options.config)
    config = options.config.resolve()
    # The Python behind a virtual environment may lie in somebody's home.
    interpreter = Path(sys.executable).resolve()
    text = unit_text(
        executable=_executable(), interpreter=interpreter, config=config, groups=existing_groups()
    )
    if options.only_print:
        print(text, end="")
        return 0
    if hidden := _hidden_from_others(_executable(), interpreter, config):
        print(
            f"The service has a user of its own, who may not read {hidden}. Install edge-affect and keep the "
            "config where everyone can read, e.g. in /opt and /etc.",
            file=sys.stderr,
        )
        return 1
    unit = options.directory / UNIT_NAME
    try:
        unit.write_text(text, encoding="utf-8")
    except OSError as error:
        print(f"Cannot write {unit}: {error.strerror}. Run it with sudo.", file=sys.stderr)
        return 1
    print(f"Wrote {unit}")
    for action in (["daemon-reload"], ["enable", "--now", UNIT_NAME]):
        if not _systemctl(action):
            print(f"systemd did not take it. Run: sudo systemctl {' '.join(action)}", file=sys.stderr)
            return 1
    print(f"It runs. Watch it with: journalctl -fu {UNIT_NAME}")
    for name in loaded.config.sources:
        if needs_consent(loaded.config, name):
            print(f"Nothing is captured from {name} before somebody agrees:")
            print(
                f"  sudo {_executable()} consent grant {config} --sensor {name} --purpose room_mood "
                f"--set state_directory=/var/lib/edge-affect && sudo systemctl restart {UNIT_NAME}"
            )
    return 0


def _systemctl(action: list[str]) -> bool:
    systemctl = shutil.which("systemctl")
    return systemctl is not None and not subprocess.run([systemctl, *action], check=False).returncode  # noqa: S603


def _hidden_from_others(*paths: Path) -> Path | None:
    """The first of these paths, or of the directories around them, that other users cannot reach."""
    for path in paths:
        for around in (*reversed(path.parents), path):
            if not around.stat().st_mode & (stat.S_IXOTH if around.is_dir() else stat.S_IROTH):
                return around
    return None


def _executable() -> Path:
    beside_python = Path(sys.executable).with_name("edge-affect")
    found = shutil.which("edge-affect")
    return beside_python if beside_python.exists() or not found else Path(found)
