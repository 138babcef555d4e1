"""`edge-affect models`: what is shipped, under which terms, and whether it is unaltered."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.errors import ModelError
from edge.inference import ModelStore

if TYPE_CHECKING:
    import argparse


def register(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("models", help="list or verify the models")
    parser.add_argument("--directory", type=Path, help="another directory with a manifest.yaml")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    actions.add_parser("list", help="what each model is and who may use it").set_defaults(command=list_models)
    actions.add_parser("verify", help="check every file against the manifest and load it").set_defaults(
        command=verify_models
    )


def list_models(options: argparse.Namespace) -> int:
    """Print one paragraph a model."""
    for name, entry in ModelStore(options.directory).manifest.models.items():
        print(f"{name} {entry.version} ({entry.task})")
        print(f"  licence         {entry.licence}")
        print(f"  commercial use  {entry.commercial_use}")
        print(f"  made from       {entry.origin}")
        print(f"  attribution     {entry.attribution}")
        print(f"  card            models/{entry.card}")
    return 0


def verify_models(options: argparse.Namespace) -> int:
    """Verify and load each model; 1 if any fails."""
    store = ModelStore(options.directory)
    bad = 0
    for name in store.manifest.models:
        try:
            store.load(name)
        except ModelError as error:
            bad += 1
            print(f"FAIL {error}")
        else:
            print(f"OK   {name}")
    return 1 if bad else 0
