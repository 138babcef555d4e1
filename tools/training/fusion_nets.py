"""The nets of the intermediate and the early fusion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import tensorflow as tf

from edge.emotion import EMOTIONS
from edge.fusion import early, intermediate
from edge.fusion.evidence import TINY
from edge.fusion.options import Strategy
from edge.fusion.strategy import UNLEARNED, with_unlearned
from sessions.rows import Rows, make_rows
from training.manifest import MODELS, record
from training.quantize import to_int8

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sessions.bank import Bank

WIDTH: Final = 24
HIDDEN: Final = 24
DROPPED: Final = 0.15
"""Share of the modalities blanked in each batch, besides those that a session lacks."""

EPOCHS: Final = 12
BATCH: Final = 256
TRAIN_SESSIONS: Final = 60
TRAIN_SEEDS: Final = (1, 2, 3)
VALIDATION_SESSIONS: Final = 50
VALIDATION_SEED: Final = 9
EXAMPLES: Final = 500
GRID: Final = 10
"""Shares of the ensemble are tried in steps of one tenth."""

NUMBERS_OF: Final = {intermediate.NET: intermediate.NUMBERS, early.NET: early.NUMBERS}
RATE_OF: Final = {intermediate.NET: 3e-3, early.NET: 5e-4}
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
    hidden = tf.keras.layers.Dropout(0.4)(tf.keras.layers.Dense(HIDDEN, activation="relu")(given))
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
        tf.keras.optimizers.schedules.CosineDecay(RATE_OF[name], steps), weight_decay=0.02
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


_ENTRY: Final = {
    "version": "1.0.0",
    "licence": "CC-BY-NC-SA-4.0",
    "commercial_use": "forbidden",
    "attribution": (
        "Trained on readings of FER2013 (Goodfellow et al. 2013) with FER+ labels (Barsoum et al. 2016),"
        " RAVDESS (Livingstone and Russo 2018), nEMO (Christop 2024), Berlin EmoDB (Burkhardt et al. 2005),"
        " Stress-Predict (Iqbal et al. 2022) and Non-EEG (Birjandtalab et al. 2016)"
    ),
    "origin": "tools/train_fusion.py nets",
    "card": "cards/fusion.md",
    "labels": [emotion.value for emotion in EMOTIONS],
}
_LOGITS: Final = {
    "name": "logits",
    "shape": [1, 8],
    "dtype": "int8",
    "meaning": "one logit a class; contempt is unlearned",
}
_TENSORS: Final = {
    intermediate.NET: {
        "inputs": [
            {
                "name": "tokens",
                "shape": [1, 3, 3 * intermediate.NUMBERS],
                "dtype": "int8",
                "meaning": "a token of face, speech and physiology, each in places of its own",
            }
        ],
        "outputs": [
            _LOGITS,
            {"name": "weights", "shape": [1, 3], "dtype": "int8", "meaning": "weight of each modality"},
        ],
    },
    early.NET: {
        "inputs": [
            {
                "name": "grid",
                "shape": [1, early.STEPS * 3 * early.NUMBERS],
                "dtype": "int8",
                "meaning": "what face, speech and physiology said, now and in each of the seconds before",
            }
        ],
        "outputs": [_LOGITS],
    },
}


def write_nets(train: Bank, validation: Bank) -> dict[str, object]:
    """Train both nets, record them, and find the shares of the ensemble on validation."""
    rows = Rows.joined([make_rows(train, sessions=TRAIN_SESSIONS, seed=seed) for seed in TRAIN_SEEDS])
    checked = make_rows(validation, sessions=VALIDATION_SESSIONS, seed=VALIDATION_SEED)
    return train_and_record(rows, checked)


def train_and_record(rows: Rows, checked: Rows) -> dict[str, object]:
    """The same from rows."""
    found: dict[str, object] = {"rows": len(rows.truth), "validation_rows": len(checked.truth)}
    said = {Strategy.LATE: checked.experts}
    for name, strategy in ((intermediate.NET, Strategy.INTERMEDIATE), (early.NET, Strategy.EARLY)):
        net, losses = fit(name, rows, checked)
        found[name] = {"validation_cross_entropy": losses}
        examples = np.random.default_rng(0).choice(len(rows.truth), EXAMPLES, replace=False)
        (MODELS / f"{name}.tflite").write_bytes(to_int8(net, inputs_of(name, rows)[examples]))
        record(name, {"file": f"{name}.tflite", "task": "fusion", **_ENTRY, **_TENSORS[name]})
        logits = np.asarray(_logits(net(inputs_of(name, checked))))
        silent = ~checked.tokens[..., : len(EMOTIONS)].any(axis=(1, 2))
        said[strategy] = np.array(
            [
                p if quiet else with_unlearned(z, p)
                for z, p, quiet in zip(logits, checked.experts, silent, strict=True)
            ]
        )
    found["validation_accuracy"] = {
        strategy.value: float(np.mean(p.argmax(axis=1) == checked.truth)) for strategy, p in said.items()
    }
    return found | {"ensemble": best_shares(said, checked.truth)}


def best_shares(said: dict[Strategy, NDArray[np.float64]], truth: NDArray[np.intp]) -> dict[str, float]:
    """Weights on the simplex whose logarithmic pool has the least cross entropy."""
    log_p = {strategy: np.log(np.maximum(p, TINY)) for strategy, p in said.items()}

    def loss(shares: tuple[float, ...]) -> float:
        pooled = np.exp(sum(v * one for v, one in zip(shares, log_p.values(), strict=True)))
        likelihood = pooled[np.arange(len(truth)), truth] / pooled.sum(axis=1)
        return float(-np.log(np.maximum(likelihood, TINY)).mean())

    simplex = [
        (late / GRID, middle / GRID, (GRID - late - middle) / GRID)
        for late in range(GRID + 1)
        for middle in range(GRID + 1 - late)
    ]
    best = min(simplex, key=loss)
    return {strategy.value: share for strategy, share in zip(said, best, strict=True)}
