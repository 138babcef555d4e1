from __future__ import annotations

from typing import Any

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

import edgetpu_check

NETS = (
    "beats",
    "face_expression",
    "face_expression_nano",
    "speech_emotion",
    "speech_emotion_spectrum",
    "stress",
    "voice_activity",
)


def packed(model: Any) -> bytes:
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


@pytest.fixture
def net() -> Any:
    """The expression net, to be spoilt."""
    content = (edgetpu_check.MODELS / "face_expression.tflite").read_bytes()
    return schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))


@pytest.mark.parametrize("name", NETS)
def test_nothing_speaks_against_the_nets_that_were_trained_here(name: str) -> None:
    mapping = edgetpu_check.check((edgetpu_check.MODELS / f"{name}.tflite").read_bytes())
    assert mapping.problems == ()
    assert sum(mapping.operations.values()) > 0


def test_the_float_detector_cannot_be_mapped() -> None:
    mapping = edgetpu_check.check((edgetpu_check.MODELS / "face_detector.tflite").read_bytes())
    assert any("DEQUANTIZE is not supported" in problem for problem in mapping.problems)
    assert list(edgetpu_check.told("face_detector", mapping))[-1] == "  ..."


def test_a_float_activation_is_found(net: Any) -> None:
    net.subgraphs[0].tensors[net.subgraphs[0].operators[3].outputs[0]].type = schema.TensorType.FLOAT32
    assert any("FLOAT32, not 8-bit" in problem for problem in edgetpu_check.check(packed(net)).problems)


def test_a_shape_that_is_not_fixed_is_found(net: Any) -> None:
    net.subgraphs[0].tensors[net.subgraphs[0].inputs[0]].shapeSignature = np.array([-1, 48, 48, 1], np.int32)
    assert any("not fixed" in problem for problem in edgetpu_check.check(packed(net)).problems)


def test_a_batch_of_pictures_is_found(net: Any) -> None:
    net.subgraphs[0].tensors[net.subgraphs[0].inputs[0]].shape = np.array([4, 48, 48, 1], np.int32)
    assert any("inner dimensions" in problem for problem in edgetpu_check.check(packed(net)).problems)


def test_a_tensor_without_quantization_is_found(net: Any) -> None:
    net.subgraphs[0].tensors[net.subgraphs[0].inputs[0]].quantization = None
    assert any("no quantization" in problem for problem in edgetpu_check.check(packed(net)).problems)


def test_an_operation_that_is_not_supported_is_found(net: Any) -> None:
    net.operatorCodes[0].builtinCode = schema.BuiltinOperator.GELU
    assert any("GELU is not supported" in problem for problem in edgetpu_check.check(packed(net)).problems)
