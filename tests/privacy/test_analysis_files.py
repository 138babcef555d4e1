"""What an analysis puts on disk: numbers of the audience in one folder, and nothing else anywhere."""

from __future__ import annotations

import ast
import csv
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from unit.analysis.made import write_video

from edge.analysis import recorder
from edge.emotion import Emotion
from privacy.test_retention import CHANGES_A_FILE, HARMLESS, STRACE, TOUCHES_FILES

PATH = re.compile(r'"([^"]+)"')
CSV_NAMES = {"timeline.csv", "windows.csv", "moments.csv"}
SECONDS = 13
AUDIO_BYTES = 32_000 * SECONDS


@dataclass
class Traced:
    calls: list[str]
    folder: Path
    log: str


@pytest.fixture(scope="module")
def traced(recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> Traced:
    """Two viewers analysed under strace, at debug level."""
    directory = tmp_path_factory.mktemp("traced")
    trace = directory / "trace"
    if STRACE is None or subprocess.run([STRACE, "-o", trace, "true"], check=False).returncode:
        pytest.skip("strace is not installed, or may not trace here")
    screening = directory / "screening"
    screening.mkdir()
    for viewer in ("anna.mp4", "ben.mp4"):
        shutil.copy(recordings / "scene.mp4", screening / viewer)
    film = write_video(directory / "film.mp4", seconds=SECONDS)
    passing = directory / "passing"
    passing.mkdir()
    command = [STRACE, "-f", "-qq", "-y", "-e", f"trace={TOUCHES_FILES}", "-s", "0", "-o", str(trace)]
    command += [sys.executable, "-B", "-m", "edge", "-v", "analyze", str(screening), "--content", str(film)]
    command += ["--i-have-consent", "--output", str(directory / "out")]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "TMPDIR": str(passing)}
    )
    assert done.returncode == 0, done.stderr
    calls = [line.split(maxsplit=1)[1] for line in trace.read_text(errors="replace").splitlines()]
    return Traced(calls, directory / "out", done.stderr)


def test_no_file_is_made_or_changed_outside_the_folder(traced):
    changed = [call for call in traced.calls if CHANGES_A_FILE.search(call) and not HARMLESS.search(call)]
    assert len(changed) > len(CSV_NAMES)
    beside = re.escape(str(traced.folder.parent))
    allowed = re.compile(rf"{beside}/(passing/.*|\.out\.\w+\.partial(/[\w.]+)?|out)")
    paths = {path for call in changed for path in PATH.findall(call)}
    # What is removed as a tree is named by its last part alone.
    assert {path for path in paths if not allowed.fullmatch(path) and "/" in path} == set()


def test_nothing_passes_through_the_temporary_folder(traced):
    """Python tries out whether it can be written, with four bytes; the gate's state stays empty."""
    passing = traced.folder.parent / "passing"
    assert list(passing.iterdir()) == []
    written = [
        int(call.rpartition("= ")[2])
        for call in traced.calls
        if re.match(r"p?writev?(64)?\(", call) and str(passing) in call
    ]
    assert sum(written) <= 4


def test_the_folder_is_too_small_to_hold_sound_or_pictures(traced):
    sizes = {path.name: path.stat().st_size for path in traced.folder.iterdir()}
    assert sum(sizes.values()) < AUDIO_BYTES / 4
    for path in traced.folder.iterdir():
        content = path.read_text(encoding="utf-8")
        assert not re.search(r"[A-Za-z0-9+/]{200,}", content), path.name
        assert "data:" not in content


def test_no_row_stands_for_one_viewer(traced):
    for name in CSV_NAMES:
        with (traced.folder / name).open(newline="") as file:
            rows = list(csv.reader(file))
        assert not {"who", "track", "face", "viewer", "id"} & set(rows[0])
        assert len({row[0] for row in rows}) == len(rows)
        assert not any("anna" in cell or "ben" in cell for row in rows for cell in row)


def test_the_log_carries_no_affect(traced):
    named = [emotion for emotion in Emotion if re.search(rf"\b{emotion}\b", traced.log)]
    assert named == []
    assert not re.search(r"valence|arousal", traced.log)


def test_the_recorder_looks_at_no_sample():
    """Of what a sample holds, only its source and its time are named in the code that watches."""
    tree = ast.parse(Path(recorder.__file__).read_text(encoding="utf-8"))
    named = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    raw = {"rgb", "samples", "ecg_mv", "pulse", "rr_ms", "skin_conductance_us", "features"}
    assert named & raw == set()
    assert {"taken_s", "source"} <= named
