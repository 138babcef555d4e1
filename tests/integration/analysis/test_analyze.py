"""`edge-affect analyze` from the command line: real recordings, real models, bad input."""

from __future__ import annotations

import csv
import logging
import os
import pty
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from unit.analysis.made import write_sound, write_video

from edge.cli import main
from edge.cli.analyze import EXIT_INTERRUPTED

FILES = {
    "moments.csv",
    "moments.edl",
    "moments.otio",
    "moments.xml",
    "report.html",
    "timeline.csv",
    "windows.csv",
}
LAUGHS_AT_S = 10.5
"""When the woman in the clip stops crying and begins to laugh."""


@pytest.fixture(autouse=True, scope="module")
def _not_kept_in_memory() -> Iterator[None]:
    """The process of the tests is not for locking into memory."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("edge.cli.analyze.keep_in_memory", lambda: None)
        yield


def analyze(*arguments: object) -> int:
    return main(["analyze", *map(str, arguments)])


def table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def clip(recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the clip in which a woman cries, then laughs, and then is gone."""
    folder = tmp_path_factory.mktemp("clip") / "report"
    assert analyze(recordings / "scene.mp4", "--i-have-consent", "--output", folder) == 0
    return folder


def test_the_moment_is_where_she_begins_to_laugh(clip):
    moments = table(clip, "moments.csv")
    assert [moment["kind"] for moment in moments] == ["joy"]
    assert float(moments[0]["at_s"]) == pytest.approx(LAUGHS_AT_S, abs=1.5)
    assert float(moments[0]["strength"]) > 0.5
    assert "|M:Joy" in (clip / "moments.edl").read_text()


def test_the_timeline_turns_and_then_knows_nothing(clip):
    ticks = {float(tick["start_s"]): tick for tick in table(clip, "timeline.csv")}
    assert float(ticks[5.0]["valence"]) < -0.25
    assert float(ticks[17.0]["valence"]) > 0.5
    assert float(ticks[17.0]["happiness"]) > float(ticks[17.0]["sadness"])
    assert ticks[17.0]["people"] == "1"
    assert ticks[32.0]["valence"] == ticks[32.0]["happiness"] == ticks[32.0]["people"] == ""


def test_the_gate_withholds_where_nobody_is(clip):
    windows = table(clip, "windows.csv")
    assert [window["published"] for window in windows] == ["yes", "yes", "yes", "no"]
    assert windows[0]["state"] == "sadness"
    assert windows[1]["state"] == "happiness"
    assert windows[3]["why"] == "nobody could be read"


def test_the_report_tells_it_in_words(clip):
    page = (clip / "report.html").read_text()
    assert "It went from sadness to happiness" in page
    assert "It speaks of <strong>one person</strong>" in page
    assert {path.name for path in clip.iterdir()} == FILES


def test_a_second_run_says_the_same(clip, recordings, tmp_path):
    assert analyze(recordings / "scene.mp4", "--i-have-consent", "--output", tmp_path / "again") == 0
    for name in FILES:
        assert (tmp_path / "again" / name).read_bytes() == (clip / name).read_bytes(), name


def test_viewers_of_one_content_are_put_together_and_compared(clip, recordings, tmp_path):
    folder = tmp_path / "screening"
    folder.mkdir()
    for name in ("anna.mp4", "ben.mp4"):
        shutil.copy(recordings / "scene.mp4", folder / name)
    (folder / "notes.txt").write_text("row 3")
    film = write_video(tmp_path / "film.mp4", seconds=17, rate=24)
    (tmp_path / "scenes.csv").write_text("start_s,name\n0,Farewell\n9,Reunion\n")
    arguments = (
        "--content",
        film,
        "--scenes",
        tmp_path / "scenes.csv",
        "--content-at",
        "2",
        "--compare",
        clip,
    )
    output = tmp_path / "out"
    assert analyze(folder, *arguments, "--i-have-consent", "--output", output) == 0
    ticks = table(output, "timeline.csv")
    assert float(ticks[-1]["end_s"]) == pytest.approx(17.0, abs=0.1)
    assert {tick["people"] for tick in ticks[4:]} == {"2"}
    page = (output / "report.html").read_text()
    assert "The viewers reacted together: mean correlation 1.00" in page
    assert "Farewell" in page
    assert "Compared with report" in page
    assert "Joy at 0:10: only there." in page  # two viewers for 17 s are too little to be sure of a moment
    assert "notes.txt" in page
    assert "The sound of the videos was not read" in page
    assert "anna.mp4" in page
    assert not any("anna" in (output / name).read_text() for name in FILES - {"report.html"})


def test_a_body_alone_has_a_timeline(tmp_path):
    rr_ms = 800 + 40 * np.sin(np.arange(200) / 3)
    (tmp_path / "anna.beats.csv").write_text("rr_ms\n" + "\n".join(f"{each:.0f}" for each in rr_ms))
    settings = ("--set", "privacy.profile=personal", "--i-have-consent")
    assert analyze(tmp_path / "anna.beats.csv", *settings, "--output", tmp_path / "out") == 0
    ticks = table(tmp_path / "out", "timeline.csv")
    assert any(tick["stress"] for tick in ticks)
    assert not any(tick["happiness"] for tick in ticks)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def wall(tmp_path: Path) -> Path:
    return write_video(tmp_path / "wall.mp4", seconds=3)


def silence(tmp_path: Path) -> Path:
    return write_sound(tmp_path / "silence.wav", seconds=3)


@pytest.mark.parametrize("make", [wall, silence])
def test_nobody_there_is_explained_and_writes_nothing(make, tmp_path, capsys):
    path = make(tmp_path)
    assert analyze(path, "--i-have-consent", "--output", tmp_path / "out") == 1
    assert "nobody could be seen, heard or measured" in capsys.readouterr().err
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


@pytest.fixture(scope="module")
def couple(recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two faces in one picture: the clip beside its mirror image."""
    path = tmp_path_factory.mktemp("couple") / "couple.mp4"
    with av.open(str(recordings / "scene.mp4")) as source, av.open(str(path), "w") as target:
        stream = target.add_stream("mpeg4", rate=5)
        stream.width, stream.height, stream.pix_fmt = 1280, 360, "yuv420p"
        stream.bit_rate = 4_000_000
        due_s = 0.0
        for frame in source.decode(video=0):
            if frame.time is None or frame.time < due_s:
                continue
            if frame.time > 20:
                break
            due_s += 0.2
            rgb = frame.to_ndarray(format="rgb24")
            both = np.ascontiguousarray(np.concatenate([rgb, rgb[:, ::-1]], axis=1))
            target.mux(stream.encode(av.VideoFrame.from_ndarray(both, format="rgb24")))
        target.mux(stream.encode())
    return path


def test_without_consent_the_gate_alone_speaks(couple, tmp_path):
    assert analyze(couple, "--output", tmp_path / "out") == 0
    ticks = table(tmp_path / "out", "timeline.csv")
    assert [tick["start_s"] for tick in ticks] == ["0", "10"]
    for tick in ticks:
        assert float(tick["valence"]) % 0.25 == 0
        assert tick["attention"] == tick["people"] == tick["expressiveness"] == ""
        assert {tick["happiness"], tick["sadness"]} <= {"0", "1"}
    assert table(tmp_path / "out", "moments.csv") == []
    page = (tmp_path / "out" / "report.html").read_text()
    assert "Only what the gate lets go." in page


@pytest.mark.parametrize(
    ("extra", "why"),
    [
        (("--set", "privacy.profile=public"), "would average out"),
        (("--set", "privacy.profile=personal"), "who must agree"),
        (("second.mp4",), "may show one person 2 times"),
    ],
)
def test_what_needs_consent_is_refused_before_it_is_played(extra, why, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_video(tmp_path / "first.mp4")
    write_video(tmp_path / "second.mp4")
    assert analyze("first.mp4", *extra) == 1
    assert why in capsys.readouterr().err
    assert {each.name for each in tmp_path.iterdir()} == {"first.mp4", "second.mp4"}


def test_without_consent_one_viewer_is_withheld_whatever_the_settings_say(recordings, tmp_path, capsys):
    settings = ("--set", "privacy.single_person_agreed=true")
    assert analyze(recordings / "scene.mp4", *settings, "--output", tmp_path / "out") == 1
    told = capsys.readouterr().err
    assert "the gate withheld every window" in told
    assert "--i-have-consent" in told
    assert list(tmp_path.iterdir()) == []


def test_a_recording_that_breaks_off_is_played_up_to_there(recordings, tmp_path, capsys):
    broken = tmp_path / "broken.mkv"
    with av.open(str(recordings / "scene.mp4")) as source, av.open(str(tmp_path / "w.mkv"), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    whole = (tmp_path / "w.mkv").read_bytes()
    broken.write_bytes(whole[: len(whole) // 2])
    assert analyze(broken, "--i-have-consent", "--output", tmp_path / "out") == 0
    assert "broken.mkv: breaks off before its end" in capsys.readouterr().err
    assert "breaks off before its end" in (tmp_path / "out" / "report.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (("absent.mp4",), 1, "there is no file absent.mp4"),
        (("notes.txt",), 1, "it is no video, sound or signal"),
        (("empty.mp4",), 1, "it is no video, sound or signal"),
        (("wall.mp4", "--content", "absent.mp4"), 1, "there is no file absent.mp4"),
        (("wall.mp4", "--content", "notes.txt"), 1, "no video that can be read"),
        (("wall.mp4", "--content-at", "soon"), 1, "--content-at takes seconds"),
        (("wall.mp4", "--content-at", "-1"), 1, "--content-at takes seconds"),
        (("wall.mp4", "--content-at", "x.mp4=1"), 1, "none of the recordings"),
        (("wall.mp4", "--scenes", "notes.txt"), 1, "--scenes needs --content"),
        (("wall.mp4", "--content", "wall.mp4", "--timeline-start", "1 o'clock"), 1, "no timecode"),
        (("wall.mp4", "--timeline-start", "1 o'clock"), 1, "no timecode"),
        (("wall.mp4", "--output", "notes.txt"), 1, "is there already"),
        (("wall.mp4", "--output", "notes.txt/out"), 1, "cannot write"),
        (("wall.mp4", "--set", "privacy.profil=personal"), 78, "did you mean `profile`?"),
        (("wall.mp4", "--config", "absent.yaml"), 78, "absent.yaml"),
    ],
)
def test_bad_input_is_explained_and_writes_nothing(arguments, code, why, capsys, here):
    (here / "notes.txt").write_text("no recording")
    (here / "empty.mp4").write_bytes(b"")
    wall(here)
    before = {each.name for each in here.iterdir()}
    assert analyze(*arguments, "--i-have-consent") == code
    told = capsys.readouterr().err
    assert why in told
    assert "Traceback" not in told
    assert {each.name for each in here.iterdir()} == before


def test_ctrl_c_leaves_nothing(recordings, tmp_path, tmp_path_factory):
    audience = tmp_path_factory.mktemp("audience")
    for viewer in range(8):  # so many that it is not over before it is interrupted
        (audience / f"viewer_{viewer}.mp4").symlink_to(recordings / "scene.mp4")
    ours, theirs = pty.openpty()
    # A test run that was itself started in the background hands down an interrupt that is ignored.
    heeding = ["env", "--default-signal=INT"]
    command = [*heeding, sys.executable, "-m", "edge", "analyze", audience, "--i-have-consent"]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        told = b""
        while b"%" not in told:
            told += os.read(ours, 1024)
        assert list(tmp_path.iterdir()) != []
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == EXIT_INTERRUPTED
    while b"nothing was written" not in told:
        told += os.read(ours, 1024)
    os.close(ours)
    assert b"Traceback" not in told
    assert list(tmp_path.iterdir()) == []


def test_the_log_is_left_as_it_was(here):
    wall(here)
    before = logging.getLogger("edge").level
    assert analyze("wall.mp4", "--i-have-consent") == 1
    assert logging.getLogger("edge").level == before


def test_a_config_gives_privacy_and_readers_and_nothing_else(recordings, tmp_path):
    config = tmp_path / "desk.yaml"
    config.write_text(
        "privacy: {profile: personal, window_s: 2}\n"
        "readers: {face: {reading_rate_hz: 2}}\n"
        "publish: {mqtt: {host: 192.0.2.1, allow_plaintext: true}}\n"
        "sources: {camera: {kind: v4l2}}\n"
    )
    film = write_video(tmp_path / "film.mp4", seconds=6)
    arguments = ("--config", config, "--content", film, "--i-have-consent", "--output", tmp_path / "out")
    assert analyze(recordings / "scene.mp4", *arguments) == 0
    windows = table(tmp_path / "out", "windows.csv")
    assert [(window["start_s"], window["end_s"]) for window in windows] == [
        ("0", "2"),
        ("2", "4"),
        ("4", "6"),
    ]
