"""`edge-affect analyze`: from recordings to a report, a table and markers."""

from __future__ import annotations

import argparse
import logging
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from edge.cli.progress import Progress
from edge.cli.run import add_overrides
from edge.config.document import Document, assign
from edge.config.load import load_config
from edge.errors import AnalysisError, AnalysisReason
from edge.gate.retention import keep_in_memory

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from edge.analysis.content import Content

EXIT_INTERRUPTED: Final = 130
"""128 + SIGINT, as shells have it: what comes after must not take a report for made."""

_WHAT: Final = """\
Play recordings of one viewer or of an audience through the street, as fast as it goes, and write a report:
when the mood changed, to what, and how surely.
"""
_MORE: Final = """\
What it reads: videos (faces, voices), sound files (voices), and signals as CSV or npz with one of the
columns ecg_mv, pulse, skin_conductance_us, rr_ms; files named anna.ecg.csv and anna.skin.csv are taken
for one person's. A folder may hold recordings of several viewers of one content; all begin together.

What it writes, into a new folder that only you can read: report.html, timeline.csv, windows.csv,
moments.csv, moments.edl (DaVinci Resolve), and with the extra `analyze` moments.otio and moments.xml
(Premiere Pro and others). Numbers of the audience as a whole; never pictures, sounds, signals, or
anything of one viewer among several.

Without --i-have-consent it tells what the gate lets go, as a device in that room would: windows of ten
seconds and more in which two people or more were surely there, and no moments. It must not be used on
people at work or in education (EU AI Act, Article 5(1)(f)).

examples:
  edge-affect analyze me.mp4 --i-have-consent
  edge-affect analyze screening/ --content film.mp4 --i-have-consent
  edge-affect analyze friday/ --content film.mp4 --i-have-consent --output friday --compare film-analysis
  edge-affect analyze anna.mp4 ben.mp4 --content film.mp4 --content-at 2.5 --content-at ben.mp4=4
"""


def register(commands: Any) -> None:
    """Add the command to the parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "analyze",
        help="make a report, tables and editing markers from recordings of an audience",
        description=_WHAT,
        epilog=_MORE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "recordings", type=Path, nargs="+", metavar="RECORDING", help="a file, or a folder of files"
    )
    parser.add_argument(
        "--i-have-consent",
        action="store_true",
        help="everybody who can be seen, heard or measured has agreed to this analysis",
    )
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="a new folder (NAME-analysis)")
    shown = parser.add_argument_group("what was shown")
    shown.add_argument("--content", type=Path, metavar="VIDEO", help="the video that the audience saw")
    shown.add_argument(
        "--content-at",
        action="append",
        default=[],
        metavar="[FILE=]SECONDS",
        help="the content began so many seconds into the recordings, or into one of them (0)",
    )
    shown.add_argument(
        "--scenes", type=Path, metavar="CSV", help="scenes to sum up: columns start_s and name (its chapters)"
    )
    shown.add_argument(
        "--compare",
        type=Path,
        metavar="FOLDER",
        help="an earlier analysis to put beside this one: another audience, or another cut",
    )
    shown.add_argument(
        "--timeline-start",
        default="01:00:00:00",
        metavar="TIMECODE",
        help="timecode at which the editor's timeline begins, for moments.edl (01:00:00:00)",
    )
    shown.add_argument(
        "--with-sound",
        action="store_true",
        help="read the sound of videos although --content is given, as when viewers wore headphones",
    )
    settings = parser.add_argument_group("settings")
    settings.add_argument(
        "--config", type=Path, metavar="CONFIG", help="take privacy, readers and fusion from a config"
    )
    add_overrides(settings)
    parser.set_defaults(command=command)


def command(options: argparse.Namespace) -> int:
    """Analyse and write; 130 when interrupted, with nothing left behind."""
    try:
        return _analyze(options)
    except KeyboardInterrupt:
        print("\nStopped; nothing was written.", file=sys.stderr)
        return EXIT_INTERRUPTED


def _analyze(options: argparse.Namespace) -> int:
    # The other commands start without loading every reader.
    from edge.analysis.analyze import Request, analyze, recordings_themselves
    from edge.analysis.compare import read_earlier
    from edge.analysis.folder import new_folder
    from edge.analysis.recordings import find_recordings
    from edge.analysis.write import write_analysis

    content = _content(options)
    leave_out_s = _leave_out(options.content_at)
    with_sound = content is None or options.with_sound
    recordings = find_recordings(options.recordings, with_sound=with_sound)
    unknown = leave_out_s.keys() - {"", *(part.path.name for part in recordings.parts)}
    if unknown:
        detail = f"--content-at names {min(unknown)}, which is none of the recordings"
        raise AnalysisError(AnalysisReason.BAD_OPTION, detail)
    request = Request(
        recordings=recordings,
        content=content,
        leave_out_s=leave_out_s,
        consented=options.i_have_consent,
        settings=_settings(options),
        earlier=read_earlier(options.compare) if options.compare else None,
        sound_left_out=not with_sound and bool(recordings.named("replay_video")),
    )
    title = content.name if content else options.recordings[0].resolve().name
    shown = content or recordings_themselves(recordings, recordings.length_s, title)
    shown.frames_of_timecode(options.timeline_start)
    output = options.output or Path(f"{Path(title).stem}-analysis")
    for name, why in recordings.skipped:
        print(f"left out: {name}: {why}", file=sys.stderr)
    keep_in_memory()
    with _log_of(logging.DEBUG if options.verbose else logging.ERROR), new_folder(output) as folder:
        with Progress("Analysing", request.length_s) as progress:
            analysis = analyze(request, title=title, on_time=progress.reach)
        has_timelines = write_analysis(analysis, folder, starts_at=options.timeline_start)
    for trouble in dict.fromkeys(f"{p.file}: {p.trouble}" for p in analysis.played if p.trouble):
        print(trouble, file=sys.stderr)
    if not has_timelines:
        print(
            "No moments.otio and moments.xml: they need opentimelineio. Install the extra: "
            "pip install 'edge-affect[analyze]'.",
            file=sys.stderr,
        )
    print(output / "report.html")
    return 0


@contextmanager
def _log_of(level: int) -> Iterator[None]:
    """Windows that close and recordings that end are told by the report, not line by line."""
    log = logging.getLogger("edge")
    before = log.level
    log.setLevel(level)
    try:
        yield
    finally:
        log.setLevel(before)


def _content(options: argparse.Namespace) -> Content | None:
    from dataclasses import replace

    from edge.analysis.content import read_content, read_scenes

    if options.content is None:
        if options.scenes:
            raise AnalysisError(AnalysisReason.BAD_OPTION, "--scenes needs --content")
        return None
    content = read_content(options.content)
    if options.scenes:
        content = replace(content, scenes=read_scenes(options.scenes, length_s=content.length_s))
    return content


def _leave_out(assignments: list[str]) -> Mapping[str, float]:
    leave_out_s = {}
    for assignment in assignments:
        file, _, seconds = assignment.rpartition("=")
        try:
            leave_out_s[file] = float(seconds)
        except ValueError:
            leave_out_s[file] = -1.0
        if not 0 <= leave_out_s[file] < float("inf"):
            detail = f"--content-at takes seconds or FILE=seconds, not `{assignment}`"
            raise AnalysisError(AnalysisReason.BAD_OPTION, detail)
    return leave_out_s


def _settings(options: argparse.Namespace) -> Mapping[str, Any]:
    if options.config:
        config = load_config(options.config, overrides=options.overrides).config
        return config.model_dump(exclude_unset=True)
    document = Document()
    for assignment in options.overrides:
        assign(document, assignment)
    return document.data
