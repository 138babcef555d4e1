#!/usr/bin/env python3
"""Make a signed bundle of the shipped models for `edge-affect models install`.

    openssl genpkey -algorithm ed25519 -out release.key        # once; keep it off this machine's disk
    openssl pkey -in release.key -pubout -out release.pub      # what devices trust
    tools/release_models.py --key release.key OUT

Golden answers are computed here, with the runtime of this machine, and written into the manifest before it is
signed.
"""

from __future__ import annotations

import argparse
import base64
import shutil
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from ruamel.yaml import YAML

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from edge.inference import ModelStore
from edge.inference.golden import answers
from edge.inference.signature import SIGNATURE_SUFFIX
from edge.inference.store import MANIFEST


def main() -> None:
    """Parse and make."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--key", type=Path, required=True, help="Ed25519 private key, PEM")
    parser.add_argument("--models", type=Path, help="another directory with a manifest.yaml")
    parser.add_argument("out", type=Path, help="directory to make")
    arguments = parser.parse_args()
    make_bundle(ModelStore(arguments.models), key=arguments.key, out=arguments.out)
    print(f"{arguments.out} is ready to be installed")


def make_bundle(store: ModelStore, *, key: Path, out: Path) -> None:
    """Copy the models of `store` to `out`, add golden answers, sign.

    Raises
    ------
    TypeError
        The key is no Ed25519 private key.
    """
    private = load_pem_private_key(key.read_bytes(), password=None)
    if not isinstance(private, Ed25519PrivateKey):
        raise TypeError(f"{key} holds no Ed25519 private key")
    yaml = YAML()
    yaml.width = 100
    manifest = yaml.load(store.directory / MANIFEST)
    out.mkdir(parents=True)
    for name, entry in store.manifest.models.items():
        manifest["models"][name]["golden"] = [list(values) for values in answers(store.load(name))]
        shutil.copyfile(store.directory / entry.file, out / entry.file)
    with (out / MANIFEST).open("w", encoding="utf-8") as stream:
        yaml.dump(manifest, stream)
    signature = private.sign((out / MANIFEST).read_bytes())
    (out / (MANIFEST + SIGNATURE_SUFFIX)).write_bytes(base64.b64encode(signature) + b"\n")


if __name__ == "__main__":
    main()
