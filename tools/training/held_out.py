"""The speech nets by their own recipe, without the people that the fusion is measured on."""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf
from ruamel.yaml import YAML

from corpora.speech import EMOTION_CORPORA
from edge.inference import ModelStore
from edge.speech.nets import CONTOURS_SUFFIX, SPECTRUM_SUFFIX, shares_of
from sessions.people import held_out
from training.manifest import MODELS
from training.speech_features import extract
from training.speech_fold import train_on
from training.speech_net import TAKES, Corpus

if TYPE_CHECKING:
    from pathlib import Path


def write_models(data: Path, out: Path, *, cache: Path) -> None:
    """Copy the shipped models to `out`, the speech nets replaced by ones that leave people out."""
    shutil.copytree(MODELS, out, dirs_exist_ok=True)
    root = data / "speech" if (data / "speech").is_dir() else data
    heard = extract(root, EMOTION_CORPORA, takes=TAKES, cache=cache)
    corpus = Corpus(heard.functionals, heard.clips)
    names, speakers = corpus.names("corpus"), corpus.names("speaker")
    left_out = {person for name in set(names) for person in held_out(speakers[names == name])}
    tf.keras.utils.set_random_seed(1)
    rows = np.flatnonzero(~np.isin(speakers, sorted(left_out)))
    name = "speech_emotion"
    shares = shares_of(ModelStore().entry(name))
    nets = train_on(heard, rows, rng=np.random.default_rng(1), shares=shares)
    yaml = YAML()
    manifest = yaml.load(out / "manifest.yaml")
    for suffix, content in (
        ("", nets.functionals),
        (SPECTRUM_SUFFIX, nets.spectrum),
        (CONTOURS_SUFFIX, nets.contours),
    ):
        if content is None:
            continue
        entry = manifest["models"][name + suffix]
        (out / entry["file"]).write_bytes(content)
        entry["sha256"] = hashlib.sha256(content).hexdigest()
    mean, spread = nets.normalisation
    manifest["models"][name]["parameters"]["mean"] = [float(value) for value in mean]
    manifest["models"][name]["parameters"]["spread"] = [float(value) for value in spread]
    with (out / "manifest.yaml").open("w") as stream:
        yaml.dump(manifest, stream)
    print(f"left out {len(left_out)} speakers: {' '.join(sorted(left_out))}")
