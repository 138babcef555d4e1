"""Numbers of an analysis in words that people read."""

from __future__ import annotations

import math
from itertools import groupby
from typing import TYPE_CHECKING, Final

from edge.analysis.findings import mean
from edge.emotion import EMOTIONS, MomentKind
from edge.gate.decision import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge.analysis.compare import Comparison
    from edge.analysis.timeline import Analysis, Reaction, Tick
    from edge.emotion import Emotion

KINDS: Final[Mapping[MomentKind, str]] = {
    MomentKind.JOY: "Joy",
    MomentKind.SURPRISE: "Surprise",
    MomentKind.SADNESS: "Sadness",
    MomentKind.TENSION: "Tension",
    MomentKind.BOREDOM: "Calm",
    MomentKind.ATTENTION_LOST: "Attention lost",
}
_WHAT_ROSE: Final[Mapping[MomentKind, str]] = {
    MomentKind.JOY: "happiness",
    MomentKind.SURPRISE: "surprise",
    MomentKind.SADNESS: "sadness",
    MomentKind.TENSION: "anger, disgust, fear and contempt together",
    MomentKind.BOREDOM: "neutral faces, above what is usual here",
    MomentKind.ATTENTION_LOST: "faces turned away",
}
_STRONG: Final = ((0.5, "a strong rise"), (0.3, "a clear rise"), (0.0, "a slight rise"))
_ALIKE: Final = ((0.5, "much alike"), (0.2, "somewhat alike"), (-0.2, "unlike"), (-1.01, "opposed"))
_LEANING: Final = 0.15
_TOGETHER_P: Final = 0.05
_LEAST_STRETCH_S: Final = 2.0
_MOST_STRETCHES: Final = 6
_MINUTE_S: Final = 60
_HOUR_S: Final = 3600


def clock(at_s: float, *, tenths: bool = False) -> str:
    """Minutes and seconds, with hours where there are any."""
    at_s = max(0.0, at_s)
    shown = math.floor(at_s * 10 + 1e-6) / 10 if tenths else float(round(at_s))
    hours, rest = divmod(shown, _HOUR_S)
    minutes, seconds = divmod(rest, _MINUTE_S)
    tail = f"{seconds:04.1f}" if tenths else f"{seconds:02.0f}"
    return f"{hours:.0f}:{minutes:02.0f}:{tail}" if hours else f"{minutes:.0f}:{tail}"


def rise(reaction: Reaction) -> str:
    """How much what rose, in a sentence."""
    moment = reaction.moment
    how = next(words for least, words in _STRONG if moment.strength >= least)
    points = round(moment.strength * 100)
    return f"{how.capitalize()}: {_WHAT_ROSE[moment.kind]}, up by {points} points of 100."


def sureness(reaction: Reaction) -> str:
    """How seldom chance does as much, in a sentence."""
    by_chance = (1 - reaction.moment.confidence) * 100
    seldom = "fewer than 1 in 100" if by_chance < 1 else f"{math.ceil(by_chance - 1e-9)} in 100"
    return f"By chance alone, {seldom} peaks are as high."


def joined(reaction: Reaction) -> str:
    """How many viewers took part; empty with fewer than two."""
    if reaction.viewers < 2:  # noqa: PLR2004 - one viewer is no audience
        return ""
    return f"{reaction.joined} of the {reaction.viewers} viewers in view took part."


def title_of(reaction: Reaction) -> str:
    """The moment in a word or two."""
    return KINDS[reaction.moment.kind]


def why(reason: Reason, *, consented: bool) -> str:
    """Say why a window was published or withheld."""
    if reason is Reason.TOO_FEW:
        return "nobody could be read" if consented else "not surely two people or more"
    return {
        Reason.ALLOWED: "read well enough",
        Reason.NO_EVIDENCE: "no face or voice could be read",
        Reason.NOT_ALONE: "somebody else was there",
    }.get(reason, reason.value.replace("_", " "))


def summary(analysis: Analysis) -> list[str]:
    """Tell the whole in a few sentences."""
    sentences = [_mood(analysis), *_course(analysis), *_moments(analysis)]
    if analysis.audience and analysis.audience.attention is not None:
        most = analysis.audience.most
        whom = "The viewer" if most == 1 else f"Up to {most} viewers were in view at a time; they"
        sentences.append(f"{whom} faced the camera {round(analysis.audience.attention * 100)} % of the time.")
    if analysis.together is not None and analysis.together_p is not None:
        is_so = analysis.together_p <= _TOGETHER_P
        verdict = "The viewers reacted together" if is_so else "The viewers did not surely react together"
        sentences.append(
            f"{verdict}: mean correlation {analysis.together:.2f}, "
            f"chance among viewers without a common cause {max(0.01, analysis.together_p):.2f}."
        )
    known_s = sum(tick.span_s for tick in analysis.ticks if tick.is_known)
    length_s = sum(tick.span_s for tick in analysis.ticks)
    if length_s and known_s < length_s:
        sentences.append(f"Something is known for {round(100 * known_s / length_s)} % of the time.")
    return sentences


def compared(analysis: Analysis, comparison: Comparison) -> list[str]:
    """Tell what two reports have in common, and what not."""
    sentences = []
    if comparison.correlation is not None:
        how = next(told for least, told in _ALIKE if comparison.correlation >= least)
        sentences.append(f"The course of valence is {how} (correlation {comparison.correlation:+.2f}).")
    common = dict(comparison.matched)
    for number, reaction in enumerate(analysis.reactions, start=1):
        other_s = common.get(number)
        where = "only here" if other_s is None else f"in both, there at {clock(other_s)}"
        told = f"Moment {number}, {title_of(reaction).lower()} at {clock(reaction.moment.at_s)}"
        sentences.append(f"{told}: {where}.")
    sentences += [f"{KINDS[kind]} at {clock(at_s)}: only there." for at_s, kind in comparison.missing]
    return sentences or ["Too little is known of both to compare them."]


def _mood(analysis: Analysis) -> str:
    shares = [
        mean([(tick.shares[index] if tick.shares else None, tick.span_s) for tick in analysis.ticks])
        for index in range(len(EMOTIONS))
    ]
    known = sorted(
        ((share, emotion) for share, emotion in zip(shares, EMOTIONS, strict=True) if share is not None),
        reverse=True,
    )
    if not known:
        return "No face and no voice could be read: what is told rests on the body alone."
    ranked = [f"{emotion} ({round(share * 100)} %)" for share, emotion in known[:2] if round(share * 100) > 0]
    valence = mean([(tick.valence, tick.span_s) for tick in analysis.ticks]) or 0.0
    leaning = "pleasant" if valence > _LEANING else "unpleasant" if valence < -_LEANING else "balanced"
    return f"Mostly {' and '.join(ranked)}; {leaning} on the whole (valence {valence:+.2f})."


def _course(analysis: Analysis) -> list[str]:
    """Tell which emotion led when, where that takes no more than a few words."""
    least_s = max(_LEAST_STRETCH_S, analysis.content.length_s / _MOST_STRETCHES / 2)
    stretches: list[tuple[Emotion, float, float]] = []
    for emotion, ticks in groupby((tick for tick in analysis.ticks if tick.shares), key=_leading):
        of_one = list(ticks)
        if stretches and stretches[-1][0] is emotion:
            stretches[-1] = (emotion, stretches[-1][1], of_one[-1].end_s)
        elif of_one[-1].end_s - of_one[0].start_s >= least_s:
            stretches.append((emotion, of_one[0].start_s, of_one[-1].end_s))
    if len(stretches) not in range(2, _MOST_STRETCHES + 1):
        return []
    told = [f"{emotion} from {clock(start_s)} to {clock(end_s)}" for emotion, start_s, end_s in stretches]
    return [f"It went from {stretches[0][0]} to {stretches[-1][0]}: {', '.join(told)}."]


def _leading(tick: Tick) -> Emotion:
    return EMOTIONS[tick.shares.index(max(tick.shares))]


def _moments(analysis: Analysis) -> list[str]:
    if not analysis.consented:
        return ["Only what the gate lets go is told, so there are no moments."]
    count = len(analysis.reactions)
    if not count:
        return ["No moment stands out from what chance does."]
    strongest = max(analysis.reactions, key=lambda reaction: reaction.moment.strength)
    told = f"{title_of(strongest).lower()} at {clock(strongest.moment.at_s)}"
    return [
        f"One moment stands out: {told}." if count == 1 else f"{count} moments stand out, most of all {told}."
    ]
