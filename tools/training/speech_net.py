"""The net on normalised functionals: adaptation as augmentation, masked classes, training, folds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import tensorflow as tf

from edge.speech.adaptation import RunningNormalisation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from corpora.speech import Clip

LABELS: Final = ("neutral", "calm", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "boredom")
ALL: Final = 1_000_000
SMOOTHING: Final = 0.08
MEMBERS: Final = 2
BATCH: Final = 512
DISPLACEMENT: Final = 0.4


@dataclass(frozen=True, slots=True)
class Corpus:
    """Functionals (takes, n, d) with what is known of each clip."""

    values: NDArray[np.float32]
    clips: list[Clip]
    labels: tuple[str, ...] = field(init=False)
    targets: NDArray[np.intp] = field(init=False)
    mask: NDArray[np.bool_] = field(init=False)
    weights: NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        labels = tuple(label for label in LABELS if label in {clip.emotion for clip in self.clips})
        targets = np.array([labels.index(clip.emotion) for clip in self.clips])
        corpora = self.names("corpus")
        mask = np.zeros((len(targets), len(labels)), bool)
        weights = np.zeros(len(targets))
        for name in np.unique(corpora):
            rows = corpora == name
            mask[np.ix_(rows, np.unique(targets[rows]))] = True
            for target in np.unique(targets[rows]):
                same = rows & (targets == target)
                weights[same] = 1 / same.sum() / len(np.unique(targets[rows]))
        object.__setattr__(self, "labels", labels)
        object.__setattr__(self, "targets", targets)
        object.__setattr__(self, "mask", mask)
        object.__setattr__(self, "weights", weights / weights.mean())

    def names(self, what: str) -> NDArray[np.str_]:
        """One attribute of every clip."""
        return np.array([getattr(clip, what) for clip in self.clips])


def statistics(corpus: Corpus, rows: NDArray[np.intp]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and spread of the unaltered recordings, each corpus and class weighing the same."""
    values = corpus.values[0][rows].astype(np.float64)
    mean = np.average(values, axis=0, weights=corpus.weights[rows])
    spread = np.sqrt(np.average((values - mean) ** 2, axis=0, weights=corpus.weights[rows])) + 1e-4
    return mean, spread


def adapted(
    values: NDArray[np.float32],
    speakers: NDArray[np.str_],
    normalisation: tuple[NDArray[np.float64], NDArray[np.float64]],
    *,
    heard: int,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Net inputs when `heard` random utterances of the same speaker have passed the normalisation."""
    inputs = np.empty((len(values), 2 * values.shape[1]), np.float32)
    for part, running in listening(values, speakers, normalisation, heard=heard, rng=rng):
        for row in part:
            inputs[row] = running(values[row])
    return inputs


def listening(
    values: NDArray[np.float32],
    speakers: NDArray[np.str_],
    normalisation: tuple[NDArray[np.float64], NDArray[np.float64]],
    *,
    heard: int,
    rng: np.random.Generator,
) -> Iterator[tuple[NDArray[np.intp], RunningNormalisation]]:
    """Rows of one speaker at a time, and a normalisation that has heard so many random ones of them."""
    for speaker in np.unique(speakers):
        rows = np.flatnonzero(speakers == speaker)
        for part in np.array_split(rng.permutation(rows), 4 if 0 < heard < len(rows) else 1):
            running = RunningNormalisation(*normalisation, resets_on_shift=False)
            for row in rng.choice(rows, min(heard, len(rows)), replace=False):
                running.add(values[row])
            yield part, running


def build(width: int, classes: int) -> tf.keras.Model:
    """Two heads: one hears functionals by training statistics, the other by the speaker's own."""
    layers = tf.keras.layers
    entry = layers.Input((2 * width,))
    heads = []
    for first in (0, width):
        seen = entry[:, first : first + width]
        members = []
        for _ in range(MEMBERS):
            x = layers.Dropout(0.2)(seen)
            for units in (96, 48):
                x = layers.Dropout(0.4)(layers.Dense(units, activation="relu")(x))
            members.append(layers.Dense(classes)(x))
        heads.append(members)
    return tf.keras.Model(entry, heads)


def train(
    inputs: NDArray[np.float32],
    targets: NDArray[np.float32],
    mask: NDArray[np.bool_],
    weights: NDArray[np.float32],
    groups: NDArray[np.intp],
    *,
    epochs: int,
    rng: np.random.Generator,
) -> tf.keras.Model:
    """Cross entropy over the classes of each clip's corpus, with mixup inside a group."""
    net = build(inputs.shape[1] // 2, targets.shape[1])
    steps = epochs * (len(inputs) // BATCH)
    rate = tf.keras.optimizers.schedules.CosineDecay(2.5e-3, steps)
    optimizer = tf.keras.optimizers.AdamW(rate, weight_decay=0.02)

    @tf.function
    def step(x: tf.Tensor, y: tf.Tensor, known: tf.Tensor, weight: tf.Tensor) -> None:
        y = (1 - SMOOTHING) * y + SMOOTHING * known / tf.reduce_sum(known, 1, keepdims=True)
        with tf.GradientTape() as tape:
            shares = [
                tf.nn.log_softmax(out - 1e4 * (1 - known)) for out in tf.nest.flatten(net(x, training=True))
            ]
            loss = tf.add_n(
                [-tf.reduce_mean(weight * tf.reduce_sum(y * share * known, 1)) for share in shares]
            )
        gradients = tape.gradient(loss, net.trainable_variables)
        optimizer.apply_gradients(zip(gradients, net.trainable_variables, strict=True))

    for _ in range(epochs):
        order = rng.permutation(len(inputs))
        for start in range(0, len(inputs) - BATCH + 1, BATCH):
            rows = order[start : start + BATCH]
            rows = rows[np.argsort(groups[rows], kind="stable")]
            partners = np.roll(rows, 1)
            share = rng.beta(0.3, 0.3, BATCH)
            share = np.where(groups[rows] == groups[partners], np.maximum(share, 1 - share), 1)[:, None]
            share = share.astype(np.float32)
            step(
                tf.constant(share * inputs[rows] + (1 - share) * inputs[partners]),
                tf.constant(share * targets[rows] + (1 - share) * targets[partners]),
                tf.constant(mask[rows].astype(np.float32)),
                tf.constant(weights[rows]),
            )
    entry = tf.keras.Input((inputs.shape[1],))
    average = tf.keras.layers.Average()
    return tf.keras.Model(entry, tf.keras.layers.Concatenate()([average(head) for head in net(entry)]))


def displaced(
    inputs: NDArray[np.float32], speakers: NDArray[np.str_], *, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Move each speaker's values in the first half as another person's voice and room would.

    The offset is a random mixture of the differences between the speakers' means, drawn anew for every
    sixth of a speaker's clips, so that the net cannot lean on who speaks.
    """
    width = inputs.shape[1] // 2
    moved = inputs.copy()
    means = np.stack([inputs[speakers == speaker, :width].mean(axis=0) for speaker in np.unique(speakers)])
    means -= means.mean(axis=0)
    for speaker in np.unique(speakers):
        for part in np.array_split(rng.permutation(np.flatnonzero(speakers == speaker)), 6):
            offset = rng.standard_normal(len(means)) @ means / np.sqrt(len(means))
            moved[part, :width] = np.clip(inputs[part, :width] + DISPLACEMENT * offset, -1, 1)
    return moved


def fit(
    corpus: Corpus, rows: NDArray[np.intp], *, epochs: int, rng: np.random.Generator
) -> tuple[tf.keras.Model, tuple[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float32]]:
    """Train on some clips in all takes and two states of adaptation; also returns the inputs."""
    normalisation = statistics(corpus, rows)
    speakers = corpus.names("speaker")[rows]
    groups = np.unique(corpus.names("corpus")[rows], return_inverse=True)[1]
    inputs = [
        displaced(adapted(take[rows], speakers, normalisation, heard=heard, rng=rng), speakers, rng=rng)
        for take in corpus.values
        for heard in (10, ALL)
    ]
    repeats = len(inputs)
    net = train(
        np.concatenate(inputs),
        np.tile(np.eye(len(corpus.labels), dtype=np.float32)[corpus.targets[rows]], (repeats, 1)),
        np.tile(corpus.mask[rows], (repeats, 1)),
        np.tile(corpus.weights[rows].astype(np.float32), repeats),
        np.tile(groups, repeats),
        epochs=epochs,
        rng=rng,
    )
    return net, normalisation, np.concatenate(inputs)
