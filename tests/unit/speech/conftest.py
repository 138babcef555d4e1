from __future__ import annotations

import pytest

from edge.inference import ModelStore
from edge.speech import SpeechReader
from edge.speech.options import SpeechOptions


@pytest.fixture(scope="session")
def store():
    return ModelStore()


@pytest.fixture
def reader(store):
    return SpeechReader(SpeechOptions(), store=store)
