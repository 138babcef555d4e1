"""What may crash or hang runs in a process of its own, which is ended when it takes too long."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a process answered, or why it did not; exactly one of the two is set."""

    answer: dict[str, Any] | None
    trouble: str = ""


def ask(module: str, question: object, *, timeout_s: float) -> Outcome:
    """Run `python -m module` with a question as JSON on its standard input; its answer is JSON as well."""
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            [sys.executable, "-m", module],
            input=json.dumps(question).encode(),
            capture_output=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Outcome(None, f"no answer within {timeout_s:g} s")
    if done.returncode < 0:
        return Outcome(None, f"crashed with {signal.Signals(-done.returncode).name}")
    try:
        answer = json.loads(done.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        return Outcome(None, last[0] if last else f"ended with code {done.returncode}")
    return Outcome(answer)
