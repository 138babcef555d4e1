"""Loads a delegate library and nothing else; run by `edge.apart.ask`."""

from __future__ import annotations

import json
import signal
import sys
from typing import Final

from edge.errors import ModelError
from edge.inference.runtime import Runtime, choose_runtime, load_delegate

LIFETIME_S: Final = 60


def main() -> None:
    """Answer with what is wrong with the library, which is nothing if it could be loaded."""
    # Whoever asked may be gone when the library hangs.
    signal.alarm(LIFETIME_S)
    question = json.load(sys.stdin)
    wanted = Runtime(question["runtime"]) if question["runtime"] else None
    trouble = ""
    try:
        load_delegate(question["library"], runtime=choose_runtime(wanted))
    except (ValueError, OSError, ModelError) as error:
        # The library's own words come last.
        trouble = (str(error).strip() or "it finds no device").splitlines()[-1]
    print(json.dumps({"trouble": trouble}), flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
