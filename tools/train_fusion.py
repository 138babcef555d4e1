#!/usr/bin/env python3
"""Learn how far the fusion may trust each modality, from people whom its readers have not met.

tools/train_fusion.py held-out --data DIR --models OUT   readers that leave people out (train environment)
tools/train_fusion.py fit --data DIR --models OUT        the trust, printed for edge/fusion/reliability.py

The shipped speech and stress nets have met every person of the given corpora: what they say of them
is too good to learn from. `held-out` trains them again by the same recipes without some of these
people; `tools/evaluate.py fusion --models OUT` measures with them.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


def main() -> None:
    """Run one of the two steps."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("step", choices=("held-out", "fit"))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True, help="directory of the held-out models")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "edge-affect-speech")
    parser.add_argument("--takes", type=int, default=4, help="as of tools/train_speech.py")
    arguments = parser.parse_args()
    # Each step has an environment of its own: TensorFlow here, the daemon's runtime there.
    if arguments.step == "held-out":
        from training.held_out import write_models

        write_models(arguments.data, arguments.models, cache=arguments.cache, takes=arguments.takes)
    else:
        from edge.inference import ModelStore
        from sessions.fitting import fit_trust
        from sessions.readers import read_bank

        bank, _ = read_bank(arguments.data, ModelStore(arguments.models))
        print(json.dumps(fit_trust(bank), indent=2))


if __name__ == "__main__":
    main()
