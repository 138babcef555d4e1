from __future__ import annotations

import numpy as np
import pytest

from edge.inference import ModelStore
from edge.speech import SpeechReader
from edge.speech.activity import PAST_BLOCKS
from edge.speech.frontend import BLOCK_FRAMES
from edge.speech.options import SpeechOptions

JUDGED = slice(PAST_BLOCKS * BLOCK_FRAMES, (PAST_BLOCKS + 1) * BLOCK_FRAMES)


@pytest.fixture(scope="session")
def store():
    return ModelStore()


@pytest.fixture
def reader(store):
    return SpeechReader(SpeechOptions(), store=store)


@pytest.fixture
def make_eager_reader(store):
    """Make readers that take every sound for speech: the real detector is not fooled by a synthetic voice."""

    def sound_is_speech(context):
        return (np.array([[float(context[0, JUDGED].max() > -0.5)]], np.float32),)

    def make():
        eager = SpeechReader(SpeechOptions(), store=store)
        eager._activity_net = sound_is_speech
        eager._start(0.0)
        return eager

    return make


@pytest.fixture
def eager_reader(make_eager_reader):
    return make_eager_reader()
