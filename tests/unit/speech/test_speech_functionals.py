from __future__ import annotations

import numpy as np
import pytest
from voices import RATE_HZ, voice_like

from edge.speech.frontend import FrontEnd
from edge.speech.functionals import FUNCTIONALS, SHORTEST_FRAMES, functionals
from edge.speech.quality import reading_quality


def value(values, name):
    return values[FUNCTIONALS.index(name)]


def of(samples):
    return functionals(FrontEnd()(samples))


def test_one_finite_value_a_name():
    values = of(voice_like(2.0))
    assert values.shape == (len(FUNCTIONALS),)
    assert len(set(FUNCTIONALS)) == len(FUNCTIONALS)
    assert np.isfinite(values).all()


@pytest.mark.parametrize("kind", ["silence", "noise", "tone"])
def test_anything_is_finite(kind):
    samples = {
        "silence": np.zeros(RATE_HZ),
        "noise": np.random.default_rng(0).standard_normal(RATE_HZ),
        "tone": np.sin(np.arange(RATE_HZ)),
    }[kind]
    assert np.isfinite(of(samples.astype(np.float32))).all()


def test_a_higher_voice_has_higher_pitch():
    low, high = of(voice_like(2.0, f0_hz=100)), of(voice_like(2.0, f0_hz=200))
    assert value(high, "f0_mean") - value(low, "f0_mean") == pytest.approx(12, abs=1)


def test_gain_moves_level_alone():
    samples = voice_like(2.0)
    loud, soft = of(samples), of(samples / 4)
    assert value(loud, "level_p50") - value(soft, "level_p50") == pytest.approx(12, abs=0.5)
    for name in ("f0_mean", "f0_range", "voiced_per_s", "loudness_peaks_per_s"):
        assert value(loud, name) == pytest.approx(value(soft, name), abs=0.3)


def test_syllables_are_counted():
    assert value(of(voice_like(4.0)), "loudness_peaks_per_s") == pytest.approx(2.2, abs=1.2)


def test_too_short_is_refused():
    frames = FrontEnd()(voice_like(2.0))
    with pytest.raises(ValueError, match="frames"):
        functionals(frames[: SHORTEST_FRAMES - 1])


def test_noise_and_clipping_lower_quality():
    clean = voice_like(2.0)
    noisy = clean + 0.1 * np.random.default_rng(0).standard_normal(len(clean)).astype(np.float32)
    best = reading_quality(FrontEnd()(clean), clipped_share=0)
    assert 0.5 < best <= 1
    assert reading_quality(FrontEnd()(noisy), clipped_share=0) < best
    assert reading_quality(FrontEnd()(clean), clipped_share=0.05) < best
    frames = FrontEnd()(clean)
    assert reading_quality(frames[:60], clipped_share=0) < best
