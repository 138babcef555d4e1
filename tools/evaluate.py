#!/usr/bin/env python3
"""Measures the shipped models through the code the daemon runs.

tools/evaluate.py face|speech|beats|stress|fusion --data DIR [--runtime litert|tflite-runtime] [--json FILE]

DIR has the layout described in the README of the training data. Each task adds options of its own;
see `tools/evaluate.py TASK --help`.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from pathlib import Path

from edge.errors import EdgeError
from edge.inference import Runtime

TASKS = ("face", "speech", "beats", "stress", "fusion")


def main() -> int:
    """Measure one task; print its JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    tasks = parser.add_subparsers(dest="task", required=True, metavar="TASK")
    # Only the module of the task at hand is imported: each brings its own heavy libraries.
    for name in TASKS if len(sys.argv) < 2 or sys.argv[1] not in TASKS else (sys.argv[1],):
        module = importlib.import_module(f"measure.{name}")
        task = tasks.add_parser(name, help=(module.__doc__ or "").partition("\n")[0])
        task.add_argument("--data", type=Path, required=True, metavar="DIR", help="where the data lie")
        task.add_argument("--runtime", type=Runtime, choices=list(Runtime), help="TFLite runtime to use")
        task.add_argument("--json", type=Path, metavar="FILE", help="write the result there as well")
        module.add_arguments(task)
        task.set_defaults(evaluate=module.evaluate)
    args = parser.parse_args()
    try:
        result = args.evaluate(args)
    except (EdgeError, OSError) as error:
        print(f"cannot evaluate {args.task}: {error}", file=sys.stderr)
        return 1
    text = json.dumps(result, indent=2)
    if args.json:
        args.json.write_text(text + "\n")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
