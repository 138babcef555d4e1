"""The streaming front end: samples in, descriptors of every 10 ms out; training uses it as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import fft

from edge.signals import AUDIO_RATE_HZ
from edge.speech.masking import NoiseMask
from edge.speech.pitch import PITCH_FRAME, PitchTracker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

HOP: Final = 160
"""Samples from frame to frame: 10 ms."""
FRAME_RATE_HZ: Final = AUDIO_RATE_HZ // HOP
BLOCK_FRAMES: Final = 20
"""Frames computed at once. A fixed number, so that every sum is taken in the same order however the
samples were cut into chunks."""
MELS: Final = 40
MFCCS: Final = 12

_SPECTRUM_FRAME: Final = 512
_MARGIN: Final = (PITCH_FRAME - _SPECTRUM_FRAME) // 2
_BLOCK_SAMPLES: Final = (BLOCK_FRAMES - 1) * HOP + PITCH_FRAME
_FLOOR: Final = np.float32(1e-9)
_DB: Final = np.float32(10 / np.log(10))
_MEL_LOW_HZ: Final = 50.0
_MEL_HIGH_HZ: Final = 7_600.0

DESCRIPTORS: Final = (
    "level_db",
    "loudness",
    *(f"mfcc_{index}" for index in range(1, MFCCS + 1)),
    "alpha_ratio_db",
    "hammarberg_db",
    "slope_low_db",
    "slope_high_db",
    "flux",
    "centroid_mel",
    "spread_mel",
    "flatness_db",
    "h1_h2_db",
    "h1_a3_db",
    "harmonicity_db",
    "f0_semitones",
    "strength",
)
"""Columns of `Frames.descriptors`; eGeMAPS (Eyben et al. 2016, section 3) is the model for most of them."""


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """Descriptors of consecutive frames.

    Attributes
    ----------
    log_mel
        Shape (n, MELS), float32: natural logarithm of mel-band power, full scale sine near 0.
    masked_log_mel
        The same without what noise could hide (`NoiseMask`).
    descriptors
        Shape (n, len(DESCRIPTORS)), float32; level and shape of the spectrum are those of the masked bands.
    """

    log_mel: NDArray[np.float32]
    masked_log_mel: NDArray[np.float32]
    descriptors: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.log_mel)

    def __getitem__(self, chosen: slice) -> Frames:
        return Frames(self.log_mel[chosen], self.masked_log_mel[chosen], self.descriptors[chosen])


def joined(parts: Sequence[Frames]) -> Frames:
    """One after the other; at least one."""
    return Frames(
        np.concatenate([part.log_mel for part in parts]),
        np.concatenate([part.masked_log_mel for part in parts]),
        np.concatenate([part.descriptors for part in parts]),
    )


def column(name: str) -> int:
    """Index of a descriptor."""
    return DESCRIPTORS.index(name)


def _mel_edges_hz() -> NDArray[np.float64]:
    """Where the mel bands begin, peak and end, MELS + 2 places (2595 log10(1 + f / 700), O'Shaughnessy)."""
    edges_mel = np.linspace(_mel(_MEL_LOW_HZ), _mel(_MEL_HIGH_HZ), MELS + 2)
    edges_hz: NDArray[np.float64] = 700 * (10 ** (edges_mel / 2595) - 1)
    return edges_hz


def mel_filters() -> NDArray[np.float32]:
    """Triangular mel filters, shape (bins, MELS)."""
    edges_hz = _mel_edges_hz()
    bins_hz = np.fft.rfftfreq(_SPECTRUM_FRAME, 1 / AUDIO_RATE_HZ)[:, None]
    rising = (bins_hz - edges_hz[:-2]) / (edges_hz[1:-1] - edges_hz[:-2])
    falling = (edges_hz[2:] - bins_hz) / (edges_hz[2:] - edges_hz[1:-1])
    return np.maximum(0, np.minimum(rising, falling)).astype(np.float32)


def _mel(hz: float) -> float:
    return float(2595 * np.log10(1 + hz / 700))


def _slope_weights(centres_hz: NDArray[np.floating], low_hz: float, high_hz: float) -> NDArray[np.float32]:
    inside = (centres_hz >= low_hz) & (centres_hz <= high_hz)
    centred = np.where(inside, centres_hz - centres_hz[inside].mean(), 0) / 1000
    weights: NDArray[np.float32] = (centred / (centred**2).sum()).astype(np.float32)
    return weights


class FrontEnd:
    """Turns a stream of samples into `Frames`, block by block.

    Frame i speaks for the 10 ms around sample `i * HOP + PITCH_FRAME / 2`; it looks 32 ms ahead.
    A block is delivered once all its samples are there: at most 264 ms after its first sample.
    """

    def __init__(self) -> None:
        self._pending = np.zeros(0, dtype=np.float32)
        self._pitch = PitchTracker()
        window = np.hanning(_SPECTRUM_FRAME + 1)[:-1]
        self._window = (window / np.sqrt((window**2).sum() * _SPECTRUM_FRAME / 4)).astype(np.float32)
        self._filters = mel_filters()
        self._mask = NoiseMask()
        order = np.arange(1, MFCCS + 1)
        self._cosines = (
            np.cos(np.pi * order * (np.arange(MELS)[:, None] + 0.5) / MELS) * np.sqrt(2 / MELS)
        ).astype(np.float32)
        centres_hz = _mel_edges_hz()[1:-1]
        self._slopes = np.stack(
            [_slope_weights(centres_hz, 60, 500), _slope_weights(centres_hz, 500, 1500)], axis=1
        )
        self._low = slice(*np.searchsorted(centres_hz, [0, 1000]))
        self._high = slice(*np.searchsorted(centres_hz, [1000, 5000]))
        self._below_2k = slice(*np.searchsorted(centres_hz, [0, 2000]))
        self._above_2k = slice(*np.searchsorted(centres_hz, [2000, 5000]))
        bins_hz = np.fft.rfftfreq(_SPECTRUM_FRAME, 1 / AUDIO_RATE_HZ)
        self._third_formant = slice(*np.searchsorted(bins_hz, [2200, 3400]))
        self._bands = np.arange(MELS, dtype=np.float32)
        self._last_shape = np.full(MELS, 1 / MELS, dtype=np.float32)

    def __call__(self, samples: NDArray[np.float32]) -> Frames:
        """Take samples and return the frames of every block they complete."""
        self._pending = np.concatenate([self._pending, samples.astype(np.float32, copy=False)])
        blocks = []
        start = 0
        while len(self._pending) - start >= _BLOCK_SAMPLES:
            blocks.append(self._block(self._pending[start : start + _BLOCK_SAMPLES]))
            start += BLOCK_FRAMES * HOP
        self._pending = self._pending[start:].copy()
        if not blocks:
            none = np.zeros((0, MELS), np.float32)
            return Frames(none, none, np.zeros((0, len(DESCRIPTORS)), np.float32))
        return joined(blocks)

    def _block(self, samples: NDArray[np.float32]) -> Frames:
        long = np.lib.stride_tricks.sliding_window_view(samples, PITCH_FRAME)[::HOP]
        long = long - long.mean(axis=1, keepdims=True, dtype=np.float32)
        f0_hz, strength, long_power = self._pitch(long)
        spectrum = fft.rfft(long[:, _MARGIN : _MARGIN + _SPECTRUM_FRAME] * self._window, axis=1)
        power = spectrum.real**2 + spectrum.imag**2
        mel_power = power @ self._filters
        log_mel = np.log(mel_power + _FLOOR)

        masked = self._mask(mel_power)
        masked_log_mel = np.log(masked)
        band_db = masked_log_mel * _DB
        total = masked.sum(axis=1)
        shape = masked / total[:, None]
        before = np.concatenate([self._last_shape[None], shape[:-1]])
        self._last_shape = shape[-1]
        centroid = shape @ self._bands
        spread = np.sqrt(np.maximum(shape @ self._bands**2 - centroid**2, 0))

        rows = np.arange(len(long))
        f0_bin = f0_hz * np.float32(PITCH_FRAME / AUDIO_RATE_HZ)
        first = _log_db(_harmonic(long_power, rows, f0_bin))
        second = _log_db(_harmonic(long_power, rows, 2 * f0_bin))
        # The long window has not the gain of the short one; the level of both is compared at the harmonic.
        nearest = np.rint(f0_hz * np.float32(_SPECTRUM_FRAME / AUDIO_RATE_HZ)).astype(np.intp)
        h1_short = _log_db(np.maximum(power[rows, nearest], power[rows, nearest + 1]))
        third_formant = _log_db(power[:, self._third_formant].max(axis=1))
        clear = np.clip(strength, 1e-3, 1 - 1e-3)

        descriptors = np.column_stack(
            [
                10 * np.log10(total),
                np.exp(np.float32(0.3) * masked_log_mel).sum(axis=1),
                masked_log_mel @ self._cosines,
                10 * np.log10(masked[:, self._low].sum(axis=1) / masked[:, self._high].sum(axis=1)),
                band_db[:, self._below_2k].max(axis=1) - band_db[:, self._above_2k].max(axis=1),
                band_db @ self._slopes,
                np.abs(shape - before).sum(axis=1),
                centroid,
                spread,
                band_db.mean(axis=1) - 10 * np.log10(masked.mean(axis=1)),
                np.clip(first - second, -40, 40),
                np.clip(h1_short - third_formant, -60, 80),
                10 * np.log10(clear / (1 - clear)),
                12 * np.log2(f0_hz / np.float32(27.5)),
                strength,
            ]
        ).astype(np.float32)
        return Frames(log_mel, masked_log_mel, descriptors)


def _harmonic(
    power: NDArray[np.float32], rows: NDArray[np.intp], at_bin: NDArray[np.float32]
) -> NDArray[np.float32]:
    nearest = np.clip(np.rint(at_bin).astype(np.intp), 1, power.shape[1] - 2)
    around = np.maximum(power[rows, nearest - 1], power[rows, nearest + 1])
    return np.maximum(power[rows, nearest], around)


def _log_db(power: NDArray[np.float32]) -> NDArray[np.float32]:
    level_db: NDArray[np.float32] = np.float32(10) * np.log10(power + _FLOOR)
    return level_db
