from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from edge.analysis.recordings import find_recordings
from edge.errors import AnalysisError, AnalysisReason, SourceError, SourceReason

from .made import write_sound, write_video


def kinds(found) -> list[tuple[str, str]]:
    return [(part.path.name, part.kind) for part in found.parts]


def test_a_folder_gives_its_recordings_and_tells_what_it_left_out(tmp_path):
    write_video(tmp_path / "anna.mp4")
    write_sound(tmp_path / "ben.wav", seconds=3)
    (tmp_path / "anna.ecg.csv").write_text("time_s,ecg_mv\n" + "".join(f"{n / 100},0\n" for n in range(500)))
    (tmp_path / "anna.skin.csv").write_text(
        "time_s,skin_conductance_us\n" + "".join(f"{n / 4},1\n" for n in range(8))
    )
    (tmp_path / "notes.txt").write_text("nothing to play")
    (tmp_path / "prices.csv").write_text("item,price\na,1\n")
    Image.new("RGB", (64, 64)).save(tmp_path / "poster.png")
    (tmp_path / ".hidden.mp4").write_bytes(b"")
    (tmp_path / "more").mkdir()
    found = find_recordings([tmp_path], with_sound=True)
    assert kinds(found) == [
        ("anna.ecg.csv", "replay_ecg"),
        ("anna.mp4", "replay_video"),
        ("anna.skin.csv", "replay_eda"),
        ("ben.wav", "replay_audio"),
    ]
    assert [name for name, _ in found.skipped] == ["notes.txt", "poster.png", "prices.csv"]
    assert "columns" in dict(found.skipped)["prices.csv"]
    assert str(tmp_path) not in str(found.skipped)
    assert {part.wearer for part in found.parts if part.wearer} == {"anna"}
    assert found.length_s == pytest.approx(5.0)
    assert len({part.name for part in found.parts}) == 4


def test_the_sound_of_videos_can_be_left_out(recordings, tmp_path):
    both = tmp_path / "both.mp4"
    write_video(both)
    assert kinds(find_recordings([both], with_sound=True)) == [("both.mp4", "replay_video")]
    sound = recordings / "voice.wav"
    assert kinds(find_recordings([sound], with_sound=False)) == [("voice.wav", "replay_audio")]


def test_one_file_may_hold_several_signals(tmp_path):
    np.savez(tmp_path / "body.npz", ecg_mv=np.zeros(1000), pulse=np.zeros(1000), rate_hz=100.0)
    found = find_recordings([tmp_path / "body.npz"], with_sound=True)
    assert kinds(found) == [("body.npz", "replay_ecg"), ("body.npz", "replay_pulse")]
    assert {part.length_s for part in found.parts} == {10.0}


def test_files_of_one_name_are_told_apart(tmp_path):
    for folder in ("monday", "tuesday"):
        (tmp_path / folder).mkdir()
        write_video(tmp_path / folder / "anna.mp4")
    found = find_recordings([tmp_path / "monday", tmp_path / "tuesday"], with_sound=True)
    assert [part.name for part in found.parts] == ["anna-face", "anna-face-2"]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("absent.mp4", None, SourceReason.MISSING),
        ("notes.txt", b"hello", SourceReason.UNREADABLE),
        ("empty.mp4", b"", SourceReason.UNREADABLE),
        ("broken.npz", b"PK\x03\x04", SourceReason.UNREADABLE),
        ("empty.csv", b"", SourceReason.UNREADABLE),
        ("other.csv", b"a,b\n1,2\n", SourceReason.UNREADABLE),
        ("slow.csv", b"time_s,ecg_mv\n0,1\n1,2\n2,3\n", SourceReason.WRONG_RATE),
    ],
)
def test_a_named_file_must_be_a_recording(tmp_path, name, content, reason):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError) as raised:
        find_recordings([tmp_path / name], with_sound=True)
    assert raised.value.reason is reason


def test_an_empty_folder_is_explained(tmp_path):
    with pytest.raises(AnalysisError, match="no recording") as raised:
        find_recordings([tmp_path], with_sound=True)
    assert raised.value.reason is AnalysisReason.NO_RECORDING


@pytest.mark.parametrize("name", ["clip.mp4", "body.csv"])
def test_a_file_that_may_not_be_read_is_explained(tmp_path, name, monkeypatch):
    path = tmp_path / name
    path.write_bytes(b"x")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("av.open", refuse)
    monkeypatch.setattr("pathlib.Path.open", refuse)
    with pytest.raises(SourceError) as raised:
        find_recordings([path], with_sound=True)
    assert raised.value.reason is SourceReason.PERMISSION
