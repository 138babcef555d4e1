from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from edge.cli import install_service, main
from edge.service.unit import UNIT_NAME

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "room.yaml"
    path.write_text("sources: {camera: {kind: v4l2}}\n")
    return path


@pytest.fixture
def reachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install_service, "_hidden_from_others", lambda *_: None)


def test_printing_changes_nothing(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["install-service", str(config), "--print", "--directory", str(tmp_path)]) == 0
    assert f'run "{config}"' in capsys.readouterr().out
    assert not (tmp_path / UNIT_NAME).exists()


def test_a_broken_config_is_not_installed(config: Path, tmp_path: Path) -> None:
    config.write_text("sources: {}\n")
    assert main(["install-service", str(config), "--directory", str(tmp_path)]) == 78
    assert not (tmp_path / UNIT_NAME).exists()


@pytest.mark.usefixtures("reachable")
def test_it_is_started_and_consent_is_asked_for(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: "/bin/true")
    assert main(["install-service", str(config), "--directory", str(tmp_path)]) == 0
    assert "WatchdogSec=5\n" in (tmp_path / UNIT_NAME).read_text()
    out = capsys.readouterr().out
    assert "Nothing is captured from camera before somebody agrees" in out
    assert "--set state_directory=/var/lib/edge-affect" in out


@pytest.mark.usefixtures("reachable")
def test_a_machine_without_systemd_is_told_what_to_do(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert main(["install-service", str(config), "--directory", str(tmp_path)]) == 1
    assert "sudo systemctl daemon-reload" in capsys.readouterr().err


@pytest.mark.usefixtures("reachable")
def test_without_rights_it_asks_for_sudo(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["install-service", str(config), "--directory", str(tmp_path / "missing")]) == 1
    assert "sudo" in capsys.readouterr().err


def test_what_the_service_user_cannot_reach_is_named(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.chmod(0o600)
    assert main(["install-service", str(config), "--directory", str(tmp_path)]) == 1
    assert "who may not read" in capsys.readouterr().err
    assert install_service._hidden_from_others(config) is not None
