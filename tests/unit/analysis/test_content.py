from __future__ import annotations

from fractions import Fraction

import av
import opentimelineio as otio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.analysis.content import EDITING_RATES, Scene, editing_rate, read_content, read_scenes
from edge.errors import AnalysisError

from .made import content, write_video


@given(rate=st.sampled_from(EDITING_RATES), at_s=st.floats(0, 86_000))
def test_timecodes_are_those_of_opentimelineio(rate, at_s):
    shown = content(frame_rate=rate, length_s=100_000.0)
    frame = shown.frame(at_s)
    assert abs(frame - at_s * float(rate)) <= 1.001
    ours = shown.timecode(at_s)
    theirs = otio.opentime.to_timecode(otio.opentime.RationalTime(frame, shown.nominal_fps))
    assert ours == theirs
    assert shown.frames_of_timecode(ours) == frame


@pytest.mark.parametrize(
    "wrong", ["", "1:2:3", "a:b:c:d", "00:60:00:00", "00:00:60:00", "00:00:00:25", "1.5"]
)
def test_what_is_no_timecode_is_refused(wrong):
    with pytest.raises(AnalysisError, match="no timecode"):
        content().frames_of_timecode(wrong)


def test_a_video_tells_its_length_and_rate(tmp_path):
    shown = read_content(write_video(tmp_path / "film.mp4", seconds=3, rate=24))
    assert (shown.name, shown.frame_rate) == ("film.mp4", 24)
    assert shown.length_s == pytest.approx(3.0, abs=0.1)
    assert shown.scenes == ()


@pytest.mark.skipif(not hasattr(av.container.Container, "chapters"), reason="this PyAV tells no chapters")
def test_chapters_are_scenes(tmp_path):
    shown = read_content(write_video(tmp_path / "film.mkv", chapters=True))
    assert shown.scenes == (Scene("Opening", 0.0, 1.0), Scene("Chapter 2", 1.0, 2.0))


@pytest.mark.parametrize("bytes_", [None, b"", b"no video"])
def test_what_is_no_video_is_refused(tmp_path, bytes_):
    if bytes_ is not None:
        (tmp_path / "film.mp4").write_bytes(bytes_)
    with pytest.raises(AnalysisError):
        read_content(tmp_path / "film.mp4")


def test_scenes_end_where_the_next_begins(tmp_path):
    path = tmp_path / "scenes.csv"
    path.write_text("start_s,name\n20,Chase\n0, Titles \n70,After the end\n", encoding="utf-8-sig")
    assert read_scenes(path, length_s=60) == (Scene("Titles", 0, 20), Scene("Chase", 20, 60))


@pytest.mark.parametrize("text", ["start,name\n1,a\n", "start_s,name\nsoon,a\n", None])
def test_what_is_no_list_of_scenes_is_refused(tmp_path, text):
    path = tmp_path / "scenes.csv"
    if text is not None:
        path.write_text(text)
    with pytest.raises(AnalysisError):
        read_scenes(path, length_s=60)


@pytest.mark.parametrize(
    ("own", "taken"),
    [
        (Fraction(24_000, 1001), Fraction(24_000, 1001)),
        (Fraction(2987, 100), Fraction(30_000, 1001)),
        (Fraction(10), 25),
        (90_000, 25),
    ],
)
def test_odd_rates_become_ones_that_editors_offer(own, taken):
    assert editing_rate(Fraction(own)) == taken
