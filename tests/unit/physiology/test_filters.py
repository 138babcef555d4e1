"""The spline and the low pass, against SciPy's."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal
from scipy.interpolate import CubicSpline

from edge.physiology.hrv import spectrum
from edge.physiology.lowpass import LowPass
from edge.physiology.spline import interpolate

HEAVY = ("scipy.signal", "scipy.interpolate", "scipy.stats", "scipy.optimize")


@given(
    steps=st.lists(st.floats(0.3, 2.0), min_size=2, max_size=60),
    seed=st.integers(0, 1000),
)
def test_the_spline_is_scipys(steps: list[float], seed: int) -> None:
    x = np.cumsum(steps)
    y = np.random.default_rng(seed).normal(800, 60, len(x))
    at = np.linspace(x[0], x[-1], 97)
    np.testing.assert_allclose(interpolate(x, y, at), CubicSpline(x, y)(at), rtol=1e-9, atol=1e-7)


@pytest.mark.parametrize("count", [120, 121])
def test_the_spectrum_is_scipys(count: int) -> None:
    rr_ms = np.random.default_rng(count).normal(820, 50, count)
    at_s = np.cumsum(rr_ms) / 1000
    tachogram = CubicSpline(at_s, rr_ms)(np.arange(at_s[0], at_s[-1], 0.25))
    frequencies, power = signal.periodogram(tachogram, fs=4.0, window="hann", detrend="linear")
    found_frequencies, found_power = spectrum(rr_ms)
    np.testing.assert_allclose(found_frequencies, frequencies)
    np.testing.assert_allclose(found_power, power, rtol=1e-6, atol=1e-9 * power.max())


@given(cutoff_hz=st.floats(0.01, 1.5), seed=st.integers(0, 1000), cut=st.integers(0, 50))
def test_the_low_pass_is_scipys(cutoff_hz: float, seed: int, cut: int) -> None:
    values = np.random.default_rng(seed).normal(5, 1, 50)
    sections = signal.butter(2, cutoff_hz, fs=4.0, output="sos")
    expected, _ = signal.sosfilt(sections, values, zi=signal.sosfilt_zi(sections) * values[0])
    low_pass = LowPass(cutoff_hz=cutoff_hz, rate_hz=4.0)
    found = np.concatenate([low_pass.filter(values[:cut]), low_pass.filter(values[cut:])])
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-8)


def test_the_street_does_without_the_heavy_half_of_scipy() -> None:
    """They take 50 MB, a third of what the whole street may take."""
    code = f"import sys, edge.app; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
