"""Keras model to a full-int8 TFLite flatbuffer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tensorflow as tf
from tensorflow.lite.tools import flatbuffer_utils

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def to_int8(model: Any, examples: NDArray[np.float32]) -> bytes:
    """Quantize weights and activations to int8, inputs and outputs too.

    Parameters
    ----------
    model
        A Keras model with one input; it is rebuilt with a batch of 1.
    examples
        Real inputs (n, ...) that set the ranges of the activations.
    """
    fixed = tf.keras.Input(examples.shape[1:], batch_size=1)
    converter = tf.lite.TFLiteConverter.from_keras_model(tf.keras.Model(fixed, model(fixed)))
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([example[None]] for example in examples)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8
    return without_names(converter.convert())


def without_names(content: bytes) -> bytes:
    """Drop the names of all tensors but the inputs and outputs: thousands of bytes that nobody reads."""
    model = flatbuffer_utils.convert_bytearray_to_object(bytearray(content))
    (graph,) = model.subgraphs
    kept = {number: graph.tensors[number].name for number in (*graph.inputs, *graph.outputs)}
    flatbuffer_utils.strip_strings(model)
    for number, name in kept.items():
        graph.tensors[number].name = name
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))
