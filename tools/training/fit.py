"""Fitting a Keras classifier to soft labels: AdamW, averaged weights, checkpoints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf
from tqdm import tqdm

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How long and how fast to learn."""

    epochs: int
    batch: int = 128
    peak_rate: float = 1.5e-3
    warm_up_epochs: float = 2.0
    fall_share: float = 0.4
    weight_decay: float = 0.05
    average: float = 0.999
    seed: int = 0


class WarmSteadyFall(tf.keras.optimizers.schedules.LearningRateSchedule):
    """Linear warm-up, a steady rate, then half a cosine down to nothing.

    Unlike a cosine over the whole run, the steady part does not depend on the number of epochs, so
    that a checkpoint of it can be taken to a nearer or farther end.
    """

    def __init__(self, peak: float, *, warm_steps: int, fall_steps: int, steps: int) -> None:
        self.peak, self.warm_steps, self.fall_steps, self.steps = peak, warm_steps, fall_steps, steps

    def __call__(self, step: Any) -> Any:
        """Learning rate at a step."""
        step = tf.cast(step, tf.float32)
        falling = tf.clip_by_value(1.0 - (self.steps - step) / self.fall_steps, 0.0, 1.0)
        return self.peak * tf.minimum(step / self.warm_steps, 0.5 * (1.0 + tf.cos(np.pi * falling)))


class Average:
    """A slowly moving average of a model's weights, which generalizes better than the weights."""

    def __init__(self, model: Any, decay: float) -> None:
        self.pairs = [(tf.Variable(weight, trainable=False), weight) for weight in model.weights]
        self.decay = decay

    def update(self, step: Any) -> None:
        """Move a little towards the weights; faster in the first steps."""
        keep = tf.minimum(self.decay, (1.0 + tf.cast(step, tf.float32)) / (10.0 + tf.cast(step, tf.float32)))
        for mean, weight in self.pairs:
            mean.assign(keep * mean + (1.0 - keep) * weight)

    def swap(self) -> None:
        """Exchange the average and the weights."""
        for mean, weight in self.pairs:
            held = weight.numpy()
            weight.assign(mean)
            mean.assign(held)


def fit(
    model: Any,
    inputs: NDArray[np.uint8],
    targets: NDArray[np.float32],
    *,
    row_shares: NDArray[np.float64],
    prepare: Callable[[Any], Any],
    schedule: Schedule,
    folder: Path,
    on_epoch: Callable[[int, float], str],
) -> None:
    """Train; the model ends with its averaged weights.

    Parameters
    ----------
    model
        Inputs prepared by `prepare`, outputs logits.
    inputs, targets
        All rows; targets are distributions.
    row_shares
        How often each row is drawn; sums to 1.
    prepare
        Augments and standardizes one batch, in the graph.
    schedule
        Epochs, rates, seed.
    folder
        Checkpoints; a run that was cut off goes on from the last epoch found there.
    on_epoch
        Called after each epoch with its number and mean loss while the model holds the averaged
        weights; returns what the progress bar shows.
    """
    tf.keras.utils.set_random_seed(schedule.seed)
    steps = len(inputs) // schedule.batch
    rate = WarmSteadyFall(
        schedule.peak_rate,
        warm_steps=int(schedule.warm_up_epochs * steps),
        fall_steps=int(schedule.fall_share * schedule.epochs * steps),
        steps=schedule.epochs * steps,
    )
    optimizer = tf.keras.optimizers.AdamW(rate, weight_decay=schedule.weight_decay, clipnorm=2.0)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    optimizer.build(model.trainable_variables)
    average = Average(model, schedule.average)
    done = tf.Variable(0, trainable=False)
    checkpoint = tf.train.Checkpoint(
        model=model, optimizer=optimizer, done=done, average=[mean for mean, _ in average.pairs]
    )
    manager = tf.train.CheckpointManager(checkpoint, str(folder), max_to_keep=1)
    if manager.latest_checkpoint:
        checkpoint.restore(manager.latest_checkpoint)
    all_inputs, all_targets = tf.constant(inputs), tf.constant(targets)

    @tf.function
    def step(rows: Any) -> Any:
        batch = prepare(tf.cast(tf.gather(all_inputs, rows), tf.float32))
        wanted = tf.gather(all_targets, rows)
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(
                tf.nn.softmax_cross_entropy_with_logits(wanted, model(batch, training=True))
            )
        optimizer.apply_gradients(
            zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables, strict=True)
        )
        average.update(optimizer.iterations)
        return loss

    with tqdm(total=schedule.epochs, initial=int(done), unit="epoch", mininterval=5.0) as progress:
        for epoch in range(int(done), schedule.epochs):
            rng = np.random.default_rng((schedule.seed, epoch))
            order = rng.choice(len(inputs), size=(steps, schedule.batch), p=row_shares)
            losses = [step(tf.constant(rows)) for rows in order]
            average.swap()
            progress.set_postfix_str(on_epoch(epoch, float(np.mean(losses))))
            average.swap()
            done.assign(epoch + 1)
            manager.save()
            progress.update()
    average.swap()
