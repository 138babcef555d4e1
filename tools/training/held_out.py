"""The speech net by its own recipe, without the people that the fusion is measured on."""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING, Final

import numpy as np
import tensorflow as tf
from ruamel.yaml import YAML

from corpora.speech import EMOTION_CORPORA
from sessions.people import held_out
from training.manifest import MODELS
from training.quantize import to_int8
from training.speech_features import extract
from training.speech_net import Corpus, fit

if TYPE_CHECKING:
    from pathlib import Path

EPOCHS: Final = 12


def write_models(data: Path, out: Path, *, cache: Path, takes: int) -> None:
    """Copy the shipped models to `out`, the speech net replaced by one that leaves people out."""
    shutil.copytree(MODELS, out, dirs_exist_ok=True)
    root = data / "speech" if (data / "speech").is_dir() else data
    heard = extract(root, EMOTION_CORPORA, takes=takes, cache=cache)
    corpus = Corpus(heard.functionals, heard.clips)
    names, speakers = corpus.names("corpus"), corpus.names("speaker")
    left_out = {person for name in set(names) for person in held_out(speakers[names == name])}
    tf.keras.utils.set_random_seed(1)
    rng = np.random.default_rng(1)
    rows = np.flatnonzero(~np.isin(speakers, sorted(left_out)))
    net, (mean, spread), inputs = fit(corpus, rows, epochs=EPOCHS, rng=rng)
    content = to_int8(net, inputs[rng.choice(len(inputs), 500, replace=False)])
    yaml = YAML()
    manifest = yaml.load(out / "manifest.yaml")
    entry = manifest["models"]["speech_emotion"]
    (out / entry["file"]).write_bytes(content)
    entry["sha256"] = hashlib.sha256(content).hexdigest()
    entry["labels"] = list(corpus.labels)
    entry["parameters"]["mean"] = [float(value) for value in mean]
    entry["parameters"]["spread"] = [float(value) for value in spread]
    # The companions have heard everybody.
    for share in ("spectrum_share", "course_share"):
        entry["parameters"].pop(share, None)
    with (out / "manifest.yaml").open("w") as stream:
        yaml.dump(manifest, stream)
    print(f"left out {len(left_out)} speakers: {' '.join(sorted(left_out))}")
