from __future__ import annotations

import numpy as np
import pytest
from voices import RATE_HZ, voice_like

from edge.speech.contours import CONTOUR_STEPS, CONTOURS, contours, relative_contours
from edge.speech.frontend import FrontEnd
from edge.speech.functionals import functionals


def frames_of(samples):
    return FrontEnd()(samples)


def column(steps, name):
    return steps[..., CONTOURS.index(name)]


@pytest.mark.parametrize("seconds", [0.8, 2.0, 4.9])
def test_contours_have_one_shape_however_long_the_utterance_is(seconds):
    frames = frames_of(voice_like(seconds))
    heard = relative_contours(contours(frames), functionals(frames))
    assert heard.shape == (CONTOUR_STEPS, len(CONTOURS))
    assert heard.dtype == np.float32
    assert np.abs(heard).max() <= 1


@pytest.mark.parametrize("kind", ["silence", "noise"])
def test_sound_without_a_voice_is_heard_without_pitch(kind):
    samples = {"silence": np.zeros(RATE_HZ), "noise": np.random.default_rng(0).standard_normal(RATE_HZ)}[kind]
    frames = frames_of(samples.astype(np.float32))
    heard = relative_contours(contours(frames), functionals(frames))
    assert np.isfinite(heard).all()
    assert np.abs(column(heard, "f0_semitones")[column(heard, "voiced_share") == 0]).max(initial=0) == 0


def test_what_is_typical_is_in_the_middle():
    frames = frames_of(voice_like(4.2))
    heard = relative_contours(contours(frames), functionals(frames))
    for name in ("level_db", "mfcc_1", "centroid_mel", "f0_semitones"):
        assert abs(column(heard, name)[column(heard, "voiced_share") > 0.5].mean()) < 0.25, name


def test_louder_and_higher_than_usual_is_heard():
    usual = functionals(frames_of(voice_like(4.2, f0_hz=120)))
    other = relative_contours(contours(frames_of(voice_like(4.2, f0_hz=170) * 3)), usual)
    same = relative_contours(contours(frames_of(voice_like(4.2, f0_hz=120))), usual)
    for name in ("level_db", "f0_semitones"):
        assert column(other, name).mean() > column(same, name).mean() + 0.2, name


def test_the_order_of_steps_is_kept():
    first, second = voice_like(2.0, f0_hz=110), voice_like(2.0, f0_hz=200)
    steps = contours(frames_of(np.concatenate([first, second, np.zeros(2000, np.float32)])))
    f0 = column(steps, "f0_semitones")
    assert np.nanmean(f0[21:38]) - np.nanmean(f0[:17]) == pytest.approx(12 * np.log2(200 / 110), abs=1.5)
