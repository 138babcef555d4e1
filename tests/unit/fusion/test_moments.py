from __future__ import annotations

import numpy as np
import pytest

from edge.emotion import EMOTIONS, Emotion, MomentKind
from edge.fusion.moments import (
    HALF_WINDOW_S,
    SAMPLE_S,
    MomentDetector,
    changes,
    find_moments,
    stack,
    viewers,
)
from edge.signals import Affect, Modality, Moment, RoomState

from .readings import make_affect


def room_of(at_s: float, faces: list[Affect]) -> RoomState:
    pooled = np.mean([face.probabilities for face in faces], axis=0) if faces else np.zeros(8)
    return RoomState(
        at_s=at_s,
        probabilities=pooled,
        valence=None,
        arousal=None,
        quality=0.8 if faces else 0.0,
        stress=None,
        evidence=tuple(faces),
        weights={},
    )


def audience(script, *, viewers: int, length_s: float, seed: int = 1) -> list[RoomState]:
    """`script(at_s)` gives (emotion, facing) of everybody; each idles a little on his own."""
    rng = np.random.default_rng(seed)
    states = []
    for at_s in np.arange(0.0, length_s, SAMPLE_S):
        emotion, facing = script(at_s)
        faces = [
            make_affect(
                Modality.FACE,
                Emotion.SADNESS if rng.random() < 0.05 else emotion,
                who=who,
                start_s=at_s,
                end_s=at_s,
                facing=facing,
            )
            for who in range(viewers)
        ]
        states.append(room_of(float(at_s), faces))
    return states


def live(states: list[RoomState]) -> list[tuple[float, Moment]]:
    detector = MomentDetector()
    found = [(state.at_s, detector.update(state)) for state in states]
    return [(at_s, moment) for at_s, moment in found if moment is not None]


def offline(states: list[RoomState]) -> list[Moment]:
    return find_moments(np.array([s.at_s for s in states]), stack([viewers(s) for s in states]))


def laugh(at_s: float):
    return (Emotion.HAPPINESS if 60 <= at_s < 68 else Emotion.NEUTRAL), 1.0


@pytest.mark.parametrize("viewers", [2, 4, 10])
def test_a_common_laugh_is_a_moment_of_joy(viewers):
    found = live(audience(laugh, viewers=viewers, length_s=120))
    assert [moment.kind for _, moment in found] == [MomentKind.JOY]
    told_s, moment = found[0]
    assert moment.at_s == pytest.approx(60, abs=1)
    assert told_s - moment.at_s <= 1.5 * HALF_WINDOW_S + SAMPLE_S
    assert 0.5 < moment.strength <= 1
    assert moment.confidence > 0.95


def test_live_and_afterwards_agree():
    states = audience(laugh, viewers=5, length_s=120)
    assert [(m.at_s, m.kind) for m in offline(states)] == [(m.at_s, m.kind) for _, m in live(states)]


@pytest.mark.parametrize(
    ("emotion", "kind"),
    [
        (Emotion.SURPRISE, MomentKind.SURPRISE),
        (Emotion.SADNESS, MomentKind.SADNESS),
        (Emotion.ANGER, MomentKind.TENSION),
        (Emotion.FEAR, MomentKind.TENSION),
    ],
)
def test_the_kind_is_what_rose(emotion, kind):
    states = audience(lambda t: (emotion if 60 <= t < 68 else Emotion.NEUTRAL, 1.0), viewers=4, length_s=120)
    assert [moment.kind for moment in offline(states)] == [kind]


def test_turning_away_is_attention_lost_and_coming_back_is_nothing():
    states = audience(lambda t: (Emotion.NEUTRAL, 0.0 if 60 <= t < 70 else 1.0), viewers=4, length_s=120)
    assert [moment.kind for moment in offline(states)] == [MomentKind.ATTENTION_LOST]


def test_a_lively_room_that_falls_dull_is_bored():
    lively = (Emotion.HAPPINESS, Emotion.SURPRISE, Emotion.ANGER)
    rng = np.random.default_rng(4)
    found = offline(
        audience(
            lambda t: (Emotion.NEUTRAL if t >= 80 else lively[rng.integers(3)], 1.0), viewers=4, length_s=120
        )
    )
    assert found[-1].kind is MomentKind.BOREDOM
    assert found[-1].at_s == pytest.approx(80, abs=2)


def test_viewers_who_laugh_each_on_their_own_make_no_moment():
    false = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        moods = np.zeros((5, 240), dtype=bool)
        for who in range(5):
            for start in rng.integers(240, size=6):
                moods[who, start : start + 10] = True
        states = [
            room_of(
                tick * SAMPLE_S,
                [
                    make_affect(
                        Modality.FACE, Emotion.HAPPINESS if mood else Emotion.NEUTRAL, who=who, facing=1.0
                    )
                    for who, mood in enumerate(moods[:, tick])
                ],
            )
            for tick in range(240)
        ]
        false += len(offline(states))
    assert false <= 5


def test_one_viewer_alone_has_moments_too():
    states = audience(
        lambda t: (Emotion.SADNESS if t < 15 else Emotion.HAPPINESS, 1.0), viewers=1, length_s=30
    )
    assert [moment.kind for moment in offline(states)] == [MomentKind.JOY]


def test_a_voice_alone_has_moments_too():
    states = []
    for tick in range(120):
        heard = make_affect(Modality.SPEECH, Emotion.ANGER if tick > 60 else Emotion.NEUTRAL)
        states.append(room_of(tick * SAMPLE_S, [heard]))
    assert [moment.kind for moment in offline(states)] == [MomentKind.TENSION]


def test_nothing_comes_of_nothing():
    assert live([room_of(at_s, []) for at_s in np.arange(0, 60, 0.5)]) == []
    assert live(audience(lambda _: (Emotion.NEUTRAL, 1.0), viewers=1, length_s=3)) == []
    steady = [
        room_of(t, [make_affect(Modality.FACE, Emotion.NEUTRAL, facing=1.0)]) for t in np.arange(0, 60, 0.5)
    ]
    assert live(steady) == []


def test_viewers_may_come_and_go():
    states = audience(laugh, viewers=4, length_s=120)
    absent = {0: lambda at_s: at_s < 20, 1: lambda at_s: at_s > 90}
    thinned = [
        room_of(s.at_s, [f for f in s.evidence if not (f.who in absent and absent[f.who](s.at_s))])
        for s in states
    ]
    assert [moment.kind for moment in offline(thinned)] == [MomentKind.JOY]


def test_an_emptied_room_begins_anew():
    detector = MomentDetector()
    for state in audience(lambda _: (Emotion.NEUTRAL, 1.0), viewers=3, length_s=60):
        detector.update(state)
    later = audience(lambda _: (Emotion.HAPPINESS, 1.0), viewers=3, length_s=60)
    for state in later:
        assert detector.update(room_of(state.at_s + 100, list(state.evidence))) is None


def test_changes_are_those_of_a_step():
    series = np.where(np.arange(40) >= 20, 1.0, 0.0)[:, None]
    moved = changes(series)
    assert moved.argmax() == 20
    assert moved.max() == pytest.approx(1.0)
    np.testing.assert_allclose(changes(-series), -moved)
    assert not changes(series[:5]).any()


def test_every_class_belongs_to_a_kind():
    shares = viewers(room_of(0.0, [make_affect(Modality.FACE, None, facing=1.0)]))
    assert sum(next(iter(shares.values()))) == pytest.approx(len(EMOTIONS) / 8)


def test_who_leaves_makes_room_for_who_comes():
    def seen(*who: int):
        return viewers(room_of(0.0, [make_affect(Modality.FACE, None, who=w, facing=1.0) for w in who]))

    series = stack([seen(1, 2), seen(1, 2), seen(2), seen(2, 3), seen(3), seen(3, 4, 5)])
    there = ~np.isnan(series[..., 0])
    assert there.tolist() == [
        [True, True, False, True, True, True],
        [True, True, True, True, False, True],
        [False, False, False, False, False, True],
    ]
