from __future__ import annotations

import pytest

from edge.face.upright import Upright


def watch(upright: Upright, *, right_way: int | None, seconds: float, since_s: float = 0.0) -> int:
    """Show a picture with a face that is seen with so many quarter turns; returns the trials made."""
    trials = 0
    for step in range(int(seconds * 5)):
        at_s = since_s + step / 5
        score = 0.9 if upright.turns == right_way else 0.6
        if (turns := upright.trial(score, at_s)) is not None:
            trials += 1
            upright.tried(0.9 if turns == right_way else 0.1)
    return trials


@pytest.mark.parametrize("right_way", [1, 2, 3])
def test_a_picture_on_its_side_is_turned_within_seconds(right_way: int) -> None:
    upright = Upright()
    watch(upright, right_way=right_way, seconds=6)
    assert upright.turns == right_way


def test_a_picture_that_comes_back_upright_is_turned_back() -> None:
    upright = Upright()
    watch(upright, right_way=1, seconds=6)
    watch(upright, right_way=0, seconds=6, since_s=6.0)
    assert upright.turns == 0


def test_with_a_face_nothing_is_tried_and_without_one_every_second_look() -> None:
    assert watch(Upright(), right_way=0, seconds=60) == 0
    empty = Upright()
    assert watch(empty, right_way=None, seconds=60) == pytest.approx(58 * 5 / 2, abs=2)
    assert empty.turns == 0


def test_one_odd_hit_turns_nothing() -> None:
    upright = Upright()
    for step in range(200):
        if upright.trial(0.0, step / 5) is not None:
            assert not upright.tried(0.9 if step % 8 == 0 else 0.0)
    assert upright.turns == 0
