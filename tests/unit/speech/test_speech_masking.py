from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from voices import RATE_HZ, voice_like

from edge.speech.frontend import FrontEnd, column
from edge.speech.functionals import functionals
from edge.speech.masking import NoiseMask


def frames_of(samples):
    return FrontEnd()(samples.astype(np.float32))


def noisy(clean, *, snr_db):
    hiss = np.random.default_rng(0).standard_normal(len(clean))
    return clean + hiss * np.sqrt((clean**2).mean() / 10 ** (snr_db / 10))


@pytest.mark.parametrize(
    "samples",
    [np.zeros(RATE_HZ), np.random.default_rng(0).standard_normal(RATE_HZ), np.sin(np.arange(RATE_HZ))],
    ids=["silence", "noise", "tone"],
)
def test_anything_stays_finite(samples):
    frames = frames_of(samples)
    assert np.isfinite(frames.masked_log_mel).all()
    assert np.isfinite(frames.descriptors).all()
    assert np.isfinite(functionals(frames)).all()


@pytest.mark.parametrize("snr_db", [10, 20])
def test_noise_moves_what_is_masked_less(snr_db):
    clean = voice_like(3.0)
    quiet, loud = frames_of(clean), frames_of(noisy(clean, snr_db=snr_db))
    moved = np.abs(loud.log_mel - quiet.log_mel).mean()
    assert np.abs(loud.masked_log_mel - quiet.masked_log_mel).mean() < 0.6 * moved


def test_what_is_faint_beside_the_loud_frames_says_nothing():
    clean = voice_like(3.0)
    faint = noisy(clean, snr_db=60)
    assert np.abs(frames_of(faint).masked_log_mel - frames_of(clean).masked_log_mel).mean() < 0.05


def test_gain_moves_level_alone():
    in_a_room = noisy(voice_like(2.0), snr_db=40)
    loud, soft = (frames_of(in_a_room * gain) for gain in (1.0, 0.5))
    difference = (loud.descriptors - soft.descriptors)[soft.descriptors[:, column("level_db")] > -50]
    assert difference[:, column("level_db")].mean() == pytest.approx(6.02, abs=0.1)
    for name in ("mfcc_1", "centroid_mel", "slope_low_db", "flux"):
        assert np.median(np.abs(difference[:, column(name)])) < 0.1, name


def test_steady_noise_fades_and_a_voice_over_it_stays():
    rng = np.random.default_rng(0)
    mask = NoiseMask()
    for _ in range(10):
        noise = rng.chisquare(20, (20, 40)).astype(np.float32) / 20
        left = mask(noise)
    assert 10 * np.log10(noise.mean() / left.mean()) > 6
    voice = noise.copy()
    voice[8:16, 10:20] += 1000
    assert np.allclose(mask(voice)[8:16, 10:20], voice[8:16, 10:20], rtol=0.05)


def test_a_muted_moment_does_not_make_the_noise_forgotten():
    rng = np.random.default_rng(0)
    mask = NoiseMask()
    for _ in range(10):
        noise = rng.chisquare(20, (20, 40)).astype(np.float32) / 20
        usual = mask(noise)
    noise[15:] = 0
    assert np.allclose(mask(noise)[:10].mean(), usual.mean(), rtol=0.2)


def test_a_loud_past_masks_less_and_less():
    mask = NoiseMask()
    mask(np.full((20, 40), 100, np.float32))
    floors = [float(mask(np.zeros((20, 40), np.float32)).max()) for _ in range(6)]
    assert all(0 < later < earlier for earlier, later in pairwise(floors))
