from __future__ import annotations

import numpy as np
import pytest
from voices import voice_like

from edge.speech.frontend import MELS, FrontEnd
from edge.speech.functionals import functionals
from edge.speech.views import SPECTRUM_STEPS, VIEWS, relative_spectrum, spectrum


def frames_of(samples):
    return FrontEnd()(samples)


@pytest.mark.parametrize("seconds", [0.8, 2.0, 4.9])
def test_a_view_has_one_shape_however_long_the_utterance_is(seconds):
    frames = frames_of(voice_like(seconds))
    seen = relative_spectrum(spectrum(frames), functionals(frames))
    assert seen.shape == (SPECTRUM_STEPS, MELS, VIEWS)
    assert seen.dtype == np.float32
    assert np.abs(seen).max() <= 1


def test_a_short_utterance_is_repeated():
    rows = spectrum(frames_of(voice_like(1.0)))
    length = next(step for step in range(1, SPECTRUM_STEPS) if np.array_equal(rows[-1], rows[-1 - step]))
    assert 30 < length < 50
    assert np.array_equal(rows[-length:], rows[-2 * length : -length])


def test_a_known_voice_is_seen_alike_at_any_gain():
    room = 0.01 * np.random.default_rng(0).standard_normal(48_000).astype(np.float32)
    near, far = (frames_of((voice_like(3.0) + room) * gain) for gain in (1.0, 0.25))
    views = [relative_spectrum(spectrum(frames), functionals(frames))[..., 0] for frames in (near, far)]
    loud = views[0] > np.quantile(views[0], 0.7)
    assert np.abs(views[0] - views[1])[loud].max() < 0.05


def test_louder_than_usual_is_seen():
    frames = frames_of(voice_like(3.0))
    usual = functionals(frames)
    shouted = frames_of(voice_like(3.0) * 4)
    soft, loud = (relative_spectrum(spectrum(each), usual) for each in (frames, shouted))
    assert loud[..., 0].mean() > soft[..., 0].mean() + 0.1


def test_beside_its_own_mean_neither_level_nor_microphone_shows():
    frames = frames_of(voice_like(3.0))
    usual = functionals(frames)
    rows = spectrum(frames)
    tilted = rows + np.linspace(-2, 3, MELS, dtype=np.float32)
    assert np.allclose(
        relative_spectrum(tilted, usual)[..., 1], relative_spectrum(rows, usual)[..., 1], atol=1e-4
    )
