"""The nets of the intermediate and the early fusion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import tensorflow as tf

from edge.emotion import EMOTIONS
from edge.fusion import early, intermediate
from edge.fusion.strategy import UNLEARNED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sessions.rows import Rows

WIDTH: Final = 24
HIDDEN: Final = 48
DROPPED: Final = 0.15
"""Share of the modalities blanked in each batch, besides those that a session lacks."""

EPOCHS: Final = 12
BATCH: Final = 256
NUMBERS_OF: Final = {intermediate.NET: intermediate.NUMBERS, early.NET: early.NUMBERS}
_SILENT: Final = 20.0


def make_intermediate() -> Any:
    """One head of attention between three tokens, then attention pooling; gives logits and weights."""
    count = 3
    given = tf.keras.Input((count, count * intermediate.NUMBERS), batch_size=1)
    made = tf.keras.layers.Dense(WIDTH, activation="relu", name="embed")(given)
    # The last number of each token is 1 where its modality speaks, else 0.
    there = tf.reduce_sum(given[..., intermediate.NUMBERS - 1 :: intermediate.NUMBERS], axis=-1)
    silent = (there - 1.0) * _SILENT
    queries, keys, values = (tf.keras.layers.Dense(WIDTH, name=name)(made) for name in "qkv")
    scores = tf.matmul(queries, keys, transpose_b=True) / float(np.sqrt(WIDTH)) + silent[:, None, :]
    made = made + tf.matmul(tf.nn.softmax(scores), values)
    weights = tf.nn.softmax(tf.keras.layers.Dense(1, name="pool")(made)[..., 0] + silent)
    pooled = tf.matmul(weights[:, None, :], made)[:, 0]
    logits = tf.keras.layers.Dense(len(EMOTIONS), name="classes")(pooled)
    return tf.keras.Model(given, [logits, weights])


def make_early() -> Any:
    """One hidden layer over the grid."""
    given = tf.keras.Input((early.STEPS * 3 * early.NUMBERS,), batch_size=1)
    hidden = tf.keras.layers.Dropout(0.2)(tf.keras.layers.Dense(HIDDEN, activation="relu")(given))
    return tf.keras.Model(given, tf.keras.layers.Dense(len(EMOTIONS))(hidden))


MAKERS: Final = {intermediate.NET: make_intermediate, early.NET: make_early}


def inputs_of(name: str, rows: Rows) -> NDArray[np.float32]:
    """What a net is given, of rows."""
    return rows.tokens if name == intermediate.NET else rows.grid


def fit(name: str, rows: Rows, validation: Rows, *, seed: int = 0) -> tuple[Any, list[float]]:
    """A trained net, and its cross entropy on validation after each epoch; the best epoch is kept."""
    tf.keras.utils.set_random_seed(seed)
    fixed = MAKERS[name]()
    given = tf.keras.Input(fixed.input_shape[1:])
    net = tf.keras.Model(given, _free(fixed)(given))
    inputs, checked = inputs_of(name, rows), inputs_of(name, validation)
    steps = EPOCHS * (len(inputs) // BATCH)
    optimizer = tf.keras.optimizers.AdamW(
        tf.keras.optimizers.schedules.CosineDecay(3e-3, steps), weight_decay=0.02
    )
    rng = np.random.default_rng(seed)

    @tf.function
    def step(batch: Any, truth: Any) -> None:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(_cross_entropy(_logits(net(batch, training=True)), truth))
        gradients = tape.gradient(loss, net.trainable_variables)
        optimizer.apply_gradients(zip(gradients, net.trainable_variables, strict=True))

    losses: list[float] = []
    best: list[NDArray[np.float32]] = net.get_weights()
    for _ in range(EPOCHS):
        order = rng.permutation(len(inputs))
        for at in range(0, len(order) - BATCH, BATCH):
            chosen = order[at : at + BATCH]
            step(tf.constant(_dropped(name, inputs[chosen], rng)), tf.constant(rows.truth[chosen]))
        losses.append(float(np.mean(_cross_entropy(_logits(net(checked)), validation.truth))))
        if losses[-1] == min(losses):
            best = net.get_weights()
    net.set_weights(best)
    return net, losses


def _free(fixed: Any) -> Any:
    """The same net for batches of any size."""
    config = fixed.get_config()
    for layer in config["layers"]:
        if "batch_input_shape" in layer["config"]:
            layer["config"]["batch_input_shape"] = (None, *layer["config"]["batch_input_shape"][1:])
    return tf.keras.Model.from_config(config)


def _logits(said: Any) -> Any:
    return said[0] if isinstance(said, list | tuple) else said


def _cross_entropy(logits: Any, truth: Any) -> Any:
    blank = -_SILENT * tf.one_hot([UNLEARNED], len(EMOTIONS))
    return tf.nn.sparse_softmax_cross_entropy_with_logits(truth, logits + blank)


def _dropped(name: str, inputs: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Blank modalities at random, but never all that speak of classes."""
    numbers = NUMBERS_OF[name]
    places = inputs.reshape(len(inputs), -1, 3, numbers).copy()
    blank = rng.random((len(inputs), 3)) < DROPPED
    left = ((places[..., : len(EMOTIONS)] != 0).any(axis=(1, 3)) & ~blank)[:, :2].any(axis=1)
    places *= ~(blank & left[:, None])[:, None, :, None]
    return places.reshape(inputs.shape)
