"""The tables of the report, with a line or two around them."""

from __future__ import annotations

from collections import Counter
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from edge.analysis import words
from edge.analysis.timeline import DWELL_S
from edge.emotion import EMOTIONS
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


def timeline_table(analysis: Analysis) -> str:
    """The timeline in steps that make a table of readable length."""
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


def scenes(analysis: Analysis) -> str:
    """Means over each scene; nothing without scenes."""
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


def comparison(analysis: Analysis) -> str:
    """The same parts here and in an earlier report; nothing without one."""
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


def audience(analysis: Analysis) -> str:
    """Counts of faces and visits."""
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


def windows(analysis: Analysis) -> str:
    """What the gate let go and withheld."""
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


def recordings(analysis: Analysis) -> str:
    """What was played, and what was left out."""
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
