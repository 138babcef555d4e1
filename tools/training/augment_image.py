"""Augmentation of grey face tiles, a whole batch at a time, inside the TensorFlow graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import tensorflow as tf


@dataclass(frozen=True, slots=True, kw_only=True)
class Augmentation:
    """How far a tile may be changed; angles in radians, lengths as shares of the side."""

    rotation: float = 0.3
    scale: float = 0.15
    shear: float = 0.08
    shift: float = 0.08
    gamma: float = 0.45
    cutout_share: float = 0.4
    noise_share: float = 0.1
    blur_share: float = 0.1
    smear_share: float = 0.08


def augment(tiles: Any, settings: Augmentation) -> Any:
    """Change grey tiles at random.

    Parameters
    ----------
    tiles
        float32 (n, side, side, 1), 0..255.
    settings
        Ranges.

    Returns
    -------
    float32 (n, side, side, 1), 0..255.
    """
    tiles = _move(tiles, settings)
    tiles = _relight(tiles, settings)
    tiles = _blur(tiles, settings.blur_share)
    tiles = _smear(tiles, settings.smear_share)
    tiles = _add_noise(tiles, settings.noise_share)
    return _cut_out(tiles, settings.cutout_share)


def standardize(tiles: Any) -> Any:
    """Per tile: zero mean, unit deviation, clipped; `edge.face.crop.standardize` in the graph."""
    mean, variance = tf.nn.moments(tiles, axes=[1, 2, 3], keepdims=True)
    return tf.clip_by_value((tiles - mean) / tf.maximum(tf.sqrt(variance), 4.0), -3.0, 3.0)


def _uniform(count: Any, low: float, high: float) -> Any:
    return tf.random.uniform([count], low, high)


def _chosen(count: Any, share: float) -> Any:
    return tf.cast(tf.random.uniform([count, 1, 1, 1]) < share, tf.float32)


def _move(tiles: Any, settings: Augmentation) -> Any:
    count, side = tf.shape(tiles)[0], tiles.shape[1]
    middle = (side - 1) / 2
    angle = _uniform(count, -settings.rotation, settings.rotation)
    zoom = tf.exp(_uniform(count, -settings.scale, settings.scale))
    flip = tf.where(tf.random.uniform([count]) < 0.5, -1.0, 1.0)
    shear = _uniform(count, -settings.shear, settings.shear)
    reach = settings.shift * side
    a, b = zoom * tf.cos(angle) * flip, -zoom * tf.sin(angle) + shear
    c, d = zoom * tf.sin(angle) * flip, zoom * tf.cos(angle)
    x = middle - a * middle - b * middle + _uniform(count, -reach, reach)
    y = middle - c * middle - d * middle + _uniform(count, -reach, reach)
    zero = tf.zeros_like(a)
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=tiles,
        transforms=tf.stack([a, b, x, c, d, y, zero, zero], axis=1),
        output_shape=[side, side],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="NEAREST",
    )


def _relight(tiles: Any, settings: Augmentation) -> Any:
    """Gamma, and light that falls from one side; plain brightness and contrast are standardized away."""
    count, side = tf.shape(tiles)[0], tiles.shape[1]
    gamma = tf.exp(_uniform(count, -settings.gamma, settings.gamma))[:, None, None, None]
    ramp = tf.linspace(-1.0, 1.0, side)
    across = _uniform(count, -0.3, 0.3)[:, None, None, None] * ramp[None, None, :, None]
    down = _uniform(count, -0.2, 0.2)[:, None, None, None] * ramp[None, :, None, None]
    light = 1.0 + _chosen(count, 0.5) * (across + down)
    return 255.0 * tf.pow(tf.clip_by_value(tiles / 255.0, 1e-3, 1.0), gamma) * light


def _blur(tiles: Any, share: float) -> Any:
    """Seen from further away: shrunk to half or a third and enlarged again."""
    side = tiles.shape[1]
    count = tf.shape(tiles)[0]
    small = tf.where(tf.random.uniform([]) < 0.5, side // 2, side // 3)
    far = tf.image.resize(tf.image.resize(tiles, [small, small], method="area"), [side, side])
    chosen = _chosen(count, share)
    return tiles * (1.0 - chosen) + far * chosen


def _smear(tiles: Any, share: float) -> Any:
    """Moved while seen: averaged over a few pixels, across in some and down in others."""
    count = tf.shape(tiles)[0]
    length = tf.random.uniform([], 3, 8, tf.int32)
    across = tf.ones([1, length, 1, 1]) / tf.cast(length, tf.float32)
    for kernel in (across, tf.transpose(across, [1, 0, 2, 3])):
        chosen = _chosen(count, share / 2)
        tiles = tiles * (1.0 - chosen) + tf.nn.conv2d(tiles, kernel, 1, "SAME") * chosen
    return tiles


def _add_noise(tiles: Any, share: float) -> Any:
    count = tf.shape(tiles)[0]
    strength = _chosen(count, share) * tf.random.uniform([count, 1, 1, 1], 4.0, 20.0)
    return tiles + strength * tf.random.normal(tf.shape(tiles))


def _cut_out(tiles: Any, share: float) -> Any:
    """Cover a random rectangle, up to half of each side, with one random grey."""
    count, side = tf.shape(tiles)[0], tiles.shape[1]
    at = tf.range(side, dtype=tf.float32)

    def band() -> Any:
        length = _uniform(count, 0.15, 0.5) * side
        start = tf.random.uniform([count]) * side - length / 2
        return (at[None, :] >= start[:, None]) & (at[None, :] < (start + length)[:, None])

    hole = tf.cast(band()[:, :, None, None] & band()[:, None, :, None], tf.float32) * _chosen(count, share)
    grey = tf.random.uniform([count, 1, 1, 1], 0.0, 255.0)
    return tiles * (1.0 - hole) + grey * hole
