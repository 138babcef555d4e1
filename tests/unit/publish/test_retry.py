from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from edge.publish.options import Protocol
from edge.publish.retry import Backoff, Dialect


@given(seed=st.integers(), most_s=st.floats(1, 100))
def test_waits_grow_to_a_limit_and_differ_between_devices(seed, most_s):
    backoff = Backoff(first_s=0.5, rng=random.Random(seed))
    waits = [backoff.next_s(most_s=most_s) for _ in range(20)]
    assert 0.25 <= waits[0] <= 0.5
    assert all(most_s / 2 <= wait <= most_s for wait in waits[8:])
    assert len(set(waits)) > 1
    backoff.reset()
    assert backoff.next_s(most_s=most_s) <= 0.5


def test_falls_back_and_remembers():
    dialect = Dialect(Protocol.AUTO)
    assert dialect.current is Protocol.V5
    assert dialect.misunderstood()
    assert dialect.current is Protocol.V311
    dialect.answered()
    for _ in range(2):
        assert not dialect.misunderstood()
        assert dialect.current is Protocol.V311


def test_a_broker_that_knew_5_is_not_talked_down_by_a_restart():
    dialect = Dialect(Protocol.AUTO)
    dialect.answered()
    assert not dialect.misunderstood()
    assert not dialect.misunderstood()
    assert dialect.current is Protocol.V5
    assert dialect.misunderstood()
    assert dialect.current is Protocol.V311


def test_silence_in_both_is_not_tried_without_a_pause():
    dialect = Dialect(Protocol.AUTO)
    assert dialect.misunderstood()
    assert not dialect.misunderstood()
    assert dialect.current is Protocol.V5


def test_what_the_config_says_is_kept():
    for wanted in (Protocol.V5, Protocol.V311):
        dialect = Dialect(wanted)
        for _ in range(5):
            assert not dialect.misunderstood()
            assert dialect.current is wanted
