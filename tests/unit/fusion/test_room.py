from __future__ import annotations

import itertools
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from edge.emotion import EMOTIONS, Emotion, MomentKind, valence_arousal
from edge.fusion.options import FusionOptions
from edge.fusion.room import Fusion
from edge.signals import Affect, Breathing, Modality

from .readings import make_affect

HAPPINESS = EMOTIONS.index(Emotion.HAPPINESS)
SPOKEN = tuple(emotion for emotion in EMOTIONS if emotion is not Emotion.CONTEMPT)


def room(*readings: Affect) -> Fusion:
    fusion = Fusion(FusionOptions())
    for reading in readings:
        fusion.add(reading)
    return fusion


def face(emotion: Emotion | None = Emotion.HAPPINESS, **fields: object) -> Affect:
    return make_affect(Modality.FACE, emotion, **fields)


def speech(emotion: Emotion | None = Emotion.HAPPINESS, **fields: object) -> Affect:
    return make_affect(Modality.SPEECH, emotion, **{"known": SPOKEN, **fields})


def body(**fields: object) -> Affect:
    return make_affect(Modality.PHYSIOLOGY, **{"known": (), "arousal": 0.2, "stress": 0.6, **fields})


def test_an_empty_room_knows_nothing():
    state = room().state(5.0)
    assert not state.probabilities.any()
    assert (state.quality, state.valence, state.arousal, state.stress) == (0.0, None, None, None)
    assert (state.evidence, state.weights) == ((), {})


@pytest.mark.parametrize("with_face", [False, True])
@pytest.mark.parametrize("with_speech", [False, True])
@pytest.mark.parametrize("with_body", [False, True])
def test_any_subset_of_modalities_gives_a_state(with_face, with_speech, with_body):
    readings = [
        r for r, there in ((face(), with_face), (speech(), with_speech), (body(), with_body)) if there
    ]
    state = room(*readings).state(1.5)
    assert state.probabilities.sum() == pytest.approx(1.0 if readings else 0.0)
    assert set(state.weights) == {reading.modality for reading in readings}
    assert sum(state.weights.values()) == pytest.approx(1.0 if readings else 0.0)
    assert (state.stress is not None) == with_body
    if with_face or with_speech:
        assert state.probabilities.argmax() == HAPPINESS


@given(st.permutations([face(), face(Emotion.ANGER, who=2), speech(Emotion.FEAR), body()]))
def test_the_order_of_arrival_does_not_matter(readings):
    expected = room(face(), face(Emotion.ANGER, who=2), speech(Emotion.FEAR), body()).state(2.0)
    state = room(*readings).state(2.0)
    np.testing.assert_allclose(state.probabilities, expected.probabilities)
    assert state.quality == pytest.approx(expected.quality)
    assert state.evidence == tuple(sorted(readings, key=lambda r: (r.modality, r.who)))


def test_stale_evidence_loses_half_of_its_weight_in_a_half_life_and_is_dropped_at_its_age():
    options = FusionOptions()
    fusion = room(face(quality=0.8, end_s=1.0))
    assert fusion.state(1.0).quality == pytest.approx(0.8)
    assert fusion.state(1.0 + options.half_life_s.face).quality == pytest.approx(0.4)
    assert fusion.state(1.0 + options.max_age_s.face).quality == 0.0
    assert fusion.state(1.0).evidence == ()


def test_fading_is_monotone_and_tends_to_the_uniform():
    fusion = room(face(), speech(), body())
    states = [fusion.state(at_s) for at_s in np.arange(1.0, 16.0, 0.5)]
    qualities = [state.quality for state in states]
    certainties = [state.probabilities[HAPPINESS] for state in states]
    assert qualities == sorted(qualities, reverse=True)
    assert certainties == sorted(certainties, reverse=True)


def test_a_lost_modality_leaves_without_a_jump():
    fusion = room(face(Emotion.HAPPINESS, valence=0.8), speech(Emotion.SADNESS, valence=-0.6))
    states = []
    for at_s in np.arange(1.0, 20.0, 0.1):
        fusion.add(speech(Emotion.SADNESS, valence=-0.6, start_s=at_s - 1, end_s=at_s))
        states.append(fusion.state(float(at_s)))
    steps = [np.abs(b.probabilities - a.probabilities).sum() for a, b in itertools.pairwise(states)]
    leaps = [abs(b.valence - a.valence) for a, b in itertools.pairwise(states)]
    assert states[-1].probabilities.argmax() == EMOTIONS.index(Emotion.SADNESS)
    assert max(steps) < 0.1
    assert max(leaps) < 0.05


def test_a_delayed_reading_counts_for_the_time_it_speaks_for():
    late = room(face(Emotion.HAPPINESS, start_s=0.0, end_s=1.0)).state(3.0)
    prompt = room(face(Emotion.HAPPINESS, start_s=2.0, end_s=3.0)).state(3.0)
    assert late.probabilities[HAPPINESS] < prompt.probabilities[HAPPINESS]


def test_a_reading_that_comes_out_of_order_does_not_replace_a_newer_one():
    fusion = room(
        face(Emotion.ANGER, start_s=3.0, end_s=4.0), face(Emotion.HAPPINESS, start_s=2.0, end_s=3.0)
    )
    assert fusion.state(4.0).probabilities.argmax() == EMOTIONS.index(Emotion.ANGER)


def test_a_clock_that_ran_ahead_does_not_silence_its_source_for_ever():
    fusion = room(face(Emotion.ANGER, start_s=999.0, end_s=1000.0))
    assert fusion.state(1.0).quality == 0.0
    fusion.add(face(Emotion.HAPPINESS, start_s=1.0, end_s=2.0))
    assert fusion.state(2.0).probabilities.argmax() == HAPPINESS


@pytest.mark.parametrize("drift_s", [-2.0, 2.0])
def test_a_drifting_clock_costs_weight_whichever_way_it_drifts(drift_s):
    true = room(face(start_s=9.0, end_s=10.0)).state(9.5)
    drifted = room(face(start_s=9.0 + drift_s, end_s=10.0 + drift_s)).state(9.5)
    assert 0 < drifted.quality < true.quality
    assert drifted.probabilities.argmax() == HAPPINESS


def test_a_worthless_reading_is_no_evidence():
    assert room(face(quality=0.0)).state(1.0).evidence == ()


def test_the_better_seen_face_speaks_louder():
    state = room(face(quality=0.9), face(Emotion.ANGER, who=2, quality=0.3)).state(1.0)
    assert state.probabilities.argmax() == HAPPINESS


def test_many_equal_faces_say_what_one_says():
    one = room(face()).state(1.0)
    ten = room(*(face(who=who) for who in range(10))).state(1.0)
    np.testing.assert_allclose(ten.probabilities, one.probabilities)
    assert ten.quality == pytest.approx(one.quality)


def test_what_readings_measure_beyond_their_classes_is_a_quality_weighted_mean():
    implied = room(face(), speech(quality=0.4)).state(1.0)
    own = [valence_arousal(reading.probabilities)[0] for reading in (face(), speech())]
    state = room(face(valence=own[0] + 0.2), speech(quality=0.4, valence=own[1] - 0.1)).state(1.0)
    assert state.valence == pytest.approx(implied.valence + (0.8 * 0.2 - 0.4 * 0.1) / 1.2)


def test_valence_follows_the_fused_classes():
    assert room(face(Emotion.HAPPINESS)).state(1.0).valence > 0.4
    assert room(face(Emotion.ANGER)).state(1.0).valence < -0.2
    both = room(face(Emotion.HAPPINESS), speech(Emotion.HAPPINESS)).state(1.0)
    assert both.valence > room(face(Emotion.HAPPINESS)).state(1.0).valence


def test_bodily_arousal_speaks_where_no_face_or_voice_does():
    assert room(body(arousal=0.5)).state(1.0).arousal == pytest.approx(0.5)
    assert room(body(arousal=0.5)).state(1.0).valence is None
    calm, tense = (room(face(), body(arousal=arousal)).state(1.0).arousal for arousal in (-0.5, 0.5))
    assert calm == pytest.approx(tense, abs=0.05)


@given(st.floats(-1, 1), st.floats(-1, 1), st.sampled_from(list(Emotion)))
def test_valence_and_arousal_stay_on_the_plane(valence, arousal, emotion):
    state = room(face(emotion, valence=valence, arousal=arousal), body(arousal=arousal)).state(1.0)
    assert -1 <= state.valence <= 1
    assert -1 <= state.arousal <= 1


def test_readings_of_one_person_settle_and_an_utterance_that_goes_on_replaces_itself():
    flicker = room(
        *(face(Emotion.HAPPINESS, start_s=at_s, end_s=at_s + 0.2) for at_s in np.arange(0, 2, 0.2)),
        face(Emotion.ANGER, start_s=2.0, end_s=2.2),
    )
    assert flicker.state(2.2).probabilities.argmax() == HAPPINESS
    growing = room(
        *(speech(Emotion.HAPPINESS, start_s=0.0, end_s=at_s) for at_s in np.arange(1, 3, 0.5)),
        speech(Emotion.ANGER, start_s=0.0, end_s=3.0),
    )
    assert growing.state(3.0).probabilities.argmax() == EMOTIONS.index(Emotion.ANGER)


def test_two_readers_that_contradict_each_other_for_minutes_are_believed_less():
    states = {}
    for heard in (Emotion.HAPPINESS, Emotion.ANGER):
        fusion = room()
        for at_s in range(1, 240):
            fusion.add(face(Emotion.HAPPINESS, start_s=at_s - 1.0, end_s=float(at_s)))
            fusion.add(speech(heard, start_s=at_s - 1.0, end_s=float(at_s)))
            states[heard] = fusion.state(float(at_s))
    assert states[Emotion.ANGER].quality < states[Emotion.HAPPINESS].quality - 0.05
    assert states[Emotion.ANGER].probabilities.max() < states[Emotion.HAPPINESS].probabilities.max()
    assert np.isfinite(states[Emotion.ANGER].probabilities).all()


def test_what_has_gone_is_forgotten():
    fusion = room(*(face(who=who) for who in range(1000)))
    fusion.state(100.0)
    assert not fusion._evidence._held


def test_a_tick_costs_less_than_a_millisecond():
    readings = [*(face(who=who, valence=0.1, arousal=0.1) for who in range(10)), speech(), body()]
    fusion = room(*readings)
    costs = []
    for _ in range(50):
        start = time.thread_time()
        fusion.state(1.5)
        costs.append(time.thread_time() - start)
    assert sorted(costs)[len(costs) // 4] < 1e-3


def test_dropping_what_has_hardly_faded_is_refused():
    with pytest.raises(ValidationError, match="jumps when a sensor is lost"):
        FusionOptions.model_validate({"half_life_s": {"face": 3.5}})


def test_what_a_muted_sensor_said_is_forgotten_and_the_rest_is_not() -> None:
    fusion = room(face(Emotion.ANGER), speech())
    fusion.forget(Modality.FACE)
    alone = room(speech()).state(1.0)
    state = fusion.state(1.0)
    assert [reading.modality for reading in state.evidence] == [Modality.SPEECH]
    assert np.array_equal(state.probabilities, alone.probabilities)


def test_a_common_laugh_reaches_the_state_as_a_moment() -> None:
    fusion, told = room(), []
    for at_s in np.arange(0.5, 90.0, 0.5):
        mood = Emotion.HAPPINESS if 60 <= at_s < 68 else Emotion.NEUTRAL
        for who in range(3):
            fusion.add(face(mood, who=who, start_s=at_s, end_s=at_s))
        told.append(fusion.state(float(at_s)).moment)
    assert [(moment.kind, moment.at_s) for moment in told if moment] == [
        (MomentKind.JOY, pytest.approx(60, abs=1))
    ]


def test_a_muted_sensor_takes_what_its_viewers_showed_with_it() -> None:
    fusion = room()
    for at_s in np.arange(0.5, 30.0, 0.5):
        fusion.add(face(Emotion.NEUTRAL, start_s=at_s, end_s=at_s))
        fusion.state(float(at_s))
    fusion.forget(Modality.FACE)
    for at_s in np.arange(30.0, 42.0, 0.5):
        fusion.add(face(Emotion.HAPPINESS, start_s=at_s, end_s=at_s))
        assert fusion.state(float(at_s)).moment is None


def test_only_a_wearer_who_breathes_alone_is_paced() -> None:
    paced, other = Breathing(5.5, 0.7), Breathing(6.0, 0.2)
    assert room(face(), body(breathing=paced), body(who=2)).state(1.0).breathing is paced
    assert room(body(breathing=paced), body(who=2, breathing=other)).state(1.0).breathing is None
    assert room(body()).state(1.0).breathing is None
    assert room(body(breathing=paced)).state(1000.0).breathing is None


def test_clocks_that_drift_apart_cost_weight_and_never_silence_a_reader() -> None:
    fusion, qualities = room(), []
    for at_s in np.arange(1.0, 600.0):
        ahead_s = 0.02 * at_s
        fusion.add(face(start_s=at_s - 1, end_s=at_s))
        fusion.add(speech(start_s=at_s + ahead_s - 1, end_s=at_s + ahead_s))
        state = fusion.state(float(at_s))
        qualities.append(state.quality)
        assert state.probabilities.argmax() == HAPPINESS
    assert qualities[-1] < qualities[10]
    assert {reading.modality for reading in state.evidence} == {Modality.FACE, Modality.SPEECH}


def test_a_reader_that_stops_leaves_the_room_to_the_others() -> None:
    fusion = room()
    for at_s in np.arange(1.0, 120.0):
        if at_s < 60:
            fusion.add(face(Emotion.ANGER, start_s=at_s - 1, end_s=at_s))
        fusion.add(speech(start_s=at_s - 1, end_s=at_s))
        state = fusion.state(float(at_s))
    assert state.probabilities.argmax() == HAPPINESS
    assert set(state.weights) == {Modality.SPEECH}


def test_a_body_decides_in_time_whom_to_believe_of_two_that_contradict_each_other() -> None:
    believed = {}
    for stress in (0.05, 0.95):
        fusion = room()
        for at_s in np.arange(1.0, 900.0):
            fusion.add(face(Emotion.SADNESS, start_s=at_s - 1, end_s=at_s))
            fusion.add(speech(Emotion.SURPRISE, start_s=at_s - 1, end_s=at_s))
            if at_s % 5 == 0:
                fusion.add(body(stress=stress, start_s=at_s - 60, end_s=at_s))
            state = fusion.state(float(at_s))
        believed[stress] = EMOTIONS[int(state.probabilities.argmax())]
    assert believed == {0.05: Emotion.SADNESS, 0.95: Emotion.SURPRISE}


def test_an_empty_room_says_nothing_for_as_long_as_it_is_empty() -> None:
    fusion = room(face(), speech(), body())
    for at_s in np.arange(200.0, 500.0):
        state = fusion.state(float(at_s))
        assert not state.probabilities.any()
        assert (state.quality, state.valence, state.arousal, state.stress) == (0.0, None, None, None)
        assert (state.evidence, state.weights, state.moment, state.breathing) == ((), {}, None, None)
