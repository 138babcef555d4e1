"""The companion on contours: an LSTM (`edge.speech.contours` tells what it hears)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import tensorflow as tf

from edge.speech.contours import CONTOUR_STEPS, CONTOURS, relative_contours
from training.speech_companion import Batches, Recipe, gap, train
from training.speech_net import TAKES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from training.speech_features import Heard
    from training.speech_net import Corpus

UNITS: Final = 64
GAPS: Final = 2
RECIPE: Final = Recipe("contours", epochs=40, takes=TAKES, mixup=0.3)


def build(outputs: int) -> tf.keras.Model:
    """One layer; the mean of what it says over all steps."""
    layers = tf.keras.layers
    entry = layers.Input((CONTOUR_STEPS, len(CONTOURS)))
    x = layers.LSTM(UNITS, return_sequences=True)(layers.SpatialDropout1D(0.15)(entry))
    # The converter can quantize the layer only where one operation alone uses what it gives.
    x = layers.Dropout(0.4)(layers.GlobalAveragePooling1D()(x))
    return tf.keras.Model(entry, [layers.Dense(outputs)(x), layers.Dense(2)(x)])


def train_contours(
    corpus: Corpus,
    heard: Heard,
    normalisation: tuple[NDArray[np.float64], NDArray[np.float64]],
    *,
    rows: NDArray[np.intp],
    rng: np.random.Generator,
) -> tf.keras.Model:
    """Train on some clips, clean and spoilt, with mixup inside each corpus."""

    def look(steps: NDArray[np.float32], known: NDArray[np.float32]) -> NDArray[np.float32]:
        view = relative_contours(steps, known)
        for _ in range(GAPS):
            view *= gap(len(view), CONTOUR_STEPS, longest=6, rng=rng)[:, :, None]
        return view

    net = build(corpus.known.size)
    batches = Batches(corpus, heard.contours, normalisation, rows=rows, recipe=RECIPE, look=look, rng=rng)
    train(net, corpus, batches, rows=rows, recipe=RECIPE, rng=rng)
    entry = tf.keras.Input((CONTOUR_STEPS, len(CONTOURS)))
    return tf.keras.Model(entry, net(entry)[0])
