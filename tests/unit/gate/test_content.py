from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.gate.content import STALE_S, ContentClock
from edge.release import LONGEST_CONTENT_S


def clock(*, position_s: float = 100.0, playing: bool = True, rate: float = 1.0) -> ContentClock:
    """A player that spoke at wall second 1,000."""
    content = ContentClock()
    content.note(content="trailer", position_s=position_s, playing=playing, rate=rate, wall_s=1000.0)
    return content


def test_a_playing_position_runs_on() -> None:
    assert clock().at(1012.34) == ("trailer", 112.3)
    assert clock(rate=1.5).at(1010.0) == ("trailer", 115.0)


def test_a_paused_position_stays() -> None:
    assert clock(playing=False).at(1030.0) == ("trailer", 100.0)


def test_the_newest_message_counts() -> None:
    content = clock()
    content.note(content="film", position_s=5.0, playing=True, rate=1.0, wall_s=1004.0)
    assert content.at(1005.0) == ("film", 6.0)


@pytest.mark.parametrize("wall_s", [1000.0 + STALE_S + 1, 990.0, 0.0, 1e12])
def test_an_old_position_and_a_clock_that_leapt_say_nothing(wall_s: float) -> None:
    assert clock().at(wall_s) == (None, None)


def test_a_window_that_began_just_before_the_message_is_told_as_well() -> None:
    assert clock().at(999.5) == ("trailer", 99.5)
    assert clock(position_s=0.2).at(999.5) == ("trailer", 0.0)


def test_a_player_that_shows_nothing_any_more_says_nothing() -> None:
    content = clock()
    content.note(content=None, position_s=0.0, playing=False, rate=1.0, wall_s=1001.0)
    assert content.at(1002.0) == (None, None)


def test_without_a_player_nothing_is_known() -> None:
    assert ContentClock().at(5.0) == (None, None)


@given(
    st.floats(0, LONGEST_CONTENT_S), st.booleans(), st.floats(0, 16), st.floats(-2.0, STALE_S + 2, width=32)
)
def test_a_position_stays_within_its_bounds(
    position_s: float, playing: bool, rate: float, later_s: float
) -> None:
    _, at_s = clock(position_s=position_s, playing=playing, rate=rate).at(1000.0 + later_s)
    if at_s is not None:
        assert 0 <= at_s <= LONGEST_CONTENT_S
        assert round(at_s, 1) == at_s
