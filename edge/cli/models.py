"""`edge-affect models`: what is there, under which terms, whether it is unaltered; signed updates."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.errors import ModelError
from edge.inference import ModelStore
from edge.inference.install import install, rollback

if TYPE_CHECKING:
    import argparse


def register(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("models", help="list, verify, install or roll back models")
    parser.add_argument("--directory", type=Path, help="another directory with a manifest.yaml")
    parser.add_argument("--key", type=Path, help="public key (PEM) with which its manifest must be signed")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    actions.add_parser("list", help="what each model is and who may use it").set_defaults(command=list_models)
    actions.add_parser("verify", help="check every file against the manifest and load it").set_defaults(
        command=verify_models
    )
    updating = actions.add_parser("install", help="check, try and switch to a signed bundle")
    updating.add_argument(
        "bundle", type=Path, metavar="BUNDLE", help="directory that tools/release_models.py made"
    )
    updating.add_argument(
        "--into", type=Path, required=True, metavar="DIR", help="where installed models are kept"
    )
    updating.add_argument("--key", type=Path, required=True, help="public key (PEM) that is trusted")
    updating.set_defaults(command=install_models)
    returning = actions.add_parser("rollback", help="go back to the bundle installed before")
    returning.add_argument(
        "--into", type=Path, required=True, metavar="DIR", help="where installed models are kept"
    )
    returning.set_defaults(command=roll_back_models)


def list_models(options: argparse.Namespace) -> int:
    """Print one paragraph a model."""
    for name, entry in ModelStore(options.directory, trusted_key=options.key).manifest.models.items():
        print(f"{name} {entry.version} ({entry.task})")
        print(f"  licence         {entry.licence}")
        print(f"  commercial use  {entry.commercial_use}")
        print(f"  made from       {entry.origin}")
        print(f"  attribution     {entry.attribution}")
        print(f"  card            models/{entry.card}")
    return 0


def verify_models(options: argparse.Namespace) -> int:
    """Verify and load each model; 1 if any fails."""
    store = ModelStore(options.directory, trusted_key=options.key)
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


def install_models(options: argparse.Namespace) -> int:
    """Install a bundle; the error says why not."""
    serial = install(options.bundle, into=options.into, trusted_key=options.key)
    print(f"installed serial {serial}; set inference.models to {options.into / 'current'}")
    return 0


def roll_back_models(options: argparse.Namespace) -> int:
    """Go back to the bundle installed before."""
    print(f"back to serial {rollback(options.into)}")
    return 0
