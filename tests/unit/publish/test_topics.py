"""The topic page tells the truth about every payload."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import write_topics
from edge.emotion import Emotion
from edge.publish.node import Node
from edge.publish.nudge import Nudge
from edge.publish.options import NudgeOptions
from edge.release import Level, Profile, Release, State

QUARTERS = st.none() | st.integers(-4, 4).map(lambda quarter: quarter / 4)
SHARES = st.none() | st.integers(0, 10).map(lambda tenth: tenth / 10)
RELEASES = st.builds(
    Release,
    zone=st.sampled_from(["room", "living_room"]),
    profile=st.sampled_from(Profile),
    window=st.integers(0, 2**40),
    window_s=st.sampled_from([5.0, 10.0, 300.0]),
    state=st.sampled_from(State),
    valence=QUARTERS,
    arousal=QUARTERS,
    stress=st.sampled_from(Level),
    quality=st.sampled_from(Level),
    people=st.sampled_from(["unknown", "<10", "10-19"]),
    shares=st.just(()) | st.tuples(*(st.tuples(st.just(emotion), SHARES) for emotion in Emotion)),
    epsilon=st.none() | st.floats(0, 10),
)


def test_the_page_is_up_to_date():
    assert write_topics.PAGE.read_text(encoding="utf-8") == write_topics.page(), "run tools/write_topics.py"


@given(release=RELEASES)
def test_every_release_fits_its_schema(release):
    schema = write_topics.state_schema(release.profile)
    Draft202012Validator(schema).validate(json.loads(release.encode()))


@pytest.mark.parametrize(
    "wrong", [{"state": "love"}, {"valence": 0.3}, {"who": 12}, {"quality": None}, {"shares": {}}]
)
def test_the_schema_refuses_what_is_no_release(wrong):
    release = Release("room", Profile.HOUSEHOLD, 1, 10.0, State.NEUTRAL)
    schema = write_topics.state_schema(Profile.HOUSEHOLD)
    assert not Draft202012Validator(schema).is_valid(release.payload() | wrong)


def test_a_hint_fits_its_schema():
    hint = json.loads(Nudge(NudgeOptions()).payload())
    Draft202012Validator(write_topics.nudge_schema()).validate(hint)


@pytest.mark.parametrize("profile", Profile)
def test_info_fits_its_schema(profile):
    node = Node("pi", "Pi", "1", profile, 10.0, ("room",), models={"face": "0" * 64})
    Draft202012Validator(write_topics.info_schema()).validate(node.info())
