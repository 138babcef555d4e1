from __future__ import annotations

import numpy as np
import pytest
from voices import voice_like, whispered

from edge.speech.frontend import FrontEnd
from edge.speech.functionals import functionals
from edge.speech.views import (
    COURSE_STEPS,
    COURSE_WIDTH,
    SPECTRUM_STEPS,
    course,
    relative_course,
    relative_spectrum,
    spectrum,
)


def frames_of(samples):
    return FrontEnd()(samples)


@pytest.mark.parametrize("seconds", [0.8, 2.0, 4.9])
def test_views_have_one_shape_however_long_the_utterance_is(seconds):
    frames = frames_of(voice_like(seconds))
    typical = functionals(frames)
    seen = relative_spectrum(spectrum(frames), typical)
    followed = relative_course(course(frames), typical)
    assert seen.shape == (SPECTRUM_STEPS, 40)
    assert followed.shape == (COURSE_STEPS, COURSE_WIDTH)
    for view in (seen, followed):
        assert view.dtype == np.float32
        assert np.abs(view).max() <= 1


def test_a_short_utterance_is_repeated():
    rows = spectrum(frames_of(voice_like(1.0)))
    length = next(step for step in range(1, SPECTRUM_STEPS) if np.array_equal(rows[-1], rows[-1 - step]))
    assert 30 < length < 50
    assert np.array_equal(rows[-length:], rows[-2 * length : -length])


def test_a_known_voice_is_seen_alike_at_any_gain():
    near, far = (frames_of(voice_like(3.0) * gain) for gain in (1.0, 0.25))
    views = [relative_spectrum(spectrum(frames), functionals(frames)) for frames in (near, far)]
    loud = views[0] > np.quantile(views[0], 0.7)
    assert np.abs(views[0] - views[1])[loud].max() < 0.05
    courses = [relative_course(course(frames), functionals(frames))[:, :2] for frames in (near, far)]
    assert np.median(np.abs(courses[0] - courses[1])) < 0.05


def test_what_has_no_pitch_is_unknown_and_not_a_number_nowhere():
    frames = frames_of(whispered(2.0))
    assert np.isnan(course(frames)).any()
    assert np.isfinite(relative_course(course(frames), functionals(frames))).all()


def test_louder_than_usual_is_seen():
    frames = frames_of(voice_like(3.0))
    usual = functionals(frames)
    shouted = frames_of(voice_like(3.0) * 4)
    assert (
        relative_spectrum(spectrum(shouted), usual).mean() > relative_spectrum(spectrum(frames), usual).mean()
    )
