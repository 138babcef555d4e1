from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edge.service.unit import EX_CONFIG, GROUPS, UNIT_NAME, existing_groups, unit_text

EXECUTABLE = Path("/opt/edge affect/bin/edge-affect")
CONFIG = Path("/etc/edge-affect/100%$home.yaml")


INTERPRETER = Path("/usr/bin/python3.11")


def text(*, executable: Path = EXECUTABLE, interpreter: Path = INTERPRETER, config: Path = CONFIG) -> str:
    return unit_text(executable=executable, interpreter=interpreter, config=config, groups=("video", "audio"))


def test_paths_with_spaces_and_specifiers_are_quoted() -> None:
    assert (
        'ExecStart="/opt/edge affect/bin/edge-affect" run "/etc/edge-affect/100%%$$home.yaml"'
        in text().splitlines()
    )


def test_a_broken_config_is_not_restarted_for_ever() -> None:
    assert f"RestartPreventExitStatus={EX_CONFIG}" in text()


def test_one_that_hangs_again_and_again_is_never_given_up() -> None:
    keys = dict(line.split("=", 1) for line in text().splitlines() if "=" in line)
    shortest_life_s = float(keys["WatchdogSec"]) + float(keys["RestartSec"].removesuffix("ms")) / 1000
    assert int(keys["StartLimitBurst"]) * shortest_life_s > float(keys["StartLimitIntervalSec"])


def test_home_directories_stay_hidden_unless_something_lies_there() -> None:
    assert "ProtectHome=yes" in text()
    assert "ProtectHome=read-only" in text(executable=Path("/home/pi/venv/bin/edge-affect"))
    assert "ProtectHome=read-only" in text(config=Path("/home/pi/room.yaml"))
    assert "ProtectHome=read-only" in text(interpreter=Path("/root/.pyenv/versions/3.11.7/bin/python3.11"))


def test_nothing_of_a_picture_can_reach_a_disk() -> None:
    assert {"LimitCORE=0", "MemorySwapMax=0"} <= set(text().splitlines())


def test_only_groups_of_this_system_are_named() -> None:
    assert set(existing_groups()) <= set(GROUPS)
    assert "SupplementaryGroups=" not in unit_text(
        executable=EXECUTABLE, interpreter=INTERPRETER, config=CONFIG, groups=()
    )


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze (apt: systemd)")
def test_systemd_finds_nothing_wrong_and_little_exposed(tmp_path: Path) -> None:
    unit = tmp_path / UNIT_NAME
    unit.write_text(text(executable=Path(sys.executable)))
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
    )
    assert (verified.returncode, verified.stderr) == (0, "")
    security = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--no-pager", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    exposure = re.search(r"exposure level for .*: ([\d.]+)", security.stdout)
    assert exposure is not None
    assert float(exposure[1]) < 3.0
