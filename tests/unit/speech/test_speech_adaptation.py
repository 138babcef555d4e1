from __future__ import annotations

import numpy as np
import pytest

from edge.speech.adaptation import CLIP, RunningNormalisation

D = 40


def make(**options):
    return RunningNormalisation(np.full(D, 5.0), np.full(D, 2.0), **options)


def own(normalisation, values):
    return normalisation(values)[D : 2 * D] * CLIP


def test_starts_from_the_training_statistics():
    values = np.full(D, 7.0)
    views = make()(values)
    assert views.shape == (3 * D,)
    assert np.allclose(views * CLIP, 1)


def test_the_average_of_the_source_counts_the_utterance_itself():
    normalisation = make(resets_on_shift=False)
    for value in (7.0, 9.0):
        normalisation.add(np.full(D, value))
    assert np.allclose(normalisation(np.full(D, 5.0))[2 * D :] * CLIP, 1)


def test_learns_a_voice():
    rng = np.random.default_rng(0)
    normalisation = make()
    voice = 8 + 0.5 * rng.standard_normal((60, D))
    for values in voice:
        normalisation.add(values)
    seen = np.array([own(normalisation, values) for values in voice])
    assert abs(seen.mean()) < 0.25
    assert 0.5 < seen.std() < 1.1
    assert np.allclose(normalisation(voice[0])[:D] * CLIP, (voice[0] - 5) / 2, atol=1e-5)


def test_the_order_of_utterances_does_not_matter():
    rng = np.random.default_rng(1)
    voice = 6 + rng.standard_normal((20, D))
    one, other = make(resets_on_shift=False), make(resets_on_shift=False)
    for values in voice:
        one.add(values)
    for values in voice[::-1]:
        other.add(values)
    assert np.allclose(one(voice[0]), other(voice[0]), atol=1e-5)


def test_another_speaker_starts_it_anew():
    rng = np.random.default_rng(2)
    normalisation = make()
    for _ in range(30):
        normalisation.add(3 + rng.standard_normal(D))
    for _ in range(6):
        normalisation.add(12 + rng.standard_normal(D))
    assert normalisation.utterances < 12
    assert abs(own(normalisation, np.full(D, 12.0)).mean()) < 1.3


def test_reset_forgets():
    normalisation = make()
    normalisation.add(np.full(D, 20.0))
    normalisation.reset()
    assert np.array_equal(normalisation(np.full(D, 6.0)), make()(np.full(D, 6.0)))


def test_memory_is_bounded():
    normalisation = make(resets_on_shift=False)
    for _ in range(1000):
        normalisation.add(np.full(D, 5.0))
    assert normalisation.utterances < 301


@pytest.mark.parametrize("wild", [1e9, -1e9])
def test_values_are_clipped(wild):
    assert np.abs(make()(np.full(D, wild))).max() == 1
