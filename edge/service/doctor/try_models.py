"""Verifies, loads and runs every model once; run by `edge.apart.ask`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from edge.errors import ModelError
from edge.inference import ModelStore


def main() -> None:
    """Answer with the number of models and the runtime, or with the first error."""
    question = json.load(sys.stdin)
    try:
        directory, key = (Path(path) if path else None for path in question["paths"])
        store = ModelStore(directory, trusted_key=key)
        runtime = ""
        for name in store.manifest.models:
            model = store.load(name)
            model(*(np.zeros(tensor.shape, np.float32) for tensor in model.inputs))
            runtime = model.runtime.value
        answer: dict[str, object] = {"models": len(store.manifest.models), "runtime": runtime}
    except ModelError as error:
        answer = {"model": error.model, "reason": error.reason.value, "detail": error.detail}
    print(json.dumps(answer))  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
