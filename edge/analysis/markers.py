"""Moments as markers for editors: OpenTimelineIO, Final Cut Pro XML, and the EDL that Resolve imports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from edge.analysis import words
from edge.emotion import MomentKind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from edge.analysis.content import Content
    from edge.analysis.timeline import Analysis, Reaction

MARKED_S: Final = 4.0
"""How long a marker is: the half window that was compared with the one before."""

_COLOURS: Final[Mapping[MomentKind, tuple[str, str]]] = {
    MomentKind.JOY: ("YELLOW", "Yellow"),
    MomentKind.SURPRISE: ("PURPLE", "Purple"),
    MomentKind.SADNESS: ("BLUE", "Blue"),
    MomentKind.TENSION: ("RED", "Red"),
    MomentKind.BOREDOM: ("WHITE", "Cream"),
    MomentKind.ATTENTION_LOST: ("ORANGE", "Sand"),
}
"""For OpenTimelineIO and for DaVinci Resolve."""


def edl(analysis: Analysis, *, starts_at: str) -> str:
    """Markers as DaVinci Resolve itself writes and reads them (Import > Timeline Markers from EDL).

    An event of one frame for each, followed by ``note |C:colour |M:name |D:frames``. A note must not
    begin with a digit, which Resolve takes for the next event, nor hold a bar.

    Parameters
    ----------
    starts_at
        Timecode of the first frame of the timeline in the editor.
    """
    content = analysis.content
    first = content.frames_of_timecode(starts_at)
    lines = [f"TITLE: {_plain(content.name)}", "FCM: NON-DROP FRAME", ""]
    for number, reaction in enumerate(analysis.reactions, start=1):
        at_s = reaction.moment.at_s
        begin = content.timecode(at_s, first_frame=first)
        end = content.timecode(at_s, first_frame=first + 1)
        colour, name = _COLOURS[reaction.moment.kind][1], _plain(words.title_of(reaction))
        frames = _duration(content, at_s)
        lines += [
            f"{number:03d}  001      V     C        {begin} {end} {begin} {end}  ",
            f"{_plain(note(reaction))} |C:ResolveColor{colour} |M:{name} |D:{frames}",
            "",
        ]
    return "\n".join(lines)


def note(reaction: Reaction) -> str:
    """What a marker says beside its name."""
    parts = (words.rise(reaction), words.joined(reaction), words.sureness(reaction))
    return " ".join(part for part in parts if part)


def write_timelines(analysis: Analysis, folder: Path) -> bool:
    """Write `moments.otio` and `moments.xml`; False where opentimelineio is not installed."""
    try:
        import opentimelineio as otio
    except ImportError:
        return False
    timeline = _timeline(otio, analysis)
    otio.adapters.write_to_file(timeline, str(folder / "moments.otio"))
    if "fcp_xml" not in otio.adapters.available_adapter_names():
        return False
    otio.adapters.write_to_file(timeline, str(folder / "moments.xml"), adapter_name="fcp_xml")
    return True


def _timeline(otio: Any, analysis: Analysis) -> Any:
    """One clip, the content, under markers on the timeline, which editors show on their ruler."""
    content = analysis.content
    rate = float(content.frame_rate)
    whole = otio.opentime.TimeRange(
        otio.opentime.RationalTime(0, rate),
        otio.opentime.RationalTime(max(1, content.frame(content.length_s)), rate),
    )
    # The name alone: where the file lies on this machine is nobody's business.
    media = otio.schema.ExternalReference(content.name, whole) if content.is_shown else None
    clip = otio.schema.Clip(content.name, media, whole)
    track = otio.schema.Track("V1", [clip], kind=otio.schema.TrackKind.Video)
    timeline = otio.schema.Timeline(f"{content.name}: moments", global_start_time=None)
    timeline.tracks.append(track)
    for reaction in analysis.reactions:
        at_s = reaction.moment.at_s
        marked = otio.opentime.TimeRange(
            otio.opentime.RationalTime(content.frame(at_s), rate),
            otio.opentime.RationalTime(_duration(content, at_s), rate),
        )
        timeline.tracks.markers.append(
            otio.schema.Marker(
                name=words.title_of(reaction),
                marked_range=marked,
                color=getattr(otio.schema.MarkerColor, _COLOURS[reaction.moment.kind][0]),
                comment=note(reaction),
                metadata={"fcp_xml": {"comment": note(reaction)}},
            )
        )
    return timeline


def _duration(content: Content, at_s: float) -> int:
    """Frames of a marker, which ends with the content."""
    return max(1, content.frame(min(content.length_s, at_s + MARKED_S)) - content.frame(at_s))


def _plain(text: str) -> str:
    return " ".join(text.replace("|", "/").split())
