"""What is written: report, tables, markers."""

from __future__ import annotations

import csv
import errno
import re
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import opentimelineio as otio
import pytest

from edge.analysis import words
from edge.analysis.chart import chart
from edge.analysis.content import EDITING_RATES
from edge.analysis.markers import edl, note
from edge.analysis.report import report
from edge.analysis.timeline import Played, Tick
from edge.analysis.write import write_analysis
from edge.emotion import MomentKind
from edge.errors import AnalysisError, AnalysisReason

from .made import HOSTILE, analysis, content, reaction

FILES = {
    "moments.csv",
    "moments.edl",
    "moments.otio",
    "moments.xml",
    "report.html",
    "timeline.csv",
    "windows.csv",
}
VOID = {"meta", "link", "br", "img", "input", "hr"}


class Checker(HTMLParser):
    """Every tag closed in its turn, every link inside the page, every id once."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.outside: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attributes:
            if name == "id":
                self.ids.append(value or "")
            if name == "href" and value is not None:
                (self.targets if value.startswith("#") else self.outside).append(value)
            if name in {"src", "xlink:href", "action"} or name.startswith("on"):
                self.outside.append(f"{name}={value}")

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def checked(page: str) -> Checker:
    checker = Checker()
    checker.feed(page)
    checker.close()
    return checker


@pytest.mark.parametrize(
    "made",
    [
        analysis(),
        analysis(consented=False, reactions=(), audience=None, together=None, scenes=()),
        analysis(reactions=(), scenes=()),
        analysis(ticks=(Tick(0.0, 0.5),), windows=(), audience=None),
    ],
    ids=["whole", "gated", "no moment", "nearly nothing"],
)
def test_the_page_is_whole_and_fetches_nothing(made):
    page = report(made, other_files=["timeline.csv"])
    found = checked(page)
    assert found.open == []
    assert found.outside == []
    assert {target.removeprefix("#") for target in found.targets} <= set(found.ids)
    assert len(found.ids) == len(set(found.ids))
    assert not re.search(r"https?://|url\((?!#)|@import|<script", page)
    assert "$" not in page


def test_names_cannot_break_the_page_or_the_markers(tmp_path):
    made = analysis(
        title=HOSTILE,
        content=content(name=HOSTILE),
        played=(Played("a", HOSTILE, "replay_video", 1.0, 1.0, HOSTILE),),
        skipped=((HOSTILE, HOSTILE),),
    )
    assert "<script" not in report(made, other_files=[HOSTILE])
    text = edl(made, starts_at="00:00:00:00")
    assert text.count("|M:") == len(made.reactions)
    write_analysis(made, tmp_path, starts_at="00:00:00:00")
    assert len(otio.adapters.read_from_file(str(tmp_path / "moments.xml")).tracks.markers) == 2


def test_every_moment_is_drawn_linked_and_told(tmp_path):
    made = analysis()
    page = report(made, other_files=[])
    drawn = chart(made)
    for number, each in enumerate(made.reactions, start=1):
        assert f'href="#moment-{number}"' in drawn
        assert f'id="moment-{number}"' in page
        assert words.rise(each) in page
    assert "3 of the 4 viewers in view took part." in page
    assert "00:00:12:10" in page


def test_what_is_unknown_is_hatched_and_never_drawn_as_zero():
    drawn = chart(analysis())
    assert drawn.count('class="unknown"') == 1
    assert drawn.count('class="line valence"') == 2
    assert "Stress" not in drawn
    assert "nan" not in drawn.lower()


def test_the_page_says_by_what_right_it_was_made():
    assert "Made with consent." in report(analysis(), other_files=[])
    gated = report(analysis(consented=False, reactions=(), scenes=()), other_files=[])
    assert "Only what the gate lets go." in gated
    assert "Made with consent" not in gated
    alone = analysis()
    assert alone.audience is not None
    alone = replace(alone, audience=replace(alone.audience, most=1))
    assert "one person" in report(alone, other_files=[])


def test_the_folder_holds_numbers_of_the_audience_alone(tmp_path):
    assert write_analysis(analysis(), tmp_path, starts_at="01:00:00:00")
    assert {path.name for path in tmp_path.iterdir()} == FILES
    with (tmp_path / "timeline.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 120
    blank = rows[85]
    assert (blank["start_s"], blank["valence"], blank["people"], blank["neutral"]) == ("42.5", "", "", "")
    assert rows[30]["happiness"] == "0.9"
    assert not any("who" in column or "viewer" in column for column in rows[0])


def test_resolve_gets_its_own_dialect():
    lines = edl(analysis(), starts_at="01:00:00:00").splitlines()
    assert lines[:3] == ["TITLE: film.mp4", "FCM: NON-DROP FRAME", ""]
    assert lines[3] == "001  001      V     C        01:00:12:10 01:00:12:11 01:00:12:10 01:00:12:11  "
    assert re.fullmatch(r"[^\d|][^|]* \|C:ResolveColorYellow \|M:Joy \|D:100", lines[4])
    assert lines[7].endswith("|C:ResolveColorRed |M:Tension |D:100")


@pytest.mark.parametrize("rate", EDITING_RATES)
def test_every_rate_can_be_written(tmp_path, rate):
    assert write_analysis(analysis(content=content(frame_rate=rate)), tmp_path, starts_at="00:00:00:00")


@pytest.mark.parametrize("name", ["moments.otio", "moments.xml"])
def test_editors_read_the_markers_back(tmp_path, name):
    made = analysis()
    write_analysis(made, tmp_path, starts_at="01:00:00:00")
    timeline = otio.adapters.read_from_file(str(tmp_path / name))
    timeline = timeline[0] if isinstance(timeline, otio.schema.SerializableCollection) else timeline
    markers = timeline.tracks.markers
    assert [(m.name, m.marked_range.start_time.value) for m in markers] == [("Joy", 310), ("Tension", 750)]
    assert note(made.reactions[0]) in (tmp_path / name).read_text()
    assert timeline.duration().to_seconds() == pytest.approx(60.0)
    assert "/" not in timeline.tracks[0][0].media_reference.target_url


def test_without_opentimelineio_the_rest_is_written(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "opentimelineio", None)
    assert not write_analysis(analysis(), tmp_path, starts_at="00:00:00:00")
    assert {path.name for path in tmp_path.iterdir()} == FILES - {"moments.otio", "moments.xml"}
    assert "moments.otio" not in Path(tmp_path / "report.html").read_text()


def test_a_marker_ends_with_the_content():
    last = edl(analysis(reactions=(reaction(58.0),)), starts_at="00:00:00:00")
    assert last.rstrip().endswith("|D:50")


@pytest.mark.parametrize(
    ("at_s", "shown"), [(0, "0:00"), (59.6, "1:00"), (75, "1:15"), (3600, "1:00:00"), (7325.2, "2:02:05")]
)
def test_clocks_read_well(at_s, shown):
    assert words.clock(at_s) == shown


def test_tenths_are_cut_off():
    assert words.clock(59.96, tenths=True) == "0:59.9"


@pytest.mark.parametrize("kind", MomentKind)
def test_every_kind_has_words_and_colours(kind):
    made = analysis(reactions=(reaction(kind=kind),))
    assert words.title_of(made.reactions[0])
    assert words.rise(made.reactions[0]).startswith("A strong rise: ")
    style = Path(words.__file__).with_name("static").joinpath("report.css").read_text()
    assert f".mark.{kind}" in style
    assert "|C:ResolveColor" in edl(made, starts_at="00:00:00:00")


def test_the_summary_tells_the_course():
    told = words.summary(analysis())
    assert told[0].startswith("Mostly happiness (")
    assert (
        told[1]
        == "It went from neutral to happiness: neutral from 0:00 to 0:12, happiness from 0:12 to 1:00."
    )
    assert told[2] == "2 moments stand out, most of all joy at 0:12."
    assert any("faced the camera 75 %" in sentence for sentence in told)
    assert any("reacted together: mean correlation 0.42" in sentence for sentence in told)
    assert told[-1] == "Something is known for 92 % of the time."


def test_a_long_film_makes_no_long_page():
    ticks = tuple(Tick(n / 2, 0.5, (0.125,) * 8, 0.1, 0.1, 0.8) for n in range(4 * 3600 * 2))
    long = analysis(content=content(length_s=4 * 3600.0), ticks=ticks)
    assert len(report(long, other_files=[])) < 400_000


def test_the_page_counts_what_was_withheld():
    page = report(analysis(), other_files=[])
    assert "told a mood in 1 of 2 windows; withheld because nobody could be read (1)." in page


def test_badges_of_neighbours_do_not_hide_each_other():
    made = analysis(reactions=tuple(reaction(at_s) for at_s in (20.0, 20.5, 21.0, 40.0)))
    heights = [float(y) for y in re.findall(r'<circle cx="[\d.]+" cy="([\d.]+)"', chart(made))]
    assert heights[0] == heights[2] == heights[3] > heights[1] > 11


def test_a_full_disk_is_explained(tmp_path, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(AnalysisError, match="no space left on device") as raised:
        write_analysis(analysis(), tmp_path, starts_at="00:00:00:00")
    assert raised.value.reason is AnalysisReason.OUTPUT_REFUSED
