"""The companion of the net on functionals: a separable CNN on the spectrogram.

It sees an utterance relative to what is typical of its source (`edge.speech.views`), in every state of
adaptation, and tells valence and arousal beside the classes as a second task.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import tensorflow as tf

from edge.emotion import CIRCUMPLEX, Emotion
from edge.speech.classes import EXTRA
from edge.speech.frontend import MELS
from edge.speech.views import SPECTRUM_STEPS, relative_spectrum
from training.speech_net import listening

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from training.speech_net import Corpus

HEARD: Final = (0, 10, 1_000_000)
"""Utterances of the source that are known, as the nets are trained, and how often each is drawn."""
HEARD_SHARES: Final = (0.4, 0.2, 0.4)
VALENCE_AROUSAL_WEIGHT: Final = 0.3
SMOOTHING: Final = 0.08
MASKS: Final = 2
KEPT_WEIGHTS_DECAY: Final = 0.95


@dataclass(frozen=True, slots=True)
class Stage:
    """How long and how hard a companion is trained, and how far its inputs are moved."""

    epochs: int
    batch: int = 32
    rate: float = 2e-3
    mixup: float = 0.2
    displacement: float = 0.3
    tilt: float = 0.075
    clean_weight: int = 1


STAGES: Final = (
    Stage(epochs=40),
    Stage(epochs=20, rate=1.5e-3, mixup=0, displacement=0.2, tilt=0.0375, clean_weight=2),
)


def build(outputs: int) -> tf.keras.Model:
    """Depthwise-separable convolutions, the mean and the maximum over all places."""
    layers = tf.keras.layers
    entry = layers.Input((SPECTRUM_STEPS, MELS, 1))
    x = layers.Conv2D(24, 5, 2, padding="same", use_bias=False)(entry)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    for channels, stride in ((48, 2), (96, 1), (128, 2), (128, 1)):
        x = layers.DepthwiseConv2D(3, stride, padding="same", use_bias=False)(x)
        x = layers.Conv2D(channels, 1, use_bias=False)(layers.BatchNormalization()(x))
        x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Concatenate()([layers.GlobalAveragePooling2D()(x), layers.GlobalMaxPooling2D()(x)])
    return tf.keras.Model(entry, layers.Dense(outputs)(layers.Dropout(0.3)(x)))


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
        views: NDArray[np.float16],
        normalisation: tuple[NDArray[np.float64], NDArray[np.float64]],
        *,
        rows: NDArray[np.intp],
        stage: Stage,
        rng: np.random.Generator,
    ) -> None:
        self._stage, self._rng = stage, rng
        self._views = views[:, rows]
        speakers = corpus.names("speaker")[rows]
        self._typical = np.stack(
            [
                [typical(take[rows], speakers, normalisation, heard=heard, rng=rng) for take in corpus.values]
                for heard in HEARD
            ]
        )
        clean = corpus.values[0][rows]
        means = np.stack([clean[speakers == speaker].mean(axis=0) for speaker in np.unique(speakers)])
        self._directions = (means - means.mean(axis=0)).astype(np.float32)

    def __call__(self, chosen: NDArray[np.intp]) -> NDArray[np.float32]:
        """Net inputs for these clips."""
        rng, count = self._rng, len(chosen)
        clean = self._stage.clean_weight - 1
        takes = np.maximum(rng.integers(-clean, len(self._views), size=count), 0)
        states = rng.choice(len(HEARD), size=count, p=HEARD_SHARES)
        weights = rng.standard_normal((count, len(self._directions)), np.float32)
        moved = weights @ self._directions / np.sqrt(len(self._directions))
        known = self._typical[states, takes, chosen]
        known = known + self._stage.displacement * np.where(states == 0, 1, 0.4)[:, None] * moved
        views = self._views[takes, chosen].astype(np.float32)
        first = rng.integers(0, views.shape[1] - SPECTRUM_STEPS + 1, count)
        views = views[np.arange(count)[:, None], first[:, None] + np.arange(SPECTRUM_STEPS)]
        return self._spoilt(relative_spectrum(views, known))[..., None]

    def _spoilt(self, views: NDArray[np.float32]) -> NDArray[np.float32]:
        tilts = self._rng.normal(0, self._stage.tilt, (len(views), 1, 1)) * np.linspace(-1, 1, MELS)
        views = np.clip(views + tilts.astype(np.float32), -1, 1)
        for _ in range(MASKS):
            views *= self._gap(len(views), MELS, longest=4)[:, None, :]
            views *= self._gap(len(views), SPECTRUM_STEPS, longest=12)[:, :, None]
        return views

    def _gap(self, count: int, length: int, *, longest: int) -> NDArray[np.bool_]:
        sizes = self._rng.integers(0, longest + 1, (count, 1))
        starts = self._rng.integers(0, length - longest, (count, 1))
        places = np.arange(length)[None]
        return (places < starts) | (places >= starts + sizes)


def train_companion(
    corpus: Corpus,
    views: NDArray[np.float16],
    normalisation: tuple[NDArray[np.float64], NDArray[np.float64]],
    *,
    rows: NDArray[np.intp],
    rng: np.random.Generator,
) -> tf.keras.Model:
    """Train on some clips: cross entropy over the classes of each clip's corpus, mixup inside it."""
    net = build(len(corpus.labels) + 2)
    for stage in STAGES:
        batches = Batches(corpus, views, normalisation, rows=rows, stage=stage, rng=rng)
        _train(net, corpus, batches, rows=rows, stage=stage, rng=rng)
    return net


def _train(
    net: tf.keras.Model,
    corpus: Corpus,
    batches: Batches,
    *,
    rows: NDArray[np.intp],
    stage: Stage,
    rng: np.random.Generator,
) -> None:
    rate = tf.keras.optimizers.schedules.CosineDecay(stage.rate, stage.epochs * (len(rows) // stage.batch))
    step = _make_step(net, tf.keras.optimizers.AdamW(rate, weight_decay=0.01), corpus.labels)
    targets = np.eye(len(corpus.labels), dtype=np.float32)[corpus.targets[rows]]
    known = corpus.mask[rows].astype(np.float32)
    weights = corpus.weights[rows].astype(np.float32)
    groups = corpus.names("corpus")[rows]
    average: list[Any] | None = None
    for epoch in range(stage.epochs):
        order = rng.permutation(len(rows))
        for start in range(0, len(rows) - stage.batch + 1, stage.batch):
            chosen = order[start : start + stage.batch]
            partners = rng.permutation(stage.batch)
            share = np.ones(stage.batch)
            if stage.mixup:
                drawn = rng.beta(stage.mixup, stage.mixup, stage.batch)
                share = np.where(groups[chosen] == groups[chosen[partners]], np.maximum(drawn, 1 - drawn), 1)
            inputs = batches(chosen)
            flat = share[:, None].astype(np.float32)
            wide = flat[:, :, None, None]
            step(
                tf.constant(wide * inputs + (1 - wide) * inputs[partners]),
                tf.constant(flat * targets[chosen] + (1 - flat) * targets[chosen[partners]]),
                tf.constant(known[chosen]),
                tf.constant(weights[chosen]),
            )
            if epoch >= 0.7 * stage.epochs and start % (5 * stage.batch) == 0:
                now = net.get_weights()
                decay = KEPT_WEIGHTS_DECAY
                average = [
                    decay * kept + (1 - decay) * new for kept, new in zip(average or now, now, strict=True)
                ]
    net.set_weights(average or net.get_weights())


def _make_step(net: tf.keras.Model, optimizer: Any, labels: tuple[str, ...]) -> Any:
    coordinates = tf.constant(
        [EXTRA[label][1] if label in EXTRA else CIRCUMPLEX[Emotion(label)] for label in labels], tf.float32
    )
    classes = len(labels)

    @tf.function
    def step(x: tf.Tensor, y: tf.Tensor, known: tf.Tensor, weight: tf.Tensor) -> None:
        place = tf.matmul(y, coordinates)
        y = (1 - SMOOTHING) * y + SMOOTHING * known / tf.reduce_sum(known, 1, keepdims=True)
        with tf.GradientTape() as tape:
            told = net(x, training=True)
            shares = tf.nn.log_softmax(told[:, :classes] - 1e4 * (1 - known))
            loss = -tf.reduce_mean(weight * tf.reduce_sum(y * known * shares, 1))
            loss += VALENCE_AROUSAL_WEIGHT * tf.reduce_mean(
                weight[:, None] * (told[:, classes:] - place) ** 2
            )
        gradients = tape.gradient(loss, net.trainable_variables)
        optimizer.apply_gradients(zip(gradients, net.trainable_variables, strict=True))

    return step
