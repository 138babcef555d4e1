"""`edge-affect check-config`: every error at once, or where each value came from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from edge.cli.run import add_config_arguments
from edge.config.load import load_config

if TYPE_CHECKING:
    import argparse


def register(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("check-config", help="check a config; tell every error with its place")
    add_config_arguments(parser)
    parser.add_argument(
        "--explain", action="store_true", help="print every effective value and where it was set"
    )
    parser.set_defaults(command=command)


def command(options: argparse.Namespace) -> int:
    """Load the config; an error leaves as `ConfigError`."""
    loaded = load_config(options.config, overrides=options.overrides)
    if not options.explain:
        print(f"{options.config}: no errors")
        return 0
    rows = [(key, json.dumps(value), origin) for key, value, origin in loaded.explain()]
    wide = max(len(f"{key}: {value}") for key, value, _ in rows)
    for key, value, origin in rows:
        print(f"{f'{key}: {value}':<{min(wide, 60)}}  # {origin}")
    return 0
