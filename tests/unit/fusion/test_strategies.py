from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.emotion import EMOTIONS, Emotion
from edge.fusion.early import STEPS, Early, Grid
from edge.fusion.evidence import Evidence
from edge.fusion.intermediate import NUMBERS, Intermediate, own_places
from edge.fusion.nets import SHARES, load_strategy
from edge.fusion.options import FusionOptions, Strategy
from edge.fusion.room import Fusion
from edge.fusion.strategy import Ensemble, Late
from edge.inference import ModelStore
from edge.inference.manifest import CommercialUse
from edge.signals import Affect, Modality, RoomState

from .readings import make_affect

HAPPINESS, CONTEMPT = EMOTIONS.index(Emotion.HAPPINESS), EMOTIONS.index(Emotion.CONTEMPT)
SPOKEN = tuple(emotion for emotion in EMOTIONS if emotion is not Emotion.CONTEMPT)
LEARNED = [name for name in Strategy if name is not Strategy.LATE]


@pytest.fixture(scope="module")
def store() -> ModelStore:
    return ModelStore()


def readings(emotion: Emotion, at_s: float) -> dict[Modality, Affect]:
    common = {"start_s": at_s - 1.0, "end_s": at_s}
    return {
        Modality.FACE: make_affect(Modality.FACE, emotion, **common),
        Modality.SPEECH: make_affect(Modality.SPEECH, emotion, known=SPOKEN, **common),
        Modality.PHYSIOLOGY: make_affect(Modality.PHYSIOLOGY, known=(), arousal=0.2, stress=0.6, **common),
    }


def follow(
    name: Strategy,
    store: ModelStore,
    *,
    emotion: Emotion = Emotion.HAPPINESS,
    there: set[Modality] | None = None,
    seconds: int = 12,
) -> RoomState:
    fusion = Fusion(FusionOptions(), strategy=load_strategy(name, store))
    for at_s in np.arange(1.0, seconds + 1.0):
        for modality, reading in readings(emotion, float(at_s)).items():
            if there is None or modality in there:
                fusion.add(reading)
        state = fusion.state(float(at_s))
    return state


@pytest.mark.parametrize("name", Strategy)
@pytest.mark.parametrize("emotion", [Emotion.HAPPINESS, Emotion.SADNESS, Emotion.ANGER, Emotion.SURPRISE])
def test_every_strategy_believes_readers_that_agree(name, emotion, store):
    state = follow(name, store, emotion=emotion)
    assert EMOTIONS[int(state.probabilities.argmax())] is emotion
    assert state.probabilities.sum() == pytest.approx(1.0)
    assert set(state.weights) == set(Modality)
    assert sum(state.weights.values()) == pytest.approx(1.0)


@pytest.mark.parametrize("name", Strategy)
@pytest.mark.parametrize("there", [{Modality.FACE}, {Modality.SPEECH}, {Modality.FACE, Modality.PHYSIOLOGY}])
def test_every_strategy_makes_do_with_what_is_there(name, there, store):
    state = follow(name, store, there=there)
    assert state.probabilities.argmax() == HAPPINESS
    assert set(state.weights) == there
    assert sum(state.weights.values()) == pytest.approx(1.0)


@pytest.mark.parametrize("name", Strategy)
def test_without_classes_nets_are_not_asked(name, store):
    empty = Fusion(FusionOptions(), strategy=load_strategy(name, store)).state(1.0)
    assert not empty.probabilities.any()
    assert empty.weights == {}
    body = follow(name, store, there={Modality.PHYSIOLOGY})
    np.testing.assert_allclose(
        body.probabilities, follow(Strategy.LATE, store, there={Modality.PHYSIOLOGY}).probabilities
    )


@pytest.mark.parametrize("name", [Strategy.INTERMEDIATE, Strategy.EARLY])
def test_the_class_no_net_could_learn_is_as_the_experts_have_it(name, store):
    scorn = make_affect(Modality.FACE, Emotion.CONTEMPT, end_s=1.0)
    said = []
    for strategy in (Strategy.LATE, name):
        fusion = Fusion(FusionOptions(), strategy=load_strategy(strategy, store))
        fusion.add(scorn)
        said.append(fusion.state(1.0).probabilities)
    assert said[0].argmax() == said[1].argmax() == CONTEMPT
    assert said[1][CONTEMPT] == pytest.approx(said[0][CONTEMPT])


@settings(max_examples=25, deadline=None)
@given(
    said=st.lists(
        st.tuples(
            st.sampled_from(list(Modality)),
            st.sampled_from(SPOKEN),
            st.floats(0.2, 0.999),
            st.floats(0.0, 1.0),
            st.floats(0.0, 20.0),
        ),
        max_size=12,
    ),
    name=st.sampled_from(LEARNED),
)
def test_whatever_is_said_the_state_is_a_distribution(said, name, store):
    fusion = Fusion(FusionOptions(), strategy=load_strategy(name, store))
    for at_s, (modality, emotion, certainty, quality, end_s) in enumerate(said):
        known = () if modality is Modality.PHYSIOLOGY else SPOKEN
        fusion.add(
            make_affect(
                modality,
                None if modality is Modality.PHYSIOLOGY else emotion,
                certainty=certainty,
                known=known,
                quality=quality,
                start_s=end_s,
                end_s=end_s,
                stress=certainty,
            )
        )
        state = fusion.state(float(at_s))
        assert np.isfinite(state.probabilities).all()
        assert state.probabilities.sum() == pytest.approx(1.0 if state.evidence else 0.0)


@pytest.mark.parametrize("name", LEARNED)
def test_a_tick_with_nets_costs_less_than_a_millisecond(name, store):
    fusion = Fusion(FusionOptions(), strategy=load_strategy(name, store))
    costs = []
    for at_s in np.arange(1.0, 41.0):
        for reading in readings(Emotion.HAPPINESS, float(at_s)).values():
            fusion.add(reading)
        started = time.thread_time()
        fusion.state(float(at_s))
        costs.append(time.thread_time() - started)
    assert sorted(costs)[len(costs) // 4] < 2e-3


def test_tokens_have_places_of_their_own():
    made = np.arange(3 * NUMBERS, dtype=np.float32).reshape(3, NUMBERS)
    placed = own_places(made)
    assert placed.shape == (3, 3 * NUMBERS)
    np.testing.assert_array_equal(placed.sum(axis=0), made.reshape(-1))
    assert np.count_nonzero(placed[1][:NUMBERS]) == 0


def test_the_grid_holds_what_was_said_at_each_second_and_forgets_who_is_muted():
    evidence, grid = Evidence(FusionOptions()), Grid()
    for at_s in np.arange(0.5, 10.5, 0.5):
        evidence.add(readings(Emotion.HAPPINESS if at_s > 8 else Emotion.ANGER, float(at_s))[Modality.FACE])
        said = grid.after(float(at_s), evidence.at(float(at_s))).reshape(STEPS, 3, -1)
    newest_first = said[:, 0, : len(EMOTIONS)].argmax(axis=1)
    anger = EMOTIONS.index(Emotion.ANGER)
    assert newest_first.tolist() == [HAPPINESS, HAPPINESS, anger, anger, anger, anger, anger, anger]
    assert not said[:, 1:].any()
    grid.forget(Modality.FACE)
    later = grid.after(11.0, []).reshape(STEPS, 3, -1)
    assert not later.any()


def test_the_grid_of_a_young_room_is_empty_where_nothing_was():
    said = Grid().after(100.0, []).reshape(STEPS, -1)
    assert not said.any()


def test_the_ensemble_is_the_logarithmic_pool_of_its_members(store):
    assert sum(SHARES.values()) == pytest.approx(1.0)
    alone = follow(Strategy.INTERMEDIATE, store)
    member = load_strategy(Strategy.INTERMEDIATE, store)
    fusion = Fusion(FusionOptions(), strategy=Ensemble([(member, 1.0), (Late(), 0.0)]))
    for at_s in np.arange(1.0, 13.0):
        for reading in readings(Emotion.HAPPINESS, float(at_s)).values():
            fusion.add(reading)
        state = fusion.state(float(at_s))
    np.testing.assert_allclose(state.probabilities, alone.probabilities, atol=1e-5)


NETS = {
    Strategy.LATE: (),
    Strategy.INTERMEDIATE: ("fusion_intermediate",),
    Strategy.EARLY: ("fusion_early",),
    Strategy.ENSEMBLE: ("fusion_intermediate", "fusion_early"),
}


def test_each_strategy_loads_the_nets_it_names_and_none_may_be_sold(store):
    assert isinstance(load_strategy(Strategy.INTERMEDIATE, store), Intermediate)
    assert isinstance(load_strategy(Strategy.EARLY, store), Early)
    assert set(NETS) == set(Strategy)
    for nets in NETS.values():
        assert all(store.entry(net).commercial_use is CommercialUse.FORBIDDEN for net in nets)
