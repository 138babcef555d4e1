"""Simulated signals of a wearer: an ECG whose beats are known, a pulse wave, skin conductance."""

from __future__ import annotations

import numpy as np

WAVES = (
    (-0.2, 0.12, 0.025),
    (-0.03, -0.15, 0.010),
    (0.0, 1.0, 0.011),
    (0.03, -0.25, 0.012),
    (0.28, 0.3, 0.045),
)
"""(delay s, height mV, width s) of P, Q, R, S and T."""


def beat_times(seconds, *, bpm=70.0, seed=1):
    rng = np.random.default_rng(seed)
    rr_s = 60 / bpm * (1 + 0.03 * rng.standard_normal(int(seconds * bpm / 60) + 10))
    beats_s = 0.5 + np.cumsum(rr_s)
    return beats_s[beats_s < seconds - 0.5]


def ecg(beats_s, seconds, rate_hz, *, noise_mv=0.02, seed=2):
    at_s = np.arange(round(seconds * rate_hz)) / rate_hz
    signal = noise_mv * np.random.default_rng(seed).standard_normal(len(at_s))
    for delay_s, height_mv, width_s in WAVES:
        for beat_s in beats_s:
            low, high = np.searchsorted(at_s, [beat_s + delay_s - 0.3, beat_s + delay_s + 0.3])
            signal[low:high] += height_mv * np.exp(
                -0.5 * ((at_s[low:high] - beat_s - delay_s) / width_s) ** 2
            )
    return signal


def pulse(beats_s, seconds, rate_hz):
    at_s = np.arange(round(seconds * rate_hz)) / rate_hz
    signal = 0.02 * np.random.default_rng(3).standard_normal(len(at_s))
    for beat_s in beats_s:
        signal += np.exp(-0.5 * ((at_s - beat_s - 0.2) / 0.09) ** 2)
        signal += 0.35 * np.exp(-0.5 * ((at_s - beat_s - 0.45) / 0.09) ** 2)
    return signal


def skin(seconds, rate_hz, *, onsets_s=(), amplitude_us=0.4, level_us=3.0):
    at_s = np.arange(round(seconds * rate_hz)) / rate_hz
    signal = level_us - 0.0005 * at_s
    for onset_s in onsets_s:
        since = np.maximum(at_s - onset_s, 0)
        shape = np.exp(-since / 6) - np.exp(-since / 0.7)
        signal = signal + amplitude_us * shape / 0.62
    return signal


def in_chunks(signal, size):
    return [signal[start : start + size] for start in range(0, len(signal), size)]
