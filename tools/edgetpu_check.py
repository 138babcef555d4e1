#!/usr/bin/env python3
"""Tell which shipped nets could be mapped to an Edge TPU, by the rules of Coral's documentation.

The rules ("TensorFlow models on the Edge TPU", model requirements): 8-bit parameters and activations,
fixed shapes, at most the three innermost dimensions larger than 1, supported operations only. This
reads the file alone. It is no compiler, and only the compiler's word counts in the end.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ai_edge_litert import schema_py_generated as schema

if TYPE_CHECKING:
    from collections.abc import Iterator

MODELS: Final = Path(__file__).resolve().parent.parent / "models"
INNER_DIMENSIONS: Final = 3
LARGEST_SOFTMAX: Final = 16_000
SHOWN_PROBLEMS: Final = 3
SUPPORTED: Final = frozenset(
    [
        "ADD",
        "AVERAGE_POOL_2D",
        "CONCATENATION",
        "CONV_2D",
        "DEPTHWISE_CONV_2D",
        "EXPAND_DIMS",
        "FULLY_CONNECTED",
        "L2_NORMALIZATION",
        "LOGISTIC",
        "MAXIMUM",
        "MAX_POOL_2D",
        "MEAN",
        "MINIMUM",
        "MUL",
        "PACK",
        "PAD",
        "PRELU",
        "QUANTIZE",
        "REDUCE_MAX",
        "REDUCE_MIN",
        "RELU",
        "RELU6",
        "RELU_N1_TO_1",
        "RESHAPE",
        "RESIZE_BILINEAR",
        "RESIZE_NEAREST_NEIGHBOR",
        "RSQRT",
        "SLICE",
        "SOFTMAX",
        "SPACE_TO_DEPTH",
        "SPLIT",
        "SQUARED_DIFFERENCE",
        "SQUEEZE",
        "STRIDED_SLICE",
        "SUB",
        "SUM",
        "TANH",
        "TRANSPOSE",
        "TRANSPOSE_CONV",
        "UNIDIRECTIONAL_SEQUENCE_LSTM",
    ]
)
_EIGHT_BITS: Final = {schema.TensorType.INT8, schema.TensorType.UINT8}
_OPERATORS: Final = {code: name for name, code in vars(schema.BuiltinOperator).items() if name.isupper()}
_TYPES: Final = {code: name for name, code in vars(schema.TensorType).items() if name.isupper()}


@dataclass(frozen=True, slots=True)
class Mapping:
    """How many operations of each kind a net has, and what keeps it from an Edge TPU."""

    operations: dict[str, int]
    problems: tuple[str, ...]


def main() -> int:
    """Check the named files, or all shipped ones; with `--require`, 1 if one of these cannot be mapped."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path, help="all of models/ when none is named")
    parser.add_argument(
        "--require", nargs="*", default=[], metavar="NAME", help="models that must be mappable"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    files = options.files or sorted(MODELS.glob("*.tflite"))
    found = {path.stem: check(path.read_bytes()) for path in files}
    if options.json:
        print(json.dumps({name: {"problems": list(each.problems)} for name, each in found.items()}, indent=2))
    else:
        print("\n".join(line for name, each in found.items() for line in told(name, each)))
    return int(any(name not in found or found[name].problems for name in options.require))


def told(name: str, mapping: Mapping) -> Iterator[str]:
    """Put one net into lines."""
    count = sum(mapping.operations.values())
    verdict = f"{len(mapping.problems)} problems" if mapping.problems else "nothing against it"
    yield f"{name}: {count} operations, {verdict}"
    yield from (f"  {problem}" for problem in mapping.problems[:SHOWN_PROBLEMS])
    if len(mapping.problems) > SHOWN_PROBLEMS:
        yield "  ..."


def check(content: bytes) -> Mapping:
    """Check one flatbuffer."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
    problems = [] if len(model.subgraphs) == 1 else [f"{len(model.subgraphs)} subgraphs, 1 is wanted"]
    graph = model.subgraphs[0]
    operations: Counter[str] = Counter()
    for operator in graph.operators:
        code = model.operatorCodes[operator.opcodeIndex]
        name = _OPERATORS.get(max(code.builtinCode, code.deprecatedBuiltinCode), "unknown")
        operations[name] += 1
        if name not in SUPPORTED:
            problems.append(f"{name} is not supported; it and all that follows would run on the processor")
        for index in [*operator.inputs, *operator.outputs]:
            if index >= 0:
                problems += _against(name, graph.tensors[index], is_constant=_has_data(model, graph, index))
    return Mapping(dict(operations), tuple(dict.fromkeys(problems)))


def _has_data(model: Any, graph: Any, index: int) -> bool:
    data = model.buffers[graph.tensors[index].buffer].data
    return data is not None and len(data) > 0


def _against(operation: str, tensor: Any, *, is_constant: bool) -> Iterator[str]:
    where = f"{operation} {tensor.name.decode(errors='replace') if tensor.name else 'tensor'}"
    shape = [] if tensor.shape is None else [int(size) for size in tensor.shape]
    signature = [] if tensor.shapeSignature is None else [int(size) for size in tensor.shapeSignature]
    if tensor.type in _EIGHT_BITS:
        scale = tensor.quantization.scale if tensor.quantization else None
        if scale is None or len(scale) == 0:
            yield f"{where} has no quantization"
    elif not (tensor.type == schema.TensorType.INT32 and is_constant):
        yield f"{where} is {_TYPES.get(tensor.type, 'unknown')}, not 8-bit"
    if any(size < 0 for size in signature):
        yield f"{where} has a shape that is not fixed, {signature}"
    if not is_constant and any(size > 1 for size in shape[:-INNER_DIMENSIONS]):
        yield f"{where} has more than three inner dimensions, {shape}"
    if operation == "SOFTMAX" and shape and shape[-1] > LARGEST_SOFTMAX:
        yield f"{where} is larger than {LARGEST_SOFTMAX} elements"


if __name__ == "__main__":
    sys.exit(main())
