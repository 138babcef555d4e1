#!/usr/bin/env python3
"""Learn how far the fusion may trust each modality, and its nets, from people whom its readers have not met.

tools/train_fusion.py held-out --data DIR --models OUT   readers that leave people out
tools/train_fusion.py fit --data DIR --models OUT        the trust, printed for edge/fusion/reliability.py
tools/train_fusion.py nets --data DIR --models OUT       models/fusion_*.tflite, and the ensemble's shares

The shipped speech net has met every person of the given corpora: what it says of them is too good to
learn from. `held-out` trains it again by the same recipe without some of these people; `fit` and
`nets` learn from the readings of some of them, and choose on those of others. `tools/evaluate.py
fusion --models OUT` measures with those that are left. `held-out` and `nets` need the train environment.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


def main() -> None:
    """Run one of the three steps."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("step", choices=("held-out", "fit", "nets"))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True, help="directory of the held-out models")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "edge-affect-speech")
    arguments = parser.parse_args()
    # Each step imports what its environment has: TensorFlow here, the daemon's runtime there.
    if arguments.step == "held-out":
        from training.held_out import write_models

        write_models(arguments.data, arguments.models, cache=arguments.cache)
        return
    from edge.inference import ModelStore
    from sessions.people import Part
    from sessions.readers import read_bank

    banks = read_bank(arguments.data, ModelStore(arguments.models))
    if arguments.step == "fit":
        from sessions.fitting import fit_trust

        print(json.dumps(fit_trust(banks[Part.TRAIN]), indent=2))
    else:
        from training.fusion_nets import write_nets

        print(json.dumps(write_nets(banks[Part.TRAIN], banks[Part.VALIDATION]), indent=2))


if __name__ == "__main__":
    main()
