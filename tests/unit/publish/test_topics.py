"""The topic page tells the truth about every payload."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import write_topics
from edge.emotion import Emotion, MomentKind
from edge.publish.node import Node
from edge.publish.nudge import Nudge
from edge.publish.options import NudgeOptions
from edge.release import (
    CONTENT_PATTERN,
    LONGEST_CONTENT_S,
    PAYLOAD_BYTES,
    Level,
    Profile,
    Release,
    State,
    Suggestion,
)

SNAPSHOTS = Path(__file__).parent / "snapshots"
QUARTERS = st.none() | st.integers(-4, 4).map(lambda quarter: quarter / 4)
SHARES = st.none() | st.integers(0, 10).map(lambda tenth: tenth / 10)
RELEASES = st.builds(
    Release,
    zone=st.sampled_from(["room", "living_room", "z" * 64]),
    profile=st.sampled_from(Profile),
    window=st.integers(0, 2**40),
    window_s=st.sampled_from([5.0, 10.0, 300.0, 86399.12345678901]),
    state=st.sampled_from(State),
    valence=QUARTERS,
    arousal=QUARTERS,
    stress=st.sampled_from(Level),
    quality=st.sampled_from(Level),
    people=st.sampled_from(["unknown", "<10", "10-19"]),
    shares=st.just(()) | st.tuples(*(st.tuples(st.just(emotion), SHARES) for emotion in Emotion)),
    epsilon=st.none() | st.floats(0, 10),
    suggestion=st.sampled_from(Suggestion),
    coherence=st.sampled_from(Level),
    breaths_per_minute=st.none() | st.integers(9, 13).map(lambda half: half / 2),
    attention=SHARES,
    moment=st.none() | st.sampled_from(MomentKind),
    moment_s=st.none() | st.floats(0, 86400).map(lambda seconds: round(seconds, 1)),
    content=st.none() | st.from_regex(CONTENT_PATTERN.replace("$", r"\Z"), fullmatch=True),
    content_s=st.none() | st.floats(0, LONGEST_CONTENT_S).map(lambda seconds: round(seconds, 1)),
)


def test_the_page_is_up_to_date():
    assert write_topics.PAGE.read_text(encoding="utf-8") == write_topics.page(), "run tools/write_topics.py"


@given(release=RELEASES)
def test_every_release_fits_its_schema(release):
    schema = write_topics.state_schema(release.profile)
    Draft202012Validator(schema).validate(json.loads(release.encode()))


@given(release=RELEASES)
def test_every_release_has_one_size_and_survives_the_way(release):
    encoded = release.encode()
    assert len(encoded) == PAYLOAD_BYTES
    assert Release.decode(encoded).encode() == encoded


@pytest.mark.parametrize("profile", Profile)
def test_the_payload_of_a_profile_stays_as_it_is(profile):
    release = Release(
        "room",
        profile,
        7,
        60.0,
        State.HAPPINESS,
        0.5,
        0.25,
        stress=Level.LOW,
        quality=Level.HIGH,
        people="20-29",
        shares=tuple((emotion, 0.1) for emotion in Emotion),
        epsilon=1.0,
        suggestion=Suggestion.HOLD,
        coherence=Level.MEDIUM,
        breaths_per_minute=5.5,
        attention=0.8,
        moment=MomentKind.JOY,
        moment_s=20.0,
        content="trailer-3",
        content_s=184.5,
    )
    snapshot = SNAPSHOTS / f"state_{profile}.json"
    assert release.encode().decode().rstrip() == snapshot.read_text(encoding="utf-8").rstrip()


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
