"""What a player may say, and that nothing else is taken for it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import write_topics
from edge.publish.player import MOST_BYTES, Position, parse_position

GOOD = {"content": "trailer-3", "position_s": 12.5, "playing": True, "rate": 1.5}
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=8,
)


def parse(**keys: object) -> Position | None:
    return parse_position(json.dumps(GOOD | keys).encode(), retained=False)


def test_a_position_is_understood():
    assert parse() == Position("trailer-3", 12.5, playing=True, rate=1.5)
    assert parse(position_s=0, playing=False) == Position("trailer-3", 0.0, playing=False, rate=1.5)
    short = b'{"content":"a","position_s":3}'
    assert parse_position(short, retained=False) == Position("a", 3.0, playing=True, rate=1.0)
    assert parse_position(b'{"content":null}', retained=False) == Position(None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"content": ""},
        {"content": "x" * 33},
        {"content": "two words"},
        {"content": "Ünicode"},
        {"content": "line\n"},
        {"content": "../secret/"},
        {"content": 7},
        {"content": None},
        {"position_s": -0.1},
        {"position_s": 1e7},
        {"position_s": 10**400},
        {"position_s": float("nan")},
        {"position_s": float("inf")},
        {"position_s": "12"},
        {"position_s": True},
        {"position_s": None},
        {"playing": 1},
        {"playing": None},
        {"rate": -1},
        {"rate": 17},
        {"rate": False},
        {"viewer": "somebody"},
    ],
)
def test_what_is_wrong_in_one_place_is_no_position(wrong):
    assert parse(**wrong) is None


@given(payload=st.fixed_dictionaries({}, optional={key: st.just(GOOD[key]) | JSON for key in GOOD}))
def test_the_schema_and_the_parser_agree(payload):
    fits = Draft202012Validator(write_topics.position_schema()).is_valid(payload)
    encoded = json.dumps(payload).encode()
    if len(encoded) <= MOST_BYTES and "NaN" not in str(encoded):
        assert fits == (parse_position(encoded, retained=False) is not None)


def test_a_retained_position_is_old_news():
    assert parse_position(json.dumps(GOOD).encode(), retained=True) is None


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff",
        b"null",
        b"[]",
        b"{}",
        b"[" * 500,
        b'{"content":"a"',
        json.dumps(GOOD).encode().ljust(600),
    ],
)
def test_what_is_no_object_is_no_position(payload):
    assert parse_position(payload, retained=False) is None


@given(payload=st.binary(max_size=80) | JSON.map(lambda value: json.dumps(value).encode()))
def test_nothing_else_is_taken_for_a_position(payload):
    assert parse_position(payload, retained=False) in (None, Position(None))


@given(keys=st.fixed_dictionaries({}, optional=dict.fromkeys(GOOD, JSON)))
def test_what_is_taken_for_a_position_is_within_bounds(keys):
    payload = json.dumps(keys).encode()
    position = parse_position(payload, retained=False)
    if position is not None and position.content is not None:
        assert len(payload) <= MOST_BYTES
        assert 0 <= position.position_s <= 1e6
        assert 0 <= position.rate <= 16
