from __future__ import annotations

import datetime as dt
import itertools
import json
import threading
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.publish.lights.lamp import Lamps
from edge.publish.nudge import Breath, Nudge
from edge.publish.options import Hours, NudgeOptions, WledOptions
from edge.publish.pacer import Pacer
from edge.release import Level, Profile, Release, State

NOON = dt.time(12)
OPTIONS = NudgeOptions(held_s=60, pause_s=3600, not_now_s=7200)


def release(window, stress=Level.HIGH):
    return Release("desk", Profile.PERSONAL, window, 30.0, State.NEUTRAL, stress=stress)


def follow(nudge, levels, *, start=0, local=NOON):
    """The windows at which there was a hint."""
    return [
        window
        for window, level in enumerate(levels, start)
        if nudge.follow(release(window, level), now_s=30.0 * window, local=local)
    ]


def test_a_hint_when_stress_stays_high_and_not_again_too_soon():
    assert follow(Nudge(OPTIONS), [Level.HIGH] * 130) == [1, 121]


@pytest.mark.parametrize("between", [Level.LOW, Level.MEDIUM, Level.UNKNOWN])
def test_stress_must_stay_high(between):
    assert follow(Nudge(OPTIONS), [Level.HIGH, between] * 20) == []


def test_a_gap_in_the_windows_begins_anew():
    nudge = Nudge(OPTIONS)
    assert not nudge.follow(release(1), now_s=0, local=NOON)
    assert not nudge.follow(release(7), now_s=0, local=NOON)
    assert nudge.follow(release(8), now_s=0, local=NOON)


def test_not_now():
    nudge = Nudge(OPTIONS)
    nudge.not_now(now_s=0.0)
    assert follow(nudge, [Level.HIGH] * 300) == [240]


def test_the_pace_is_that_of_the_wearer_once_it_is_known():
    nudge = Nudge(OPTIONS)
    assert json.loads(nudge.payload())["breaths_per_minute"] == 6
    nudge.follow(replace(release(1), breaths_per_minute=5.0), now_s=0, local=NOON)
    assert json.loads(nudge.payload())["breaths_per_minute"] == 5
    assert [breath.lasts_s for breath in nudge.breaths()[:2]] == pytest.approx([4.8, 7.2])
    nudge.follow(release(2), now_s=0, local=NOON)
    assert json.loads(nudge.payload())["breaths_per_minute"] == 5, "the last one that was known"


def test_whoever_breathes_along_by_choice_needs_no_hint_for_a_while():
    nudge = Nudge(OPTIONS)
    nudge.now(now_s=0.0)
    assert follow(nudge, [Level.HIGH] * 130) == [120]
    patient = Nudge(OPTIONS)
    patient.not_now(now_s=0.0)
    patient.now(now_s=0.0)
    assert follow(patient, [Level.HIGH] * 300) == [240], "it does not cut a not now short"


def test_quiet_hours_may_span_midnight():
    night = Hours(start=dt.time(22), end=dt.time(8))
    for hour, inside in ((21, False), (22, True), (0, True), (7, True), (8, False)):
        assert night.contains(dt.time(hour)) is inside
        hints = follow(Nudge(OPTIONS), [Level.HIGH] * 5, local=dt.time(hour))
        assert hints == ([] if inside else [1])
    day = Hours(start=dt.time(9), end=dt.time(17))
    assert day.contains(dt.time(9))
    assert not day.contains(dt.time(17))


@given(
    levels=st.lists(st.sampled_from(Level), max_size=400),
    not_nows=st.sets(st.integers(0, 400), max_size=4),
)
def test_hints_keep_their_distance_whatever_happens(levels, not_nows):
    nudge = Nudge(OPTIONS)
    hints, silent_until = [], -1.0
    for window, level in enumerate(levels):
        if window in not_nows:
            nudge.not_now(now_s=30.0 * window)
            silent_until = 30.0 * window + 7200
        if nudge.follow(release(window, level), now_s=30.0 * window, local=NOON):
            assert 30.0 * window >= silent_until
            hints.append(window)
    assert all(30 * (later - earlier) >= 3600 for earlier, later in itertools.pairwise(hints))


def test_breathing_is_slow_and_whole():
    breaths = Nudge(OPTIONS).breaths()
    assert [breath.word for breath in breaths] == ["in", "out"] * 6
    assert sum(breath.lasts_s for breath in breaths) == pytest.approx(60)
    assert breaths[0].lasts_s == pytest.approx(4)


@given(pace=st.floats(4, 10), lasts_s=st.floats(20, 600))
def test_no_pace_comes_near_a_flash(pace, lasts_s):
    options = NudgeOptions(breaths_per_minute=pace, breathing_s=lasts_s)
    assert all(breath.lasts_s > 2 for breath in Nudge(options).breaths())


def test_the_pacer_steps_through_and_ends():
    steps, ended = [], threading.Event()

    def step(breath):
        steps.append(breath)
        if breath is None:
            ended.set()

    exercise = [Breath("in", 0.0), Breath("out", 0.0)]
    Pacer(step).start(exercise)
    assert ended.wait(5)
    assert steps == [*exercise, None]


def test_the_pacer_can_be_stopped_and_runs_one_exercise_at_a_time():
    steps, began = [], threading.Event()

    def step(breath):
        steps.append(breath)
        began.set()

    pacer = Pacer(step)
    pacer.start([Breath("in", 60.0), Breath("out", 60.0)])
    assert began.wait(5)
    pacer.start([Breath("out", 60.0)])
    pacer.stop()
    assert steps == [Breath("in", 60.0), None]


def test_lamps_breathe_and_come_back():
    lamps = Lamps([WledOptions(topic="wled/desk", brightness=0.8)], now_s=lambda: 0.0)
    assert lamps.breathe(Breath("in", 4.0)) == [], "a lamp that shows nothing does not breathe"
    lamps.breathe(None)
    shown = lamps.follow(release(0))
    (swell,) = lamps.breathe(Breath("in", 4.0))
    (sink,) = lamps.breathe(Breath("out", 6.0))
    assert b'"bri":204,"transition":40' in swell.payload
    assert b'"bri":102,"transition":60' in sink.payload
    assert lamps.follow(release(1)) == []
    assert lamps.breathe(None) == shown
