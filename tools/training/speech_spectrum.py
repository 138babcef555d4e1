"""The companion of the net on functionals: a separable CNN on the spectrogram.

It sees an utterance relative to what is typical of its source and to itself (`edge.speech.views`), in every
state of adaptation, and learns valence and arousal beside the classes as a second task.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import tensorflow as tf

from edge.emotion import CIRCUMPLEX, Emotion
from edge.speech.classes import EXTRA
from edge.speech.frontend import MELS
from edge.speech.views import SPECTRUM_STEPS, VIEWS, relative_spectrum
from training.speech_net import ALL, cross_entropy, listening, mixing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from training.speech_features import Heard
    from training.speech_net import Corpus

HEARD: Final = (0, 10, ALL)
"""Utterances of the source that are known, as the nets are trained, and how often each is drawn."""
HEARD_SHARES: Final = (0.35, 0.2, 0.45)
VALENCE_AROUSAL_WEIGHT: Final = 0.2
BATCH: Final = 32
RATE: Final = 2e-3
DISPLACEMENT: Final = 0.3
TILT: Final = 0.06
STRETCH: Final = 0.1
WARP: Final = 0.07
_WARPED_ABOUT: Final = 4
MASKS: Final = 2
CHANNELS: Final = ((64, 2), (128, 1), (128, 1), (160, 2), (160, 1))
KEPT_WEIGHTS_DECAY: Final = 0.97
PROGRESS_EPOCHS: Final = 10


@dataclass(frozen=True, slots=True)
class Recipe:
    """Epochs, mixup, and how often the clean take is drawn for each other one; `takes` are the first ones."""

    epochs: int
    takes: int
    mixup: float = 0.2
    clean_weight: int = 1


CLEAN_RECIPE: Final = Recipe(epochs=50, takes=1)
NOISY_RECIPE: Final = Recipe(epochs=40, takes=5, clean_weight=2)


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


def typical(
    values: NDArray[np.float32],
    speakers: NDArray[np.str_],
    normalisation: tuple[NDArray[np.float64], NDArray[np.float64]],
    *,
    heard: int,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """What is typical of each clip's source when `heard` random utterances of it are known."""
    found = np.empty_like(values)
    for part, running in listening(values, speakers, normalisation, heard=heard, rng=rng):
        found[part] = running.typical
    return found


class Batches:
    """Draws clips in random takes and states of adaptation, as another voice and room might have them."""

    def __init__(
        self,
        corpus: Corpus,
        spectra: NDArray[np.float16],
        normalisation: tuple[NDArray[np.float64], NDArray[np.float64]],
        *,
        rows: NDArray[np.intp],
        clean_weight: int,
        rng: np.random.Generator,
    ) -> None:
        self._rng, self._clean_weight = rng, clean_weight
        self._spectra = spectra[:, rows]
        speakers = corpus.names("speaker")[rows]
        self._typical = np.stack(
            [
                [
                    typical(take[rows], speakers, normalisation, heard=heard, rng=rng)
                    for take in corpus.values[: len(spectra)]
                ]
                for heard in HEARD
            ]
        )
        clean = corpus.values[0][rows]
        means = np.stack([clean[speakers == speaker].mean(axis=0) for speaker in np.unique(speakers)])
        self._directions = (means - means.mean(axis=0)).astype(np.float32)

    def __call__(self, chosen: NDArray[np.intp]) -> NDArray[np.float32]:
        """Net inputs for these clips."""
        rng, count = self._rng, len(chosen)
        takes = np.maximum(rng.integers(1 - self._clean_weight, len(self._spectra), size=count), 0)
        states = rng.choice(len(HEARD), size=count, p=HEARD_SHARES)
        weights = rng.standard_normal((count, len(self._directions)), np.float32)
        moved = weights @ self._directions / np.sqrt(len(self._directions))
        known = self._typical[states, takes, chosen]
        known = known + DISPLACEMENT * np.where(states == 0, 1, 0.4)[:, None] * moved
        views = relative_spectrum(self._warped(self._spectra[takes, chosen].astype(np.float32)), known)
        return self._spoilt(views)

    def _warped(self, spectra: NDArray[np.float32]) -> NDArray[np.float32]:
        """Another tempo and another vocal tract: a random stretch, stretched along both axes."""
        rng, (count, length, _) = self._rng, spectra.shape
        tempo = rng.uniform(1 - STRETCH, 1 + STRETCH, (count, 1))
        first = rng.uniform(0, 1, (count, 1)) * np.maximum(0, length - 1 - SPECTRUM_STEPS * tempo)
        spectra = _interpolated(spectra, first + np.arange(SPECTRUM_STEPS) * tempo)
        tract = rng.uniform(1 - WARP, 1 + WARP, (count, 1))
        places = (np.arange(MELS) - _WARPED_ABOUT) * tract + _WARPED_ABOUT
        return np.swapaxes(_interpolated(np.swapaxes(spectra, 1, 2), places), 1, 2)

    def _spoilt(self, views: NDArray[np.float32]) -> NDArray[np.float32]:
        tilts = self._rng.normal(0, TILT, (len(views), 1, 1)) * np.linspace(-1, 1, MELS)
        views[..., 0] = np.clip(views[..., 0] + tilts.astype(np.float32), -1, 1)
        for _ in range(MASKS):
            views *= self._gap(len(views), MELS, longest=6)[:, None, :, None]
            views *= self._gap(len(views), SPECTRUM_STEPS, longest=16)[:, :, None, None]
        return views

    def _gap(self, count: int, length: int, *, longest: int) -> NDArray[np.bool_]:
        sizes = self._rng.integers(0, longest + 1, (count, 1))
        starts = self._rng.integers(0, length - longest, (count, 1))
        places = np.arange(length)[None]
        return (places < starts) | (places >= starts + sizes)


def _interpolated(rows: NDArray[np.float32], places: NDArray[np.float64]) -> NDArray[np.float32]:
    """Rows (n, length, width) at fractional places (n, steps) along the second axis."""
    places = np.clip(places, 0, rows.shape[1] - 1.001)
    below = places.astype(np.intp)
    share = (places - below).astype(np.float32)[..., None]
    each = np.arange(len(rows))[:, None]
    between: NDArray[np.float32] = rows[each, below] * (1 - share) + rows[each, below + 1] * share
    return between


def train_companion(
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
            heard.spectra[: recipe.takes],
            normalisation,
            rows=rows,
            clean_weight=recipe.clean_weight,
            rng=rng,
        )
        _train(net, corpus, batches, rows=rows, recipe=recipe, rng=rng)
        halves.append(net(entry)[0])
    return tf.keras.Model(entry, tf.keras.layers.Concatenate()(halves))


def _train(
    net: tf.keras.Model,
    corpus: Corpus,
    batches: Batches,
    *,
    rows: NDArray[np.intp],
    recipe: Recipe,
    rng: np.random.Generator,
) -> None:
    step = _make_step(net, corpus, steps=recipe.epochs * (len(rows) // BATCH))
    answers = corpus.answers(rows)
    average: list[Any] | None = None
    began_s = time.monotonic()
    for epoch in range(recipe.epochs):
        order = rng.permutation(len(rows))
        loss = 0.0
        for start in range(0, len(rows) - BATCH + 1, BATCH):
            chosen = order[start : start + BATCH]
            partners = rng.permutation(BATCH)
            share = mixing(
                answers.expert[chosen] == answers.expert[chosen[partners]],
                recipe.mixup if epoch < 0.8 * recipe.epochs else 0,
                rng=rng,
            )[:, None]
            inputs, targets = batches(chosen), answers.targets[chosen]
            wide = share[:, :, None, None]
            loss += float(
                step(
                    tf.constant(wide * inputs + (1 - wide) * inputs[partners]),
                    tf.constant(share * targets + (1 - share) * targets[partners]),
                    tf.constant(answers.mask[chosen]),
                    tf.constant(answers.weights[chosen]),
                )
            )
            if epoch >= 0.7 * recipe.epochs and start % (5 * BATCH) == 0:
                now, decay = net.get_weights(), KEPT_WEIGHTS_DECAY
                average = [
                    decay * kept + (1 - decay) * new for kept, new in zip(average or now, now, strict=True)
                ]
        if (epoch + 1) % PROGRESS_EPOCHS == 0:
            seconds = time.monotonic() - began_s
            print(
                f"  spectrum: epoch {epoch + 1} of {recipe.epochs},"
                f" loss {loss / (len(rows) // BATCH):.3f}, {seconds:.0f} s",
                flush=True,
            )
    net.set_weights(average or net.get_weights())


def _make_step(net: tf.keras.Model, corpus: Corpus, *, steps: int) -> Any:
    coordinates = tf.constant(
        [EXTRA[label][1] if label in EXTRA else CIRCUMPLEX[Emotion(label)] for label in corpus.labels]
        * len(corpus.experts),
        tf.float32,
    )
    rate = tf.keras.optimizers.schedules.CosineDecay(
        0.05 * RATE, steps, warmup_target=RATE, warmup_steps=steps // 25
    )
    optimizer = tf.keras.optimizers.AdamW(rate, weight_decay=0.02, global_clipnorm=5.0)

    @tf.function
    def step(x: tf.Tensor, y: tf.Tensor, known: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            told, place = net(x, training=True)
            loss = cross_entropy(told, y, known=known, weight=weight)
            loss += VALENCE_AROUSAL_WEIGHT * tf.reduce_mean(
                weight[:, None] * (place - tf.matmul(y, coordinates)) ** 2
            )
        gradients = tape.gradient(loss, net.trainable_variables)
        optimizer.apply_gradients(zip(gradients, net.trainable_variables, strict=True))
        return loss

    return step
