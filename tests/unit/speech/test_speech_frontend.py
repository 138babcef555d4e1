from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from voices import RATE_HZ, voice_like

from edge.speech.frontend import BLOCK_FRAMES, FRAME_RATE_HZ, MELS, FrontEnd, column
from edge.speech.pitch import VOICED_STRENGTH


def tone(hz: float, seconds: float = 0.5, gain: float = 0.3) -> np.ndarray:
    at_s = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    return (gain * sum(np.sin(2 * np.pi * hz * k * at_s) / k for k in range(1, 6))).astype(np.float32)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 9000), min_size=1, max_size=12))
def test_chunking_changes_no_bit(cuts):
    samples = voice_like(2.0)
    whole = FrontEnd()(samples)
    front_end = FrontEnd()
    bounds = [0, *np.minimum(np.cumsum(cuts), len(samples)), len(samples)]
    parts = [front_end(samples[first:last]) for first, last in pairwise(bounds)]
    assert np.array_equal(np.concatenate([part.log_mel for part in parts]), whole.log_mel)
    assert np.array_equal(np.concatenate([part.descriptors for part in parts]), whole.descriptors)


@pytest.mark.parametrize("hz", [70, 110, 180, 260, 400, 550])
def test_pitch_of_a_harmonic_tone(hz):
    frames = FrontEnd()(tone(hz))
    f0_hz = 27.5 * 2 ** (frames.descriptors[:, column("f0_semitones")] / 12)
    assert np.allclose(f0_hz, hz, rtol=0.02)
    assert (frames.descriptors[:, column("strength")] > 0.9).all()


def test_noise_has_no_voice():
    noise = np.random.default_rng(3).standard_normal(RATE_HZ).astype(np.float32) * 0.1
    strength = FrontEnd()(noise).descriptors[:, column("strength")]
    assert (strength > VOICED_STRENGTH).mean() < 0.05


def test_gain_moves_only_level():
    samples = voice_like(1.0)
    loud, soft = FrontEnd()(samples), FrontEnd()(samples / 10)
    moved_db = loud.descriptors[:, column("level_db")] - soft.descriptors[:, column("level_db")]
    voiced = loud.descriptors[:, column("strength")] > 0.8
    voiced &= soft.descriptors[:, column("level_db")] > -55
    assert np.allclose(moved_db[voiced], 20, atol=0.1)
    same = [column("f0_semitones"), column("strength")]
    assert np.allclose(loud.descriptors[voiced][:, same], soft.descriptors[voiced][:, same], atol=0.05)


def test_a_direct_current_offset_is_removed():
    samples = voice_like(1.0)
    plain, shifted = FrontEnd()(samples), FrontEnd()(samples + np.float32(0.3))
    assert np.allclose(plain.log_mel, shifted.log_mel, atol=0.05)


def test_digital_silence_is_finite():
    frames = FrontEnd()(np.zeros(RATE_HZ, np.float32))
    assert np.isfinite(frames.log_mel).all()
    assert np.isfinite(frames.descriptors).all()


def test_frames_come_every_ten_milliseconds_in_whole_blocks():
    frames = FrontEnd()(np.zeros(10 * RATE_HZ, np.float32))
    assert len(frames) % BLOCK_FRAMES == 0
    assert 10 * FRAME_RATE_HZ - BLOCK_FRAMES - 10 <= len(frames) <= 10 * FRAME_RATE_HZ
    assert frames.log_mel.shape == (len(frames), MELS)
    assert frames.log_mel.dtype == frames.descriptors.dtype == np.float32


def test_mel_band_of_a_tone():
    low, high = FrontEnd()(tone(200)), FrontEnd()(tone(3000))
    assert low.log_mel.mean(axis=0).argmax() < high.log_mel.mean(axis=0).argmax()
