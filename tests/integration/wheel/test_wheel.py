"""The wheel carries all that a run needs, away from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An unpacked wheel, as pip would install it."""
    built = tmp_path_factory.mktemp("built")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", built]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = built.glob("*.whl")
    site = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return site


def edge_affect(installed: Path, directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    return subprocess.run(
        [sys.executable, "-m", "edge", *arguments],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_models_travel_in_the_wheel(installed: Path, tmp_path: Path) -> None:
    done = edge_affect(installed, tmp_path, "models", "verify")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "OK   face_expression" in done.stdout


def test_presets_travel_in_the_wheel(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "home.yaml").write_text(
        "presets: [raspberry_pi_4]\nsources: {strap: {kind: heart_rate_strap}}\n"
    )
    done = edge_affect(installed, tmp_path, "check-config", "home.yaml", "--explain")
    assert done.returncode == 0, done.stderr
    assert "raspberry_pi_4.yaml" in done.stdout


def test_a_recording_is_read_from_the_wheel(installed: Path, tmp_path: Path, recordings: Path) -> None:
    (tmp_path / "clip.yaml").write_text(
        "privacy: {profile: personal}\nreplay: {speed: max}\npublish: {mqtt: null}\n"
        f"sources: {{camera: {{kind: replay_video, path: {recordings / 'scene.mp4'}}}}}\n"
    )
    done = edge_affect(installed, tmp_path, "run", "clip.yaml", "--json", "--seconds", "20")
    assert done.returncode == 0, done.stderr
    assert '"state":"happiness"' in done.stdout


def test_nothing_of_the_tests_or_tools_travels(installed: Path) -> None:
    top = {path.name for path in installed.iterdir()}
    assert top == {"edge", next(name for name in top if name.endswith(".dist-info"))}
    assert not [path for path in installed.rglob("*") if path.suffix in {".mp4", ".wav", ".jpg", ".opus"}]
