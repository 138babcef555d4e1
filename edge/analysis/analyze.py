"""One analysis: the street over recordings, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from edge.analysis.compare import compare
from edge.analysis.content import USUAL_FRAME_RATE, Content, frame_rate_of
from edge.analysis.findings import count_audience, find_reactions, find_synchrony, summarise_scenes
from edge.analysis.recorder import Recorder
from edge.analysis.timeline import Analysis, Played
from edge.app import Street
from edge.clock import VirtualClock
from edge.clock import run as run_on
from edge.config.document import Document
from edge.config.problems import problems_of
from edge.config.schema import Config
from edge.errors import AnalysisError, AnalysisReason, ConfigError
from edge.release import Profile, State

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from edge.analysis.compare import Earlier
    from edge.analysis.recordings import Part, Recordings

BREAKS_OFF_S: Final = 1.0
"""A recording that ends this much earlier than it says breaks off."""

_OF_PUBLIC: Final = frozenset({"window_s", "dwell_s", "k", "epsilon", "windows_per_session", "daily_epsilon"})
_FROM_CONFIG: Final = ("privacy", "readers", "fusion", "inference")


@dataclass(frozen=True, slots=True)
class Request:
    """What the user asks for.

    Attributes
    ----------
    content
        What was shown, or None.
    leave_out_s
        Seconds at the beginning of each file before the content began; by file name, "" for all others.
    consented
        Whether everybody who can be seen, heard or measured has agreed to this analysis.
    settings
        Of a config: privacy, readers, fusion, inference, and whether the use is commercial.
    earlier
        A report to put beside this one.
    """

    recordings: Recordings
    content: Content | None
    leave_out_s: Mapping[str, float]
    consented: bool
    settings: Mapping[str, Any]
    sound_left_out: bool = False
    earlier: Earlier | None = None

    @property
    def length_s(self) -> float:
        """How much is played: as long as the longest recording, and no longer than the content."""
        longest_s = max(
            ((part.length_s or 0.0) - self.left_out_s(part) for part in self.recordings.parts), default=0.0
        )
        return min(longest_s, self.content.length_s) if self.content and longest_s else longest_s

    def left_out_s(self, part: Part) -> float:
        """Seconds of a part before the content began."""
        return self.leave_out_s.get(part.path.name, self.leave_out_s.get("", 0.0))


def config_for(request: Request) -> Config:
    """The street of an analysis: recordings in, nothing out, as fast as it goes.

    Raises
    ------
    AnalysisError
        The profile, or the number of recordings, needs a consent that was not given.
    ConfigError
        A setting cannot be used.
    """
    settings = {key: dict(request.settings[key]) for key in _FROM_CONFIG if request.settings.get(key)}
    privacy = settings.setdefault("privacy", {})
    profile = privacy.get("profile", Profile.HOUSEHOLD)
    if request.consented and profile != Profile.PERSONAL:
        # Who has agreed needs no crowd to hide in; thresholds and noise of `public` have no place here.
        dropped = _OF_PUBLIC if profile == Profile.PUBLIC else frozenset()
        settings["privacy"] = {key: value for key, value in privacy.items() if key not in dropped}
        settings["privacy"] |= {"profile": Profile.HOUSEHOLD, "single_person_agreed": True}
    elif not request.consented:
        _refuse_without_consent(request, profile)
        privacy.pop("single_person_agreed", None)
    data = {
        **settings,
        "zone": "recordings",
        "deployment": {"commercial": bool((request.settings.get("deployment") or {}).get("commercial"))},
        "replay": {"speed": "max"},
        "sources": {part.name: _source(part, request) for part in request.recordings.parts},
    }
    try:
        return Config.model_validate(data)
    except ValidationError as error:
        raise ConfigError(problems_of(error, Document(data), Config.model_json_schema())) from error


def _refuse_without_consent(request: Request, profile: str) -> None:
    if profile == Profile.PUBLIC:
        detail = "a recording can be analysed again and again, and the noise of `public` would average out"
        raise AnalysisError(AnalysisReason.PUBLIC, detail)
    if profile == Profile.PERSONAL:
        raise AnalysisError(
            AnalysisReason.CONSENT, "the profile personal speaks of one person, who must agree"
        )
    files = {part.path for part in request.recordings.parts if part.kind in {"replay_video", "replay_audio"}}
    if len(files) > 1:
        detail = (
            f"{len(files)} recordings may show one person {len(files)} times, so the gate cannot count people"
        )
        raise AnalysisError(AnalysisReason.CONSENT, detail)


def _source(part: Part, request: Request) -> dict[str, Any]:
    source: dict[str, Any] = {"kind": part.kind, "path": part.path.resolve()}
    if part.wearer:
        source["wearer"] = part.wearer
    if left_out_s := request.left_out_s(part):
        source["start_s"] = left_out_s
    return source


def analyze(request: Request, *, title: str, on_time: Callable[[float], None]) -> Analysis:
    """Play everything and look at it.

    Parameters
    ----------
    on_time
        Told the second that has been reached, some times a second of the recordings.

    Raises
    ------
    EdgeError
        Nothing can be played, nobody could be read, or nothing may be told.
    """
    config = config_for(request)
    recorder = Recorder(
        consented=request.consented,
        profile=config.privacy.profile,
        span_s=1 / config.fusion.tick_hz,
        on_time=on_time,
    )
    _play(config, recorder, seconds=request.content.length_s if request.content else None)
    if recorder.failed and not recorder.ended_s:
        raise next(iter(recorder.failed.values()))
    played_s = max(recorder.ended_s.values(), default=0.0)
    content = request.content or recordings_themselves(request.recordings, played_s, title)
    length_s = min(played_s, content.length_s)
    ticks = recorder.ticks(length_s)
    windows = recorder.windows(length_s)
    if not any(tick.is_known for tick in ticks):
        _explain_nothing(request, any(window.state is not State.INSUFFICIENT for window in windows))
    reactions = tuple(each for each in find_reactions(recorder.seats) if each.moment.at_s < length_s)
    together = find_synchrony(recorder.seats)
    return Analysis(
        title=title,
        content=content,
        profile=config.privacy.profile,
        window_s=config.privacy.window_s,
        consented=request.consented,
        ticks=ticks,
        windows=windows,
        reactions=reactions,
        audience=count_audience(ticks, recorder.seats.visits_s),
        together=together[0] if together else None,
        together_p=together[1] if together else None,
        scenes=summarise_scenes(content.scenes, ticks, reactions),
        played=tuple(_played(part, request, recorder) for part in request.recordings.parts),
        skipped=request.recordings.skipped,
        sound_left_out=request.sound_left_out,
        comparison=compare(request.earlier, content, ticks, reactions) if request.earlier else None,
    )


def _play(config: Config, recorder: Recorder, *, seconds: float | None) -> None:
    clock = VirtualClock()

    async def play() -> None:
        # The last window must close as well.
        window_s = config.privacy.window_s
        until_s = None if seconds is None else (seconds // window_s + 1) * window_s + 1
        await Street(config, clock=clock, observer=recorder).run(seconds=until_s)

    run_on(play(), clock=clock)


def recordings_themselves(recordings: Recordings, length_s: float, title: str) -> Content:
    """Stand in for the content where none was named."""
    videos = recordings.named("replay_video")
    rate = frame_rate_of(videos[0].path) if videos else USUAL_FRAME_RATE
    return Content(title, length_s, rate, is_shown=False)


def _explain_nothing(request: Request, was_published: bool) -> None:
    if request.consented or was_published:
        detail = "nobody could be seen, heard or measured in the recordings"
        raise AnalysisError(AnalysisReason.NOBODY, detail)
    detail = "the gate withheld every window: two people or more were surely there in none"
    raise AnalysisError(AnalysisReason.WITHHELD, detail)


def _played(part: Part, request: Request, recorder: Recorder) -> Played:
    left_out_s = request.left_out_s(part)
    ended_s = recorder.ended_s.get(part.name)
    played_s = 0.0 if ended_s is None else ended_s + left_out_s
    due_s = part.length_s or 0.0
    if request.content:
        due_s = min(due_s, request.content.length_s + left_out_s)
    trouble = ""
    if part.name in recorder.failed:
        trouble = recorder.failed[part.name].detail.replace(str(part.path.resolve()), part.path.name)
    elif played_s < due_s - BREAKS_OFF_S:
        trouble = "breaks off before its end"
    return Played(part.name, part.path.name, part.kind, part.length_s, played_s, trouble)
