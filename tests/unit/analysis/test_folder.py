from __future__ import annotations

import io
import stat

import pytest

from edge.analysis.folder import new_folder
from edge.cli.progress import Progress
from edge.errors import AnalysisError, AnalysisReason


def test_a_folder_appears_whole_and_for_its_owner_alone(tmp_path):
    path = tmp_path / "deep" / "report"
    with new_folder(path) as folder:
        (folder / "a").write_text("1")
        assert not path.exists()
        assert folder.name.endswith(".partial")
    assert [each.name for each in path.parent.iterdir()] == ["report"]
    assert (path / "a").read_text() == "1"
    assert stat.S_IMODE(path.stat().st_mode) == 0o700


@pytest.mark.parametrize("raised", [KeyboardInterrupt, ValueError])
def test_what_goes_wrong_leaves_nothing(tmp_path, raised):
    def fail() -> None:
        with new_folder(tmp_path / "report") as folder:
            (folder / "a").write_text("half")
            raise raised

    with pytest.raises(raised):
        fail()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["file", "folder", "dangling link"])
def test_what_is_there_stays(tmp_path, kind):
    path = tmp_path / "report"
    if kind == "file":
        path.write_text("mine")
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(tmp_path / "nowhere")
    with pytest.raises(AnalysisError) as raised, new_folder(path):
        pass
    assert raised.value.reason is AnalysisReason.OUTPUT_EXISTS


def test_a_place_that_cannot_be_written_is_explained(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(AnalysisError, match="cannot write") as raised,
        new_folder(tmp_path / "file" / "report"),
    ):
        pass
    assert raised.value.reason is AnalysisReason.OUTPUT_REFUSED


def test_what_somebody_else_made_meanwhile_stays(tmp_path):
    path = tmp_path / "report"

    def race() -> None:
        with new_folder(path):
            path.mkdir()
            (path / "theirs").write_text("1")

    with pytest.raises(AnalysisError):
        race()
    assert [each.name for each in tmp_path.iterdir()] == ["report"]
    assert (path / "theirs").exists()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_is_shown_on_a_terminal_and_wiped():
    terminal = Terminal()
    with Progress("Analysing", 10.0, stream=terminal) as progress:
        progress._shown_s = -1.0
        progress.reach(5.0)
    assert " 50%" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\033[K")
    pipe = io.StringIO()
    with Progress("Analysing", 10.0, stream=pipe) as progress:
        progress.reach(5.0)
    assert pipe.getvalue() == ""


def test_a_bar_tells_what_is_left():
    bar = Progress("Analysing", 40.0, stream=Terminal())
    assert bar.line(10.0, elapsed_s=5.0).endswith(" 25%, 15 s left")
    assert bar.line(99.0, elapsed_s=5.0).endswith("100%, 0 s left")
    assert bar.line(0.0, elapsed_s=0.0).endswith("  0%")
    assert Progress("Analysing", 0.0, stream=Terminal()).line(7.0, elapsed_s=1.0) == "Analysing  7 s done"
