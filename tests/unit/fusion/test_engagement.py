from __future__ import annotations

import numpy as np
import pytest

from edge.emotion import Emotion
from edge.fusion.options import FusionOptions
from edge.fusion.room import Fusion
from edge.fusion.synchrony import synchrony
from edge.signals import Engagement, Modality

from .readings import make_affect


def walk(rng: np.random.Generator, viewers: int, ticks: int = 40) -> np.ndarray:
    return rng.normal(size=(viewers, ticks)).cumsum(axis=1)


def test_viewers_of_one_mind_are_in_synchrony():
    rng = np.random.default_rng(1)
    common = walk(rng, 1)
    correlation, p = synchrony(common + 0.3 * rng.normal(size=(5, 40)))
    assert correlation > 0.8
    assert p == pytest.approx(0.01)


def test_viewers_each_on_their_own_are_in_synchrony_as_often_as_chance_has_it():
    # Slow walks correlate by accident: a plain test of the correlation would be fooled by them.
    rng = np.random.default_rng(2)
    found = [synchrony(walk(rng, 4), seed=trial)[1] <= 0.05 for trial in range(200)]
    assert np.mean(found) < 0.10


def test_opposed_viewers_have_negative_synchrony():
    wave = np.sin(np.arange(40) / 3)
    correlation, p = synchrony(np.array([wave, -wave]))
    assert correlation == pytest.approx(-1.0)
    assert p > 0.5


def test_scale_and_offset_of_a_viewer_do_not_matter():
    reactions = walk(np.random.default_rng(3), 3)
    assert synchrony(reactions) == pytest.approx(synchrony(reactions * [[2.0], [0.1], [7.0]] + 5.0))


@pytest.mark.parametrize("reactions", [np.zeros((3, 40)), np.ones((1, 40)), np.zeros((0, 40)), np.eye(4)])
def test_nothing_to_compare_gives_no_synchrony(reactions):
    assert synchrony(reactions) is None


def engagement_of(audience, *, until_s: float = 1.0) -> Engagement:
    fusion = Fusion(FusionOptions())
    engagement = None
    for at_s in np.arange(0.5, until_s + 0.25, 0.5):
        for reading in audience(float(at_s)):
            fusion.add(reading)
        engagement = fusion.state(float(at_s)).engagement
    assert engagement is not None
    return engagement


def test_attention_is_the_weighted_share_facing():
    engagement = engagement_of(
        lambda at_s: [
            make_affect(who=1, start_s=at_s, end_s=at_s, facing=1.0, quality=0.9),
            make_affect(who=2, start_s=at_s, end_s=at_s, facing=0.0, quality=0.3),
            make_affect(who=3, start_s=at_s, end_s=at_s, quality=0.3),
        ]
    )
    assert engagement.attention == pytest.approx(0.75)


def test_an_empty_room_and_a_voice_have_no_attention():
    assert engagement_of(lambda _: []) == Engagement(None, None, None, None, None)
    voice = engagement_of(lambda at_s: [make_affect(Modality.SPEECH, end_s=at_s, arousal=0.3, facing=1.0)])
    assert voice.attention is None
    assert voice.expressiveness is None
    assert voice.arousal == pytest.approx(0.3)


def test_expressiveness_is_measured_against_the_rooms_own_baseline():
    def laughs_at_the_end(at_s: float):
        mood = Emotion.HAPPINESS if at_s > 60 else Emotion.NEUTRAL
        return [make_affect(Modality.FACE, mood, start_s=at_s, end_s=at_s)]

    def laughs_all_the_time(at_s: float):
        return [make_affect(Modality.FACE, Emotion.HAPPINESS, start_s=at_s, end_s=at_s)]

    assert engagement_of(laughs_at_the_end, until_s=62).expressiveness > 0.5
    assert engagement_of(laughs_all_the_time, until_s=62).expressiveness == pytest.approx(0.0, abs=1e-9)


def test_expressiveness_is_that_of_action_units_where_the_reader_measures_them():
    def smiles_at_the_end(at_s: float):
        energy = 0.4 if at_s > 60 else 0.1
        measured = make_affect(
            Modality.FACE, Emotion.NEUTRAL, start_s=at_s, end_s=at_s, expressiveness=energy
        )
        return [measured, make_affect(Modality.FACE, Emotion.ANGER, who=2, start_s=at_s, end_s=at_s)]

    assert engagement_of(smiles_at_the_end, until_s=60).expressiveness == pytest.approx(0.0, abs=1e-9)
    assert engagement_of(smiles_at_the_end, until_s=61).expressiveness == pytest.approx(0.3, abs=0.02)


def test_synchrony_needs_viewers_seen_throughout():
    def pair(at_s: float, *, there_from_s: float):
        both = [1, 2] if at_s >= there_from_s else [1]
        return [make_affect(who=w, start_s=at_s, end_s=at_s, valence=float(np.sin(at_s))) for w in both]

    assert engagement_of(lambda t: pair(t, there_from_s=0), until_s=25).synchrony == pytest.approx(1.0)
    assert engagement_of(lambda t: pair(t, there_from_s=15), until_s=25).synchrony is None
