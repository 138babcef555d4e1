"""The net on normalised functionals: an expert a corpus, adaptation as augmentation, training."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import tensorflow as tf

from edge.speech.adaptation import RunningNormalisation
from training.speech_features import CLEAN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from corpora.speech import Clip

LABELS: Final = ("neutral", "calm", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "boredom")
ALL: Final = 1_000_000
QUIET: Final = (CLEAN, *(f"voice {number}" for number in range(1, 4)))
SESSIONS: Final = tuple(f"session {number}" for number in range(1, 9))
TAKES: Final = QUIET + SESSIONS
"""What the nets learn from: the clips as they are and as other voices, without noise; imagined sessions."""
SMOOTHING: Final = 0.08
MEMBERS: Final = 2
BATCH: Final = 512
DISPLACEMENT: Final = 0.4


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a net on functionals is trained: how long, and how much clips of a corpus are mixed."""

    epochs: int
    mixup: float


CLEAN_RECIPE: Final = Recipe(epochs=40, mixup=0.4)
NOISY_RECIPE: Final = Recipe(epochs=30, mixup=0.3)
GATE_EPOCHS: Final = 20


@dataclass(frozen=True, slots=True)
class Corpus:
    """Functionals (takes, n, d) with what is known of each clip.

    Attributes
    ----------
    known
        Shape (experts, labels): which labels the corpus that an expert learns has.
    expert
        Shape (n,): whose clip it is.
    """

    values: NDArray[np.float32]
    clips: list[Clip]
    labels: tuple[str, ...] = field(init=False)
    experts: tuple[str, ...] = field(init=False)
    targets: NDArray[np.intp] = field(init=False)
    expert: NDArray[np.intp] = field(init=False)
    known: NDArray[np.bool_] = field(init=False)
    weights: NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        labels = tuple(label for label in LABELS if label in {clip.emotion for clip in self.clips})
        targets = np.array([labels.index(clip.emotion) for clip in self.clips])
        experts, expert = np.unique(self.names("corpus"), return_inverse=True)
        known = np.zeros((len(experts), len(labels)), bool)
        known[expert, targets] = True
        counts = np.zeros(known.shape, int)
        np.add.at(counts, (expert, targets), 1)
        weights = 1 / counts[expert, targets] / known.sum(axis=1)[expert]
        object.__setattr__(self, "labels", labels)
        object.__setattr__(self, "experts", tuple(str(name) for name in experts))
        object.__setattr__(self, "targets", targets)
        object.__setattr__(self, "expert", expert)
        object.__setattr__(self, "known", known)
        object.__setattr__(self, "weights", weights / weights.mean())

    def names(self, what: str) -> NDArray[np.str_]:
        """One attribute of every clip."""
        return np.array([getattr(clip, what) for clip in self.clips])

    def answers(self, rows: NDArray[np.intp]) -> Answers:
        """What the nets should say of some clips."""
        width = self.known.size
        targets = np.zeros((len(rows), width), np.float32)
        targets[np.arange(len(rows)), self.expert[rows] * len(self.labels) + self.targets[rows]] = 1
        mask = np.zeros((len(rows), *self.known.shape), np.float32)
        mask[np.arange(len(rows)), self.expert[rows]] = self.known[self.expert[rows]]
        return Answers(
            targets, mask.reshape(len(rows), width), self.expert[rows], self.weights[rows].astype(np.float32)
        )


@dataclass(frozen=True, slots=True)
class Answers:
    """Targets and mask (n, experts * labels), the expert that each clip teaches (n,), weights (n,)."""

    targets: NDArray[np.float32]
    mask: NDArray[np.float32]
    expert: NDArray[np.intp]
    weights: NDArray[np.float32]

    def repeated(self, times: int) -> Answers:
        """The same for several versions of the clips, one after the other."""
        return Answers(
            np.tile(self.targets, (times, 1)),
            np.tile(self.mask, (times, 1)),
            np.tile(self.expert, times),
            np.tile(self.weights, times),
        )


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
    inputs = np.empty((len(values), 3 * values.shape[1]), np.float32)
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


def build(width: int, outputs: int) -> tf.keras.Model:
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
            members.append(layers.Dense(outputs)(x))
        heads.append(members)
    return tf.keras.Model(entry, heads)


def train(
    inputs: NDArray[np.float32], answers: Answers, *, recipe: Recipe, rng: np.random.Generator
) -> tf.keras.Model:
    """Cross entropy over the classes of each clip's corpus, by its expert, with mixup inside the corpus."""
    net = build(inputs.shape[1] // 2, answers.targets.shape[1])
    steps = recipe.epochs * (len(inputs) // BATCH)
    rate = tf.keras.optimizers.schedules.CosineDecay(2.5e-3, steps)
    optimizer = tf.keras.optimizers.AdamW(rate, weight_decay=0.02)

    @tf.function
    def step(x: tf.Tensor, y: tf.Tensor, known: tf.Tensor, weight: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            loss = tf.add_n(
                [
                    cross_entropy(out, y, known=known, weight=weight)
                    for out in tf.nest.flatten(net(x, training=True))
                ]
            )
        gradients = tape.gradient(loss, net.trainable_variables)
        optimizer.apply_gradients(zip(gradients, net.trainable_variables, strict=True))

    for _ in range(recipe.epochs):
        order = rng.permutation(len(inputs))
        for start in range(0, len(inputs) - BATCH + 1, BATCH):
            rows = order[start : start + BATCH]
            rows = rows[np.argsort(answers.expert[rows], kind="stable")]
            partners = np.roll(rows, 1)
            share = mixing(answers.expert[rows] == answers.expert[partners], recipe.mixup, rng=rng)[:, None]
            step(
                tf.constant(share * inputs[rows] + (1 - share) * inputs[partners]),
                tf.constant(share * answers.targets[rows] + (1 - share) * answers.targets[partners]),
                tf.constant(answers.mask[rows]),
                tf.constant(answers.weights[rows]),
            )
    entry = tf.keras.Input((inputs.shape[1],))
    average = tf.keras.layers.Average()
    return tf.keras.Model(entry, tf.keras.layers.Concatenate()([average(head) for head in net(entry)]))


def cross_entropy(logits: tf.Tensor, targets: tf.Tensor, *, known: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
    """Mean over the clips, each over the classes its expert knows, with smoothed labels."""
    targets = (1 - SMOOTHING) * targets + SMOOTHING * known / tf.reduce_sum(known, 1, keepdims=True)
    shares = tf.nn.log_softmax(logits - 1e4 * (1 - known))
    return -tf.reduce_mean(weight * tf.reduce_sum(targets * known * shares, 1))


def mixing(is_pair: NDArray[np.bool_], mixup: float, *, rng: np.random.Generator) -> NDArray[np.float32]:
    """Share of the first of two clips, from a half to all; all where they are no pair."""
    if not mixup:
        return np.ones(len(is_pair), np.float32)
    drawn = rng.beta(mixup, mixup, len(is_pair))
    return np.where(is_pair, np.maximum(drawn, 1 - drawn), 1).astype(np.float32)


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


def train_gate(
    inputs: NDArray[np.float32], answers: Answers, spoilt: NDArray[np.bool_], *, rng: np.random.Generator
) -> tf.keras.Model:
    """From whose recordings a voice sounds to come, and whether noise, a room or a telephone lies over it."""
    layers = tf.keras.layers
    experts = int(answers.expert.max()) + 1
    width = inputs.shape[1] // 3
    entry = layers.Input((inputs.shape[1],))
    outputs = []
    for seen, count in ((entry[:, 2 * width :], experts), (entry[:, :width], 1)):
        x = layers.Dense(32, activation="relu")(layers.Dropout(0.1)(seen))
        outputs.append(layers.Dense(count)(layers.Dropout(0.3)(x)))
    net = tf.keras.Model(entry, layers.Concatenate()(outputs))
    own = np.eye(experts, dtype=np.float32)[answers.expert] * (1 - SMOOTHING / 2) + SMOOTHING / 2 / experts

    def loss(truth: tf.Tensor, told: tf.Tensor) -> tf.Tensor:
        own = tf.nn.softmax_cross_entropy_with_logits(truth[:, :experts], told[:, :experts])
        return own + tf.nn.sigmoid_cross_entropy_with_logits(truth[:, experts], told[:, experts])

    rate = tf.keras.optimizers.schedules.CosineDecay(3e-3, GATE_EPOCHS * (len(inputs) // 256))
    net.compile(tf.keras.optimizers.AdamW(rate, weight_decay=0.02), loss)
    order = rng.permutation(len(inputs))
    truth = np.column_stack([own, spoilt]).astype(np.float32)
    net.fit(
        inputs[order],
        truth[order],
        sample_weight=answers.weights[order],
        batch_size=256,
        epochs=GATE_EPOCHS,
        verbose=0,
    )
    return net


def fit(
    corpus: Corpus, spoilt: NDArray[np.bool_], rows: NDArray[np.intp], *, rng: np.random.Generator
) -> tuple[tf.keras.Model, tuple[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float32]]:
    """Train on some clips in `TAKES` and states of adaptation; also returns the inputs.

    Those without noise teach one half of the net alone; the clip as it is and the sessions teach the other.
    """
    normalisation = statistics(corpus, rows)
    speakers = corpus.names("speaker")[rows]
    answers = corpus.answers(rows)
    heard = {
        count: [adapted(take[rows], speakers, normalisation, heard=count, rng=rng) for take in corpus.values]
        for count in (0, 10, ALL)
    }
    width = 2 * corpus.values.shape[-1]
    clean, noisy = (
        train(
            np.concatenate(
                [
                    displaced(heard[count][TAKES.index(take)][:, :width], speakers, rng=rng)
                    for take in takes
                    for count in (10, ALL)
                ]
            ),
            answers.repeated(2 * len(takes)),
            recipe=recipe,
            rng=rng,
        )
        for takes, recipe in ((QUIET, CLEAN_RECIPE), ((CLEAN, *SESSIONS), NOISY_RECIPE))
    )
    # As many clean clips as spoilt ones, or the gate would take half of the clean ones for spoilt.
    evenly = [0] * (len(SESSIONS) - len(QUIET)) + list(range(len(TAKES)))
    views = np.concatenate([heard[count][take] for count in (0, ALL) for take in evenly])
    gate = train_gate(
        views,
        answers.repeated(2 * len(evenly)),
        np.tile(np.concatenate([spoilt[take, rows] for take in evenly]), 2),
        rng=rng,
    )
    entry = tf.keras.Input((views.shape[1],))
    joined = tf.keras.layers.Concatenate()([clean(entry[:, :width]), noisy(entry[:, :width]), gate(entry)])
    return tf.keras.Model(entry, joined), normalisation, views
