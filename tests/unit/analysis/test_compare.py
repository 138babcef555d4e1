from __future__ import annotations

import pytest

from edge.analysis.chart import chart
from edge.analysis.compare import Earlier, compare, read_earlier
from edge.analysis.content import Scene
from edge.analysis.report import report
from edge.analysis.timeline import Tick
from edge.analysis.write import write_analysis
from edge.emotion import MomentKind
from edge.errors import AnalysisError

from .made import HOSTILE, analysis, content, reaction


def course(*valences: float | None) -> tuple[Tick, ...]:
    return tuple(Tick(float(n), 1.0, (), v, v) for n, v in enumerate(valences))


def test_a_report_reads_its_own_tables_back(tmp_path):
    made = analysis()
    folder = tmp_path / "monday"
    folder.mkdir()
    write_analysis(made, folder, starts_at="00:00:00:00")
    earlier = read_earlier(folder)
    assert earlier.name == "monday"
    assert earlier.moments == ((12.4, MomentKind.JOY), (30.0, MomentKind.TENSION))
    assert [t.is_known for t in earlier.ticks] == [t.is_known for t in made.ticks]
    same = compare(earlier, made.content, made.ticks, made.reactions)
    assert same.matched == ((1, 12.4), (2, 30.0))
    assert same.missing == ()
    for here, there in same.parts:
        assert (here.valence, here.attention) == (there.valence, there.attention)


def test_courses_are_compared_second_by_second():
    up, down = course(*(n / 20 for n in range(20))), course(*(-n / 20 for n in range(20)))
    for other, expected in ((up, 1.0), (down, -1.0), (up[:5], None), (course(*[0.3] * 20), None)):
        found = compare(Earlier("x", other, ()), content(length_s=20), up, ()).correlation
        assert found == (None if expected is None else pytest.approx(expected))


def test_windows_are_compared_with_ticks():
    windows = (Tick(0, 10, (), 0.0), Tick(10, 10, (), 0.5))
    ticks = course(*([-0.1] * 10), *([0.6] * 10))
    found = compare(Earlier("x", windows, ()), content(length_s=20), ticks, ()).correlation
    assert found == pytest.approx(1.0)


def test_moments_match_by_kind_and_time_and_only_once():
    moments = ((11.0, MomentKind.JOY), (30.0, MomentKind.JOY), (50.0, MomentKind.SADNESS))
    found = compare(
        Earlier("x", (), moments),
        content(),
        (),
        (reaction(12.0), reaction(13.0), reaction(30.0, MomentKind.TENSION)),
    )
    assert found.matched == ((1, 11.0),)
    assert found.missing == ((30.0, MomentKind.JOY), (50.0, MomentKind.SADNESS))


def test_parts_are_the_scenes_or_equal():
    scenes = (Scene("a", 0, 5), Scene("b", 5, 20))
    of_scenes = compare(Earlier("x", (), ()), content(length_s=20, scenes=scenes), (), ())
    assert [here.scene.name for here, _ in of_scenes.parts] == ["a", "b"]
    equal = compare(Earlier("x", (), ()), content(length_s=35), (), ())
    assert [here.scene.name for here, _ in equal.parts] == ["Part 1 of 3", "Part 2 of 3", "Part 3 of 3"]
    assert equal.parts[-1][0].scene.end_s == 35
    assert len(compare(Earlier("x", (), ()), content(length_s=3.0), (), ()).parts) == 1


def test_the_page_tells_both():
    earlier = Earlier(HOSTILE, course(*(0.1 * (n % 5) for n in range(60))), ((12.0, MomentKind.JOY),))
    made = analysis()
    both = analysis(comparison=compare(earlier, made.content, made.ticks, made.reactions))
    page = report(both, other_files=[])
    assert "<script" not in page
    assert "Moment 1, joy at 0:12: in both, there at 0:12." in page
    assert "Moment 2, tension at 0:30: only here." in page
    assert '<polyline class="line earlier"' in chart(both)
    assert '<polyline class="line earlier"' not in chart(made)
    assert "Compared with" not in report(made, other_files=[])


@pytest.mark.parametrize(
    "table", [None, "", "a,b\n1,2\n", "start_s,end_s,valence\n0,1,nan\n", "\x00\xff", "start_s\nx\n"]
)
def test_what_is_no_report_is_refused(tmp_path, table):
    if table is not None:
        (tmp_path / "timeline.csv").write_text(table)
        (tmp_path / "moments.csv").write_text("at_s,kind\n1,glee\n")
    with pytest.raises(AnalysisError, match="no folder that"):
        read_earlier(tmp_path)
