#!/usr/bin/env python3
"""Write a software bill of materials (CycloneDX JSON): locked packages with licences, and the models.

    tools/sbom.py dist/edge-affect.cdx.json

It installs `requirements.lock` by hash into an environment of its own, so what it lists can be installed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from edge import __version__
from edge.inference import ModelStore

LOCK = Path(__file__).resolve().parents[1] / "requirements.lock"


def main() -> None:
    """Parse, collect, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("out", type=Path)
    out: Path = parser.parse_args().out
    with tempfile.TemporaryDirectory() as directory:
        runtime, tool = Path(directory) / "runtime", Path(directory) / "tool"
        for environment in (runtime, tool):
            venv.create(environment, with_pip=True)
        pip(runtime, "--require-hashes", "-r", str(LOCK))
        pip(tool, "cyclonedx-bom>=5")
        command = [tool / "bin" / "cyclonedx-py", "environment", runtime / "bin" / "python", "--of", "JSON"]
        listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(
        json.dumps(with_models(json.loads(listed), ModelStore()), indent=1) + "\n", encoding="utf-8"
    )
    print(f"wrote {out}")


def pip(environment: Path, *arguments: str) -> None:
    """Install into an environment."""
    command = [environment / "bin" / "python", "-m", "pip", "install", "--quiet", *arguments]
    subprocess.run(command, check=True)


def with_models(document: dict[str, Any], store: ModelStore) -> dict[str, Any]:
    """Name the application, and add each model of the manifest as a component with its hash and licence."""
    models = [
        {
            "type": "machine-learning-model",
            "bom-ref": f"model:{name}",
            "name": name,
            "version": entry.version,
            "description": entry.task,
            "hashes": [{"alg": "SHA-256", "content": entry.sha256}],
            "licenses": [{"license": {"name": entry.licence}}],
            "copyright": entry.attribution,
            "properties": [{"name": "edge-affect:commercial-use", "value": entry.commercial_use.value}],
        }
        for name, entry in store.manifest.models.items()
    ]
    packages = [
        component for component in document["components"] if component["name"] not in ("pip", "setuptools")
    ]
    application = {"type": "application", "name": "edge-affect", "version": __version__}
    return document | {
        "metadata": document["metadata"] | {"component": application},
        "components": [*packages, *models],
    }


if __name__ == "__main__":
    main()
