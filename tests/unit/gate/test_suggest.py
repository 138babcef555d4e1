from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.emotion import Emotion
from edge.gate.gate import Gate, open_gate
from edge.gate.options import PrivacyOptions
from edge.gate.suggest import DWELL_S, Suggester
from edge.release import Level, Profile, Release, State, Suggestion
from edge.signals import Breathing, Modality
from gate.rooms import affect, crowd, room

if TYPE_CHECKING:
    from pathlib import Path

EASE, HOLD, INTENSIFY, UNKNOWN = Suggestion
ANXIOUS = (-0.5, 0.5)
BORED = (-0.25, -0.5)
ENGAGED = (0.5, 0.5)
QUARTERS = st.none() | st.integers(-4, 4).map(lambda quarter: quarter / 4)


def release(
    window: int,
    mood: tuple[float | None, float | None],
    state: State = State.NEUTRAL,
    *,
    profile: Profile = Profile.HOUSEHOLD,
    **keys: object,
) -> Release:
    return replace(Release("den", profile, window, 30.0, state, *mood), **keys)


def once(mood: tuple[float | None, float | None], state: State = State.NEUTRAL, **keys: object) -> Suggestion:
    return Suggester(window_s=30).take(release(0, mood, state, **keys))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("mood", "state", "suggestion"),
    [
        (ANXIOUS, State.FEAR, EASE),
        ((-0.25, 0.25), State.NEUTRAL, EASE),
        (ENGAGED, State.HAPPINESS, HOLD),
        ((0.0, 0.0), State.NEUTRAL, HOLD),
        (BORED, State.NEUTRAL, INTENSIFY),
        ((0.0, -0.25), State.NEUTRAL, INTENSIFY),
        ((0.25, -0.5), State.NEUTRAL, HOLD),
        (BORED, State.SADNESS, HOLD),
        ((None, None), State.INSUFFICIENT, UNKNOWN),
    ],
)
def test_strain_is_eased_and_boredom_challenged(
    mood: tuple[float | None, float | None], state: State, suggestion: Suggestion
) -> None:
    assert once(mood, state) is suggestion


@pytest.mark.parametrize(
    ("stress", "mood", "suggestion"),
    [
        (Level.HIGH, ENGAGED, EASE),
        (Level.HIGH, (None, None), EASE),
        (Level.MEDIUM, BORED, HOLD),
        (Level.LOW, BORED, INTENSIFY),
        (Level.LOW, (None, None), HOLD),
    ],
)
def test_stress_has_the_first_word(
    stress: Level, mood: tuple[float | None, float | None], suggestion: Suggestion
) -> None:
    assert once(mood, stress=stress, profile=Profile.PERSONAL) is suggestion


@pytest.mark.parametrize(
    ("attention", "mood", "suggestion"),
    [
        (0.3, (0.0, 0.25), INTENSIFY),
        (0.4, (0.0, 0.25), HOLD),
        (0.2, ENGAGED, HOLD),
        (None, (0.0, 0.0), INTENSIFY),
    ],
)
def test_an_audience_that_looks_away_or_rests_is_challenged(
    attention: float | None, mood: tuple[float, float], suggestion: Suggestion
) -> None:
    assert once(mood, profile=Profile.PUBLIC, attention=attention) is suggestion


def test_what_is_held_gives_way_only_one_step_further() -> None:
    suggester = Suggester(window_s=30)
    steps = [ANXIOUS, (0.0, 0.0), (0.25, 0.25), BORED, (0.25, 0.0), (0.5, 0.0)]
    taken = [suggester.take(release(number, mood)) for number, mood in enumerate(steps)]
    assert taken == [EASE, EASE, HOLD, INTENSIFY, INTENSIFY, HOLD]


def test_a_suggestion_dwells() -> None:
    suggester = Suggester(window_s=10)
    taken = [suggester.take(release(number, ANXIOUS if number == 0 else ENGAGED)) for number in range(4)]
    assert taken == [EASE, EASE, EASE, HOLD]


@given(
    st.lists(
        st.tuples(st.integers(-4, 4), st.integers(-4, 4)).map(lambda mood: (mood[0] / 4, mood[1] / 4)),
        min_size=2,
        max_size=40,
    ),
    st.sampled_from([5.0, 10.0, 30.0, 60.0]),
)
def test_what_is_known_changes_no_more_often_than_it_dwells(
    moods: list[tuple[float, float]], window_s: float
) -> None:
    suggester = Suggester(window_s=window_s)
    taken = [suggester.take(release(number, mood)) for number, mood in enumerate(moods)]
    changes = [number for number in range(1, len(taken)) if taken[number] is not taken[number - 1]]
    assert all((later - sooner) * window_s >= DWELL_S for sooner, later in pairwise([0, *changes]))


def test_a_withheld_window_is_unknown_at_once_and_forgets() -> None:
    suggester = Suggester(window_s=10)
    steps = [ANXIOUS, (None, None), (0.0, 0.0)]
    taken = [suggester.take(release(number, mood)) for number, mood in enumerate(steps)]
    assert taken == [EASE, UNKNOWN, HOLD]


def test_a_clock_set_back_ends_the_dwell() -> None:
    suggester = Suggester(window_s=1)
    assert suggester.take(release(1000, ANXIOUS)) is EASE
    assert suggester.take(release(5, ENGAGED)) is HOLD


@given(
    st.lists(
        st.builds(
            Release,
            zone=st.just("den"),
            profile=st.sampled_from(Profile),
            window=st.just(0),
            window_s=st.just(10.0),
            state=st.sampled_from(State),
            valence=QUARTERS,
            arousal=QUARTERS,
            stress=st.sampled_from(Level),
            attention=QUARTERS.map(lambda quarter: quarter and abs(quarter)),
        ),
        min_size=1,
        max_size=30,
    )
)
def test_it_depends_on_what_is_published_alone(releases: list[Release]) -> None:
    numbered = [replace(each, window=number) for number, each in enumerate(releases)]
    decoded = [Release.decode(each.encode()) for each in numbered]
    here, there = Suggester(window_s=10), Suggester(window_s=10)
    assert [here.take(each) for each in decoded] == [there.take(each) for each in decoded]
    told = [here.take(each) for each in decoded]
    for suggestion, each in zip(told, decoded, strict=True):
        assert (suggestion is UNKNOWN) == (each.valence is None and each.stress is Level.UNKNOWN)


def test_the_gate_suggests_in_every_profile(tmp_path: Path) -> None:
    happy = room(affect(1), affect(2))
    household = Gate(PrivacyOptions.model_validate({"window_s": 10}), zone="sofa")
    assert closed(household, happy, window_s=10).suggestion is HOLD
    assert closed(household, room(), window_s=10).suggestion is UNKNOWN
    personal = Gate(PrivacyOptions(profile=Profile.PERSONAL), zone="desk")
    stressed = room(affect(1, modality=Modality.PHYSIOLOGY), stress=0.9)
    assert closed(personal, stressed, window_s=5).suggestion is EASE
    public = open_gate(PrivacyOptions(profile=Profile.PUBLIC), zone="hall", state=tmp_path)
    assert closed(public, crowd([0, 400, 0, 0, 0, 0, 0, 0]), window_s=300).suggestion is HOLD
    assert closed(public, room(), window_s=300).suggestion is UNKNOWN
    public.close()


def closed(gate: Gate, state: object, *, window_s: float) -> Release:
    gate.observe(state, (gate._next or 0) * window_s)  # type: ignore[arg-type]
    (verdict,) = gate.close_due(((gate._next or 0) + 1) * window_s)
    return verdict.release


def test_the_breath_of_the_only_wearer_is_told_in_bands() -> None:
    gate = Gate(PrivacyOptions(profile=Profile.PERSONAL), zone="desk")
    wearer = affect(1, modality=Modality.PHYSIOLOGY)
    paced = replace(room(wearer), breathing=Breathing(5.7, 0.9))
    release = closed(gate, paced, window_s=5)
    assert (release.coherence, release.breaths_per_minute) == (Level.HIGH, 5.5)
    assert closed(gate, replace(paced, breathing=Breathing(5.7, 0.62)), window_s=5).coherence is Level.HIGH
    release = closed(gate, room(wearer), window_s=5)
    assert (release.coherence, release.breaths_per_minute) == (Level.UNKNOWN, None)
    another = affect(2, Emotion.FEAR, modality=Modality.PHYSIOLOGY)
    crowded = replace(room(wearer, another), breathing=Breathing(5.7, 0.9))
    assert closed(gate, crowded, window_s=5).coherence is Level.UNKNOWN


def test_no_breath_is_told_of_in_a_household() -> None:
    gate = Gate(PrivacyOptions.model_validate({"window_s": 10}), zone="sofa")
    wearers = (affect(1, modality=Modality.PHYSIOLOGY), affect(2))
    release = closed(gate, replace(room(*wearers), breathing=Breathing(6.0, 0.9)), window_s=10)
    assert (release.coherence, release.breaths_per_minute) == (Level.UNKNOWN, None)
