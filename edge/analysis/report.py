"""The report for people: one HTML file without scripts, that fetches nothing."""

from __future__ import annotations

from collections import Counter
from html import escape
from importlib.resources import files
from itertools import pairwise
from string import Template
from typing import TYPE_CHECKING, Final

from edge import __version__
from edge.analysis import words
from edge.analysis.chart import chart
from edge.analysis.timeline import DWELL_S
from edge.emotion import EMOTIONS
from edge.gate.profiles import PROMISES
from edge.release import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from edge.analysis.timeline import Analysis, Tick

_TABLE_S: Final = (1, 2, 5, 10, 30, 60, 300)
_MOST_ROWS: Final = 240
_SHORT: Final = 12
_UNKNOWN: Final = "\N{EN DASH}"
_KINDS: Final[Mapping[str, str]] = {
    "replay_video": "faces",
    "replay_audio": "voices",
    "replay_ecg": "heart (ECG)",
    "replay_pulse": "heart (pulse)",
    "replay_eda": "skin conductance",
    "replay_rr": "heart (beats)",
}

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
        timeline_table=_timeline_table(analysis),
        moments=_moments(analysis),
        scenes=_scenes(analysis),
        comparison=_comparison(analysis),
        audience=_audience(analysis),
        windows=_windows(analysis),
        recordings=_recordings(analysis),
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


def _timeline_table(analysis: Analysis) -> str:
    span_s = next((s for s in _TABLE_S if analysis.content.length_s / s <= _MOST_ROWS), _TABLE_S[-1])
    rows = []
    for ticks in _grouped(analysis.ticks, span_s):
        known = [tick for tick in ticks if tick.is_known]
        strongest = max(
            ((sum(t.shares[i] for t in known if t.shares), e) for i, e in enumerate(EMOTIONS)),
            key=lambda pair: pair[0],
        )
        rows.append(
            [
                words.clock(ticks[0].start_s),
                strongest[1].value if strongest[0] > 0 else "unknown",
                *(
                    _mean(known, name)
                    for name in ("valence", "arousal", "attention", "expressiveness", "synchrony")
                ),
                *([_mean(known, "stress")] if any(t.stress is not None for t in analysis.ticks) else []),
                _mean(known, "quality"),
            ]
        )
    header = ["From", "Strongest emotion", "Valence", "Arousal", "Attention", "Expressiveness", "Synchrony"]
    header += ["Stress"] if rows and len(rows[0]) > len(header) + 1 else []
    every = max(float(span_s), min((tick.span_s for tick in analysis.ticks), default=1.0))
    return _table(f"The timeline in steps of {every:g} s", [*header, "Quality"], rows)


def _grouped(ticks: Sequence[Tick], span_s: float) -> Iterable[list[Tick]]:
    groups: dict[int, list[Tick]] = {}
    for tick in ticks:
        groups.setdefault(int((tick.start_s + 1e-6) // span_s), []).append(tick)
    return groups.values()


def _mean(ticks: Sequence[Tick], name: str) -> str:
    values = [value for tick in ticks if (value := getattr(tick, name)) is not None]
    return f"{sum(values) / len(values):.2f}" if values else _UNKNOWN


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


def _scenes(analysis: Analysis) -> str:
    if not analysis.scenes:
        return ""
    rows = [
        [
            scene.scene.name,
            f"{words.clock(scene.scene.start_s)} to {words.clock(scene.scene.end_s)}",
            _signed(scene.valence),
            _signed(scene.arousal),
            _percent(scene.attention),
            ", ".join(
                f"{number} {words.title_of(analysis.reactions[number - 1]).lower()}"
                for number in scene.moments
            )
            or "none",
        ]
        for scene in analysis.scenes
    ]
    table = _table(
        "Means over each scene", ["Scene", "From and to", "Valence", "Arousal", "Attention", "Moments"], rows
    )
    return f'<section aria-labelledby="h-scenes"><h2 id="h-scenes">Scene by scene</h2>{table}</section>'


def _comparison(analysis: Analysis) -> str:
    compared = analysis.comparison
    if compared is None:
        return ""
    rows = [
        [
            here.scene.name,
            words.clock(here.scene.start_s),
            *(_beside(getattr(here, name), getattr(there, name)) for name in ("valence", "arousal")),
            f"{_percent(here.attention)} ({_percent(there.attention)})",
        ]
        for here, there in compared.parts
    ]
    header = ["Part", "From", "Valence", "Arousal", "Attention"]
    table = _table("Here, and in brackets there", header, rows)
    told = "".join(f"<li>{escape(sentence)}</li>" for sentence in words.compared(analysis, compared))
    return (
        '<section aria-labelledby="h-compared">'
        f'<h2 id="h-compared">Compared with {escape(compared.earlier.name)}</h2>'
        f"<ul>{told}</ul>{table}</section>"
    )


def _beside(here: float | None, there: float | None) -> str:
    return f"{_signed(here)} ({_signed(there)})"


def _audience(analysis: Analysis) -> str:
    counted = analysis.audience
    if counted is None:
        return "<p>No faces were counted.</p>"
    edges = [0.0, *DWELL_S]
    lengths = [f"{low:g} to {high:g} s" for low, high in pairwise(edges)]
    lengths[0] = f"less than {edges[1]:g} s"
    rows = [
        [length, str(count)]
        for length, count in zip([*lengths, f"{edges[-1]:g} s or more"], counted.visits, strict=True)
    ]
    table = _table("Visits: unbroken stretches in which one face was in view", ["Lasting", "Visits"], rows)
    return (
        '<dl class="facts">'
        f"<div><dt>Faces at one time, at the most</dt><dd>{counted.most}</dd></div>"
        f"<div><dt>Faces on average, while any was there</dt><dd>{counted.mean:.1f}</dd></div>"
        f"<div><dt>Time spent facing the camera</dt><dd>{_percent(counted.attention)}</dd></div>"
        f"</dl>{table}"
        '<p class="soft">Nobody is recognised: a face that is lost and found again is a new visit.</p>'
    )


def _windows(analysis: Analysis) -> str:
    rows = [
        [
            f"{words.clock(window.start_s)} to {words.clock(min(window.end_s, analysis.content.length_s))}",
            "withheld" if window.state is State.INSUFFICIENT else "published",
            words.why(window.reason, consented=analysis.consented),
            _UNKNOWN if window.state is State.INSUFFICIENT else window.state.value,
            _signed(window.valence),
            _signed(window.arousal),
            window.quality.value
            if window.read_quality is None
            else f"{window.quality.value} ({window.read_quality:.2f})",
        ]
        for window in analysis.windows
    ]
    header = ["Window", "Gate", "Why", "State", "Valence", "Arousal", "Quality"]
    table = _table(f"Windows of {analysis.window_s:g} s, profile {analysis.profile}", header, rows)
    is_open = " open" if len(rows) <= _SHORT else ""
    return f"<p>{_verdict(analysis)}</p><details{is_open}><summary>Every window</summary>{table}</details>"


def _verdict(analysis: Analysis) -> str:
    whole = len(analysis.windows)
    withheld = Counter(
        words.why(window.reason, consented=analysis.consented)
        for window in analysis.windows
        if window.state is State.INSUFFICIENT
    )
    told = f"It would have told a mood in {whole - withheld.total()} of {whole} windows"
    why = ", ".join(f"{reason} ({count})" for reason, count in withheld.most_common())
    return f"{told}; withheld because {why}." if why else f"{told}."


def _recordings(analysis: Analysis) -> str:
    rows = [
        [
            played.file,
            _KINDS[played.kind],
            words.clock(played.played_s),
            words.clock(played.length_s) if played.length_s else "not told",
            played.trouble or "none",
        ]
        for played in analysis.played
    ]
    rows += [[name, "left out", _UNKNOWN, _UNKNOWN, why] for name, why in analysis.skipped]
    return _table("What was played", ["File", "Read for", "Played", "Length", "Trouble"], rows)


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


def _table(caption: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in header)
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in rest)
        + "</tr>"
        for first, *rest in rows
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _signed(value: float | None) -> str:
    return _UNKNOWN if value is None else f"{value:+.2f}"


def _percent(value: float | None) -> str:
    return _UNKNOWN if value is None else f"{round(value * 100)} %"
