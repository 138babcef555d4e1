from __future__ import annotations

from collections.abc import Callable

from edge.face.detector import Face
from edge.face.tracking import FaceTracker

MakeFace = Callable[..., Face]


def test_a_moving_face_keeps_its_token(make_face: MakeFace) -> None:
    tracker = FaceTracker()
    tokens = {
        tracker.update([make_face((100.0 + 10 * step, 200.0))], step * 0.2)[0].who for step in range(20)
    }
    assert len(tokens) == 1


def test_two_faces_that_change_their_order_keep_their_tokens(make_face: MakeFace) -> None:
    tracker = FaceTracker()
    left, right = make_face((100.0, 200.0)), make_face((400.0, 200.0))
    first = [track.who for track in tracker.update([left, right], 0.0)]
    second = [track.who for track in tracker.update([right, left], 0.2)]
    assert second == first[::-1]
    assert first[0] != first[1]


def test_a_short_absence_is_bridged_and_a_long_one_is_not(make_face: MakeFace) -> None:
    tracker = FaceTracker()
    face = make_face()
    (first,) = tracker.update([face], 0.0)
    assert tracker.update([], 0.5) == []
    (back,) = tracker.update([face], 1.0)
    assert back.who == first.who
    (stranger,) = tracker.update([face], 9.0)
    assert stranger.who != first.who


def test_forgetting_gives_a_new_token(make_face: MakeFace) -> None:
    tracker = FaceTracker()
    (first,) = tracker.update([make_face()], 0.0)
    tracker.forget()
    (second,) = tracker.update([make_face()], 0.1)
    assert second.who != first.who


def test_an_unsure_face_is_followed_but_not_begun(make_face: MakeFace) -> None:
    tracker = FaceTracker()
    unsure = make_face(score=0.5)
    assert tracker.update([unsure], 0.0) == []
    (sure,) = tracker.update([make_face(score=0.9)], 0.2)
    (followed,) = tracker.update([unsure], 0.4)
    assert followed.who == sure.who


def test_tokens_of_two_trackers_do_not_repeat(make_face: MakeFace) -> None:
    tokens = {FaceTracker().update([make_face()], 0.0)[0].who for _ in range(50)}
    assert len(tokens) == 50


def test_faces_that_pass_each_other_keep_their_tokens(make_face: MakeFace) -> None:
    tracker = FaceTracker()
    first: list[int] = []
    for step in range(21):
        left = make_face((100.0 + 20 * step, 200.0), eye_distance=40.0)
        right = make_face((500.0 - 20 * step, 230.0), eye_distance=40.0)
        tokens = [track.who for track in tracker.update([left, right], step * 0.1)]
        first = first or tokens
    assert tokens == first


def test_a_face_is_expected_where_it_goes_but_not_for_long(make_face: MakeFace) -> None:
    tracker = FaceTracker()
    for step in range(10):
        (track,) = tracker.update([make_face((100.0 + 10 * step, 200.0))], step * 0.1)
    soon, late = track.expected(1.1), track.expected(2.0)
    assert 200.0 < soon.box[[0, 2]].mean() < 215.0
    assert late.box[[0, 2]].mean() < 240.0
    assert soon.keypoints[:, 0].mean() - track.face.keypoints[:, 0].mean() > 10.0


def test_those_seen_lately_are_followed_without_a_look(make_face: MakeFace) -> None:
    tracker = FaceTracker()
    (track,) = tracker.update([make_face()], 0.0)
    assert tracker.followed(1.0) == [track]
    assert tracker.followed(3.0) == []


def test_more_faces_than_tracks_and_more_tracks_than_faces(make_face: MakeFace) -> None:
    tracker = FaceTracker()
    row = [make_face((100.0 + 150 * place, 200.0), eye_distance=40.0) for place in range(10)]
    tokens = [track.who for track in tracker.update(row, 0.0)]
    assert len(set(tokens)) == 10
    assert [track.who for track in tracker.update(row[3:5], 0.2)] == tokens[3:5]
    assert [track.who for track in tracker.update(row[::-1], 0.4)] == tokens[::-1]
