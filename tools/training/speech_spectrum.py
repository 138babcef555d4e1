"""The companion on spectrograms: a separable CNN (`edge.speech.views` tells what it sees)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import tensorflow as tf

from edge.speech.frontend import MELS
from edge.speech.views import SPECTRUM_STEPS, VIEWS, relative_spectrum
from training.speech_companion import Batches, Recipe, gap, train
from training.speech_net import QUIET, TAKES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from training.speech_features import Heard
    from training.speech_net import Corpus

TILT: Final = 0.06
STRETCH: Final = 0.1
WARP: Final = 0.07
_WARPED_ABOUT: Final = 4
MASKS: Final = 2
CHANNELS: Final = ((64, 2), (128, 1), (128, 1), (160, 2), (160, 1))

CLEAN_RECIPE: Final = Recipe("spectrum, no noise", epochs=20, takes=QUIET)
NOISY_RECIPE: Final = Recipe("spectrum, noise", epochs=15, takes=TAKES)


def build(outputs: int) -> tf.keras.Model:
    """Depthwise-separable convolutions, the mean and the maximum over all places."""
    layers = tf.keras.layers
    entry = layers.Input((SPECTRUM_STEPS, MELS, VIEWS))
    x = layers.Conv2D(32, 5, 2, padding="same", use_bias=False)(entry)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    for channels, stride in CHANNELS:
        x = layers.DepthwiseConv2D(3, stride, padding="same", use_bias=False)(x)
        x = layers.Conv2D(channels, 1, use_bias=False)(layers.BatchNormalization()(x))
        x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Concatenate()([layers.GlobalAveragePooling2D()(x), layers.GlobalMaxPooling2D()(x)])
    x = layers.Dropout(0.4)(x)
    return tf.keras.Model(entry, [layers.Dense(outputs)(x), layers.Dense(2)(x)])


def altered(
    spectra: NDArray[np.float32], typical: NDArray[np.float32], rng: np.random.Generator
) -> NDArray[np.float32]:
    """Net inputs, as another tempo, vocal tract and microphone would have them, with pieces missing."""
    views = relative_spectrum(_warped(spectra, rng), typical)
    tilts = rng.normal(0, TILT, (len(views), 1, 1)) * np.linspace(-1, 1, MELS)
    views[..., 0] = np.clip(views[..., 0] + tilts.astype(np.float32), -1, 1)
    for _ in range(MASKS):
        views *= gap(len(views), MELS, longest=6, rng=rng)[:, None, :, None]
        views *= gap(len(views), SPECTRUM_STEPS, longest=16, rng=rng)[:, :, None, None]
    return views


def _warped(spectra: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """A random stretch, stretched along both axes."""
    count, length, _ = spectra.shape
    tempo = rng.uniform(1 - STRETCH, 1 + STRETCH, (count, 1))
    first = rng.uniform(0, 1, (count, 1)) * np.maximum(0, length - 1 - SPECTRUM_STEPS * tempo)
    spectra = _interpolated(spectra, first + np.arange(SPECTRUM_STEPS) * tempo)
    tract = rng.uniform(1 - WARP, 1 + WARP, (count, 1))
    places = (np.arange(MELS) - _WARPED_ABOUT) * tract + _WARPED_ABOUT
    return np.swapaxes(_interpolated(np.swapaxes(spectra, 1, 2), places), 1, 2)


def _interpolated(rows: NDArray[np.float32], places: NDArray[np.float64]) -> NDArray[np.float32]:
    """Rows (n, length, width) at fractional places (n, steps) along the second axis."""
    places = np.clip(places, 0, rows.shape[1] - 1.001)
    below = places.astype(np.intp)
    share = (places - below).astype(np.float32)[..., None]
    each = np.arange(len(rows))[:, None]
    between: NDArray[np.float32] = rows[each, below] * (1 - share) + rows[each, below + 1] * share
    return between


def train_spectrum(
    corpus: Corpus,
    heard: Heard,
    normalisation: tuple[NDArray[np.float64], NDArray[np.float64]],
    *,
    rows: NDArray[np.intp],
    rng: np.random.Generator,
) -> tf.keras.Model:
    """Train on some clips, once on the clean take and once on all, with mixup inside each corpus."""
    entry = tf.keras.Input((SPECTRUM_STEPS, MELS, VIEWS))
    halves = []
    for recipe in (CLEAN_RECIPE, NOISY_RECIPE):
        net = build(corpus.known.size)
        batches = Batches(
            corpus,
            heard.spectra,
            normalisation,
            rows=rows,
            recipe=recipe,
            look=lambda spectra, known: altered(spectra, known, rng),
            rng=rng,
        )
        train(net, corpus, batches, rows=rows, recipe=recipe, rng=rng)
        halves.append(net(entry)[0])
    return tf.keras.Model(entry, tf.keras.layers.Concatenate()(halves))
