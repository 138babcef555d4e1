from __future__ import annotations

import pytest

from edge.analysis.recorder import Recorder
from edge.emotion import Emotion
from edge.gate.decision import Decision, Reason
from edge.release import Profile, Release, State

from .made import face, room


def recorder(*, consented: bool = True, profile: Profile = Profile.HOUSEHOLD) -> Recorder:
    return Recorder(consented=consented, profile=profile, span_s=0.5, on_time=lambda _: None)


def close(to: Recorder, window: int, reason: Reason, state: State = State.INSUFFICIENT) -> None:
    to.on_decision(Decision("recordings", window, Profile.HOUSEHOLD, reason))
    told = state is not State.INSUFFICIENT
    to.on_release(Release("recordings", Profile.HOUSEHOLD, window, 2.0, state, 0.5 if told else None, None))


def play(to: Recorder, reasons: list[Reason], **known: object) -> None:
    for window, reason in enumerate(reasons):
        for step in (0.5, 1.0, 1.5, 2.0):
            at_s = 2 * window + step
            to.on_room(room(at_s, face(1, at_s, Emotion.HAPPINESS), **known))
        close(to, window, reason, State.HAPPINESS if reason is Reason.ALLOWED else State.INSUFFICIENT)


def test_ticks_of_a_withheld_window_are_blank():
    watched = recorder()
    play(watched, [Reason.ALLOWED, Reason.NOT_ALONE, Reason.ALLOWED])
    ticks = watched.ticks(6.0)
    assert [tick.is_known for tick in ticks] == [True] * 4 + [False] * 4 + [True] * 4
    assert [tick.start_s for tick in ticks] == pytest.approx([n / 2 for n in range(12)])
    blank = ticks[5]
    assert blank.valence is blank.attention is blank.people is None
    assert len(watched.seats.at_s) == 8


def test_without_consent_no_room_is_looked_at():
    watched = recorder(consented=False)
    play(watched, [Reason.ALLOWED, Reason.TOO_FEW])
    assert watched._open == []
    assert len(watched.seats.at_s) == 0
    first, second = watched.ticks(4.0)
    assert (first.span_s, first.valence, first.attention, first.people) == (2.0, 0.5, None, None)
    assert first.shares[Emotion.HAPPINESS.position] == 1.0
    assert not second.is_known
    assert {window.read_quality for window in watched.windows(4.0)} == {None}


@pytest.mark.parametrize(("profile", "told"), [(Profile.PERSONAL, 0.7), (Profile.HOUSEHOLD, None)])
def test_stress_is_told_in_the_personal_profile_alone(profile, told):
    watched = recorder(profile=profile)
    play(watched, [Reason.ALLOWED], stress=0.7)
    assert {tick.stress for tick in watched.ticks(2.0)} == {told}


def test_nothing_is_told_beyond_the_end():
    watched = recorder()
    play(watched, [Reason.ALLOWED, Reason.ALLOWED])
    ticks = watched.ticks(2.3)
    assert ticks[-1].end_s == pytest.approx(2.3)
    assert [window.start_s for window in watched.windows(2.3)] == [0, 2]
    assert [window.start_s for window in watched.windows(2.0)] == [0]
