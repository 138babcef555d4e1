"""What the companions of the net on functionals share: how clips are drawn for them, how they are trained.

A companion sees the course of an utterance relative to what is typical of its source, in every state of
adaptation, and learns valence and arousal beside the classes as a second task.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import tensorflow as tf

from edge.emotion import CIRCUMPLEX, Emotion
from edge.speech.classes import EXTRA
from training.speech_net import ALL, TAKES, cross_entropy, listening, mixing

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from training.speech_net import Corpus

HEARD: Final = (0, 10, ALL)
"""Utterances of the source that are known, as the nets are trained, and how often each is drawn."""
HEARD_SHARES: Final = (0.35, 0.2, 0.45)
VALENCE_AROUSAL_WEIGHT: Final = 0.2
BATCH: Final = 32
RATE: Final = 2e-3
DISPLACEMENT: Final = 0.3
KEPT_WEIGHTS_DECAY: Final = 0.97
PROGRESS_EPOCHS: Final = 10


@dataclass(frozen=True, slots=True)
class Recipe:
    """Epochs, of which takes, and how much clips of a corpus are mixed; `name` is for the progress."""

    name: str
    epochs: int
    takes: tuple[str, ...]
    mixup: float = 0.2


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
    """Draws clips in random takes and states of adaptation, as another voice and room might have them.

    `held` has the shape (takes, clips, ...); `look` makes net inputs of some of them and of what is typical
    of their sources.
    """

    def __init__(
        self,
        corpus: Corpus,
        held: NDArray[np.float16],
        normalisation: tuple[NDArray[np.float64], NDArray[np.float64]],
        *,
        rows: NDArray[np.intp],
        recipe: Recipe,
        look: Callable[[NDArray[np.float32], NDArray[np.float32]], NDArray[np.float32]],
        rng: np.random.Generator,
    ) -> None:
        self._rng, self._look = rng, look
        takes = [TAKES.index(take) for take in recipe.takes]
        self._held = held[np.ix_(takes, rows)]
        speakers = corpus.names("speaker")[rows]
        self._typical = np.stack(
            [
                [
                    typical(take[rows], speakers, normalisation, heard=heard, rng=rng)
                    for take in corpus.values[takes]
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
        takes = rng.integers(len(self._held), size=count)
        states = rng.choice(len(HEARD), size=count, p=HEARD_SHARES)
        weights = rng.standard_normal((count, len(self._directions)), np.float32)
        moved = weights @ self._directions / np.sqrt(len(self._directions))
        known = self._typical[states, takes, chosen]
        known = known + DISPLACEMENT * np.where(states == 0, 1, 0.4)[:, None] * moved
        return self._look(self._held[takes, chosen].astype(np.float32), known)


def gap(count: int, length: int, *, longest: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Masks (count, length) that are false over one random stretch, at most `longest`."""
    sizes = rng.integers(0, longest + 1, (count, 1))
    starts = rng.integers(0, length - longest, (count, 1))
    places = np.arange(length)[None]
    return (places < starts) | (places >= starts + sizes)


def train(
    net: tf.keras.Model,
    corpus: Corpus,
    batches: Batches,
    *,
    rows: NDArray[np.intp],
    recipe: Recipe,
    rng: np.random.Generator,
) -> None:
    """Cross entropy over the classes of each clip's corpus, with mixup inside it but at the end.

    `net` tells the logits and (valence, arousal); its weights are averaged over the last epochs.
    """
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
            wide = share.reshape(-1, *[1] * (inputs.ndim - 1))
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
                f"  {recipe.name}: epoch {epoch + 1} of {recipe.epochs},"
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
