from __future__ import annotations

import numpy as np
import pytest

from edge.analysis.content import Scene
from edge.analysis.findings import (
    count_audience,
    find_reactions,
    find_synchrony,
    mean,
    summarise_scenes,
    thinned,
)
from edge.analysis.seats import Seats, faces_in_view
from edge.analysis.timeline import Tick
from edge.emotion import Emotion, MomentKind

from .made import analysis, face, reaction, room


def seats_of(script, *, viewers: int, length_s: float = 120.0, seed: int = 1) -> Seats:
    """`script(viewer, at_s)` gives the emotion of each, who idles a little."""
    rng = np.random.default_rng(seed)
    seats = Seats()
    for at_s in np.arange(0.5, length_s, 0.5):
        faces = []
        for viewer in range(viewers):
            emotion = script(viewer, at_s)
            if emotion is Emotion.NEUTRAL and rng.random() < 0.04:
                emotion = Emotion.HAPPINESS
            if emotion is not None:
                faces.append(face(viewer, at_s, emotion))
        seats.note(room(at_s, *faces))
    return seats


def test_a_shared_laugh_is_found_and_who_joined_is_counted():
    def laugh(viewer: int, at_s: float) -> Emotion:
        return Emotion.HAPPINESS if 60 <= at_s < 70 and viewer != 3 else Emotion.NEUTRAL

    found = find_reactions(seats_of(laugh, viewers=4))
    assert [each.moment.kind for each in found] == [MomentKind.JOY]
    assert found[0].moment.at_s == pytest.approx(60, abs=2)
    assert (found[0].joined, found[0].viewers) == (3, 4)


def test_nothing_is_found_where_nothing_happens():
    assert find_reactions(seats_of(lambda *_: Emotion.NEUTRAL, viewers=4)) == ()
    assert find_reactions(Seats()) == ()


def test_a_long_gap_is_no_moment():
    def before_and_after(_: int, at_s: float) -> Emotion | None:
        return None if 50 <= at_s < 70 else Emotion.NEUTRAL if at_s < 60 else Emotion.HAPPINESS

    assert find_reactions(seats_of(before_and_after, viewers=2)) == ()


def test_a_face_lost_and_found_is_one_viewer():
    seats = Seats()
    for at_s in np.arange(0.5, 60, 0.5):
        who = 1 if at_s < 30 else 2
        # What was read last is remembered for some seconds beside the new token.
        old = [face(1, 29.5, Emotion.NEUTRAL)] if 30 <= at_s < 34 else []
        seats.note(room(at_s, face(who, at_s, Emotion.NEUTRAL), *old))
    assert seats.reactions().shape[0] == 1
    assert seats.valences().shape[0] == 1
    assert len(seats.visits_s) == 2


def test_two_faces_at_once_are_two_viewers():
    seats = seats_of(lambda *_: Emotion.NEUTRAL, viewers=2, length_s=20)
    assert seats.reactions().shape[0] == seats.valences().shape[0] == 2


def test_a_face_that_is_only_remembered_is_not_in_view():
    state = room(10.0, face(1, 9.8, Emotion.NEUTRAL), face(2, 7.0, Emotion.NEUTRAL))
    assert [seen.who for seen in faces_in_view(state)] == [1]


def test_synchrony_tells_together_from_alone():
    def wave(viewer: int, at_s: float, *, lag: int) -> Emotion:
        return Emotion.HAPPINESS if (at_s // 10 + viewer * lag) % 5 < 2 else Emotion.SADNESS

    together = find_synchrony(seats_of(lambda v, t: wave(v, t, lag=0), viewers=3))
    alone = find_synchrony(seats_of(lambda v, t: wave(v, t, lag=2), viewers=3))
    assert together is not None
    assert alone is not None
    assert together[0] > 0.9
    assert together[1] <= 0.05
    assert alone[0] < 0.1
    assert find_synchrony(seats_of(lambda *_: Emotion.NEUTRAL, viewers=1)) is None
    assert find_synchrony(Seats()) is None


def test_who_left_early_is_not_compared():
    def leaves(viewer: int, at_s: float) -> Emotion | None:
        return None if viewer == 1 and at_s > 40 else Emotion.HAPPINESS if at_s % 20 < 8 else Emotion.NEUTRAL

    assert find_synchrony(seats_of(leaves, viewers=2)) is None


def test_the_audience_is_counted():
    ticks = [Tick(n, 1.0, (1.0,), people=p, facing=f) for n, (p, f) in enumerate([(0, 0), (2, 1), (4, 2)])]
    counted = count_audience(ticks, [1.0, 5.0, 29.9, 200.0])
    assert counted is not None
    assert (counted.most, counted.mean, counted.attention) == (4, 3.0, 0.5)
    assert counted.visits == (1, 2, 0, 1)
    assert count_audience([Tick(0, 1.0)], []) is None


def test_scenes_are_summed_up():
    made = analysis()
    early, late, empty = summarise_scenes(
        [Scene("a", 0, 12), Scene("b", 12, 40), Scene("c", 40, 45)], made.ticks, [reaction(30.0)]
    )
    assert (early.moments, late.moments) == ((), (1,))
    assert late.valence == pytest.approx(0.5)
    assert empty.valence is empty.attention is None


def test_a_mean_of_nothing_is_unknown():
    assert mean([]) is None
    assert mean([(None, 1.0)]) is None
    assert mean([(1.0, 1.0), (None, 9.0), (4.0, 2.0)]) == pytest.approx(3.0)


def test_thinning_keeps_means_and_what_is_unknown():
    ticks = [Tick(n, 1.0, (1.0, *[0.0] * 7) if n < 6 else (), 0.5 if n < 6 else None) for n in range(12)]
    thin = thinned(ticks, most=3)
    assert [(tick.start_s, tick.span_s, tick.valence) for tick in thin] == [
        (0, 4, 0.5),
        (4, 4, 0.5),
        (8, 4, None),
    ]
    assert thinned(ticks, most=12) is ticks
