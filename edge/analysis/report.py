"""The report for people: one HTML file without scripts, that fetches nothing."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Final

from edge import __version__
from edge.analysis import sections, words
from edge.analysis.chart import chart
from edge.emotion import EMOTIONS
from edge.gate.profiles import PROMISES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.analysis.timeline import Analysis

_ALWAYS: Final = tuple(
    " ".join(sentence.split())
    for sentence in (
        """A face shows an expression, not what somebody feels; people laugh from politeness and listen with a
        frown. Compare scenes and audiences, and do not judge a person by it.""",
        """Valence runs from unpleasant (&minus;1) to pleasant (+1), arousal from calm (&minus;1) to aroused
        (+1). Expressiveness is compared with what is usual in this very recording, so it starts at 0.""",
        """The mood, valence and arousal settle over a second or two. Moments are found in what each face
        showed at that instant: the 4 seconds after are compared with the 4 before, so none is found within 4
        seconds of either end.""",
        "Of all moments listed, about 1 in 20 is expected to be chance.",
        "A hatched stretch is unknown or withheld, never neutral.",
        """How well the models read which people, and whom they read worse, stands in their cards
        (<code>edge-affect models list</code>).""",
    )
)


def report(analysis: Analysis, *, other_files: Sequence[str]) -> str:
    """Write the page.

    Parameters
    ----------
    other_files
        Names of what lies beside it.
    """
    static = files("edge.analysis") / "static"
    return Template((static / "report.html").read_text(encoding="utf-8")).substitute(
        style=(static / "report.css").read_text(encoding="utf-8"),
        version=__version__,
        title=escape(analysis.title),
        facts=_facts(analysis),
        consent=_consent(analysis),
        summary="".join(f"<li>{escape(sentence)}</li>" for sentence in words.summary(analysis)),
        chart=chart(analysis),
        legend="".join(f'<li><span class="swatch {e}"></span>{e}</li>' for e in EMOTIONS)
        + (f"<li>dashed line: {escape(other.earlier.name)}</li>" if (other := analysis.comparison) else ""),
        timeline_table=sections.timeline_table(analysis),
        moments=_moments(analysis),
        scenes=sections.scenes(analysis),
        comparison=sections.comparison(analysis),
        audience=sections.audience(analysis),
        windows=sections.windows(analysis),
        recordings=sections.recordings(analysis),
        limits="".join(f"<li>{sentence}</li>" for sentence in _limits(analysis)),
        files="".join(f"<li><code>{escape(name)}</code>{_what_is(name)}</li>" for name in other_files),
    )


def _facts(analysis: Analysis) -> str:
    content = analysis.content
    videos = len({played.file for played in analysis.played})
    facts = {
        "Content" if content.is_shown else "Recording": content.name,
        "Length": words.clock(content.length_s),
        "Frames a second": f"{float(content.frame_rate):.5g}",
        "Files": str(videos),
        "Moments": str(len(analysis.reactions)) if analysis.consented else "not told",
    }
    return "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(fact)}</dd></div>" for name, fact in facts.items()
    )


def _consent(analysis: Analysis) -> str:
    if not analysis.consented:
        return (
            "<p><strong>Only what the gate lets go.</strong> Nobody's consent was declared, so this report "
            f"holds what a device with the profile <em>{analysis.profile}</em> would have published: windows "
            f"of {analysis.window_s:g} seconds in which two people or more were surely there.</p>"
        )
    people = analysis.audience.most if analysis.audience else 1
    one = (
        " It speaks of <strong>one person</strong>: treat it as you would treat a recording of that person."
        if people < 2  # noqa: PLR2004 - one viewer is no audience
        else " It tells the audience as a whole, and no single viewer."
    )
    return (
        "<p><strong>Made with consent.</strong> Whoever made this report declared that everybody who can be "
        f"seen, heard or measured in the recordings has agreed to it.{one} It is neither aggregate nor "
        "anonymous in the sense of the profile <em>public</em>; do not pass it on beyond what was agreed.</p>"
    )


def _moments(analysis: Analysis) -> str:
    if not analysis.consented:
        return "<p>Moments rest on what single viewers did, so without consent there are none.</p>"
    if not analysis.reactions:
        return (
            "<p>No change of the audience was greater than what chance does, at 5 % false discoveries. That "
            "is no proof that nothing happened: short or quiet reactions, and recordings of less than half a "
            "minute, often do not suffice.</p>"
        )
    items = []
    for number, reaction in enumerate(analysis.reactions, start=1):
        moment = reaction.moment
        told = " ".join(filter(None, (words.rise(reaction), words.joined(reaction))))
        items.append(
            f'<li id="moment-{number}" class="{moment.kind}">'
            f'<span class="badge" aria-hidden="true">{number}</span>'
            f"<h3>{words.title_of(reaction)} <small>at <time>{words.clock(moment.at_s, tenths=True)}</time> "
            f"<code>{analysis.content.timecode(moment.at_s)}</code></small></h3>"
            f'<p>{told}</p><p class="soft">{words.sureness(reaction)}</p></li>'
        )
    return f'<ol class="moments">{"".join(items)}</ol>'


def _limits(analysis: Analysis) -> list[str]:
    limits = [*_ALWAYS]
    if analysis.sound_left_out:
        limits.append(
            "The sound of the videos was not read, since it may hold voices of the content itself. With "
            "<code>--with-sound</code> it is, for viewers who wore headphones."
        )
    if not analysis.content.is_shown:
        limits.append("No content was named, so times are those of the recordings.")
    if analysis.audience and analysis.audience.most < 2:  # noqa: PLR2004 - one viewer is no audience
        limits.append(
            "One viewer is an anecdote: a moment is then any change of this face that stands out from its "
            "own ups and downs, whatever it came from. Whether others react alike takes several recordings."
        )
    promise = PROMISES[analysis.profile]
    limits.append(
        f"This may be called “{promise.may_say}”"
        + (f", never {escape(promise.may_not_say)}." if promise.may_not_say else ".")
    )
    return limits


def _what_is(name: str) -> str:
    told = {
        "timeline.csv": "every number of the timeline, for a spreadsheet",
        "windows.csv": "the windows as the gate closed them",
        "moments.csv": "the moments, with timecodes",
        "moments.edl": "markers for DaVinci Resolve: Timelines > Import > Timeline Markers from EDL",
        "moments.otio": "OpenTimelineIO: DaVinci Resolve, Premiere Pro 25.6 and newer",
        "moments.xml": "Final Cut Pro 7 XML: older Premiere Pro, and most others",
    }
    return f" {escape(told[name])}" if name in told else ""
