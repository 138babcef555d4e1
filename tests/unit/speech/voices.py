"""Sounds for the tests of the speech room."""

from __future__ import annotations

import numpy as np

RATE_HZ = 16_000


def voice_like(seconds: float, *, f0_hz: float = 140.0, seed: int = 0) -> np.ndarray:
    """Syllables of a buzzing source behind two resonances: enough like speech for the detector."""
    rng = np.random.default_rng(seed)
    at_s = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    pitch_hz = f0_hz * (1 + 0.15 * np.sin(2 * np.pi * 0.7 * at_s) + 0.02 * rng.standard_normal())
    phase = 2 * np.pi * np.cumsum(pitch_hz) / RATE_HZ
    formant_hz = 600 + 250 * np.sin(2 * np.pi * 1.9 * at_s)
    sound = np.zeros_like(at_s)
    for harmonic in range(1, 30):
        hz = harmonic * pitch_hz
        gain = np.exp(-(((hz - formant_hz) / 250) ** 2)) + 0.5 * np.exp(-(((hz - 1900) / 400) ** 2)) + 0.03
        sound += gain * np.sin(harmonic * phase) * (hz < 7000)
    syllables = np.clip(np.sin(2 * np.pi * 2.2 * at_s) + 0.5, 0, 1)
    sound = sound * syllables + 0.02 * rng.standard_normal(len(at_s)) * syllables
    return (0.2 * sound / np.abs(sound).max() + 1e-4 * rng.standard_normal(len(at_s))).astype(np.float32)


def whispered(seconds: float, *, seed: int = 0) -> np.ndarray:
    """Syllables of breath behind the same two resonances: no pitch at all."""
    rng = np.random.default_rng(seed)
    count = int(seconds * RATE_HZ)
    bins_hz = np.fft.rfftfreq(count, 1 / RATE_HZ)
    shape = np.exp(-(((bins_hz - 700) / 400) ** 2)) + 0.5 * np.exp(-(((bins_hz - 1900) / 600) ** 2)) + 0.05
    breath = np.fft.irfft(np.fft.rfft(rng.standard_normal(count)) * shape, count)
    syllables = np.clip(np.sin(2 * np.pi * 2.2 * np.arange(count) / RATE_HZ) + 0.5, 0, 1)
    return (0.03 * breath / np.abs(breath).max() * syllables + 1e-4 * rng.standard_normal(count)).astype(
        np.float32
    )
