"""Opens one source, waits for its first sample and throws that away; run by `edge.apart.ask`."""

from __future__ import annotations

import asyncio
import json
import sys

from pydantic import TypeAdapter

from edge.capture import make_sources
from edge.capture.options import SourceOptions
from edge.clock import RealClock
from edge.errors import SourceError


async def _first_sample(name: str, options: SourceOptions) -> str:
    samples = make_sources({name: options}, clock=RealClock())[name].samples()
    try:
        async for sample in samples:
            return type(sample).__name__
        return ""
    finally:
        await samples.aclose()  # type: ignore[attr-defined]  # every source is an async generator


def main() -> None:
    """Answer with the kind of the sample, or with the reason why there was none."""
    question = json.load(sys.stdin)
    options = TypeAdapter[SourceOptions](SourceOptions).validate_python(question["options"])
    try:
        answer = {"sample": asyncio.run(_first_sample(question["name"], options))}
    except SourceError as error:
        answer = {"reason": error.reason.value, "detail": error.detail}
    print(json.dumps(answer))  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
