from __future__ import annotations

import numpy as np
import pytest

from edge.emotion import CIRCUMPLEX, EMOTIONS, Emotion, MomentKind
from edge.fusion.options import FusionOptions
from edge.fusion.room import Fusion
from edge.signals import Modality, Moment
from measure.fusion import concordance, match
from sessions.audiences import Scripted, make_audience
from sessions.bank import Bank, Recorded
from sessions.people import Part, held_out
from sessions.streams import SEGMENT_S, SHARED_CLASSES, Disturbance, make_session, walk

from .readings import make_affect


@pytest.fixture(scope="module")
def bank() -> Bank:
    """Readers that are mostly right, and less so when the signal is degraded."""
    recorded = [
        Recorded(
            emotion.value,
            "somebody",
            clean,
            make_affect(modality, emotion, certainty=certainty, valence=CIRCUMPLEX[emotion][0]),
        )
        for modality in (Modality.FACE, Modality.SPEECH)
        for emotion in SHARED_CLASSES
        for clean, certainty in ((True, 0.6), (False, 0.3))
    ]
    for label, arousal in (("stress", 0.6), ("rest", -0.4)):
        body = make_affect(Modality.PHYSIOLOGY, known=(), arousal=arousal, end_s=60.0)
        recorded += [Recorded(label, "somebody", clean, body) for clean in (True, False)]
    return Bank.of(recorded)


def session_of(bank: Bank, seed: int = 1, **kwargs):
    return make_session(bank, np.random.default_rng(seed), classes=SHARED_CLASSES, **kwargs)


def test_a_seed_gives_one_session(bank):
    one, same, other = (session_of(bank, seed) for seed in (1, 1, 2))
    assert [(at_s, r.modality, r.end_s) for at_s, r in one.arrivals] == [
        (at_s, r.modality, r.end_s) for at_s, r in same.arrivals
    ]
    assert one.truth == same.truth != other.truth


def test_the_script_does_not_depend_on_the_disturbance(bank):
    wrong = session_of(bank, disturbed=Modality.FACE, disturbance=Disturbance.WRONG)
    assert wrong.truth == session_of(bank).truth


def test_readings_show_the_class_in_force(bank):
    session = session_of(bank).only([Modality.FACE])
    for at_s, reading in session.arrivals:
        assert reading.probabilities.argmax() == EMOTIONS.index(session.truth_at(at_s))


def test_a_wrong_modality_never_shows_the_class_in_force(bank):
    session = session_of(bank, disturbed=Modality.FACE, disturbance=Disturbance.WRONG).only([Modality.FACE])
    for at_s, reading in session.arrivals:
        assert reading.probabilities.argmax() != EMOTIONS.index(session.truth_at(at_s))
        assert reading.probabilities.max() > 0.9


def test_delayed_readings_arrive_late_and_lost_ones_not_at_all(bank):
    delayed = session_of(bank, disturbed=Modality.SPEECH, disturbance=Disturbance.DELAYED).only(
        [Modality.SPEECH]
    )
    delays_s = np.array([at_s - reading.end_s for at_s, reading in delayed.only([Modality.SPEECH]).arrivals])
    np.testing.assert_allclose(delays_s, 2.0)
    lost = session_of(bank, disturbed=Modality.SPEECH, disturbance=Disturbance.LOST).only([Modality.SPEECH])
    assert max(at_s for at_s, _ in lost.arrivals) < lost.lost_at_s


def test_a_stale_reader_repeats_what_it_said_in_the_segment_before(bank):
    session = session_of(bank, disturbed=Modality.FACE, disturbance=Disturbance.STALE).only([Modality.FACE])
    for at_s, reading in session.arrivals:
        said = EMOTIONS[int(reading.probabilities.argmax())]
        segment = int(at_s / SEGMENT_S)
        assert said is session.truth[segment - segment % 2]


def test_a_wrong_modality_is_as_good_a_signal_as_a_right_one(bank):
    right, wrong = (
        session_of(bank, disturbed=Modality.FACE, disturbance=what).only([Modality.FACE])
        for what in (Disturbance.NONE, Disturbance.WRONG)
    )
    assert {r.quality for _, r in right.arrivals} == {r.quality for _, r in wrong.arrivals}


def test_the_fusion_follows_a_session(bank):
    followed = walk(session_of(bank), Fusion(FusionOptions()))
    assert np.mean(followed.probabilities.argmax(axis=1) == followed.truth) > 0.95
    np.testing.assert_allclose(followed.probabilities.sum(axis=1), 1.0)


def test_an_audience_reacts_when_the_script_says(bank):
    audience = make_audience(bank, np.random.default_rng(3), viewers=4, kinds=(MomentKind.JOY,))
    at_s = audience.moments[0].at_s
    joy = [
        np.mean(
            [
                r.probabilities[EMOTIONS.index(Emotion.HAPPINESS)]
                for r in audience.readings
                if low < r.end_s < high
            ]
        )
        for low, high in ((at_s - 4, at_s), (at_s + 1, at_s + 4))
    ]
    assert joy[1] > joy[0] + 0.2
    assert not make_audience(bank, np.random.default_rng(3), viewers=2, kinds=()).moments


def test_people_are_in_one_part_or_in_training():
    people = [f"actor_{number:02}" for number in range(18)]
    parts = held_out(people)
    assert set(parts.values()) == set(Part)
    assert len(parts) <= 0.7 * len(people)
    assert held_out(reversed(people)) == parts


def test_moments_match_once_and_within_the_tolerance():
    told = [Moment(at_s, MomentKind.JOY, 0.5, 0.99) for at_s in (10.0, 11.0, 30.0)]
    pairs, left = match(told, (Scripted(10.5, MomentKind.JOY), Scripted(50.0, MomentKind.JOY)))
    assert len(pairs) == 1
    assert [truth.at_s for truth in left] == [50.0]


def test_concordance_punishes_a_shift_that_correlation_forgives():
    truth = np.linspace(-1, 1, 50)
    assert concordance(truth, truth) == pytest.approx(1.0)
    assert concordance(truth + 1.0, truth) < 0.6
    assert concordance(np.full(50, np.nan), truth) is None
