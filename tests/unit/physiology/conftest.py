from __future__ import annotations

import pytest

from edge.inference import ModelStore
from edge.physiology.beats import judge_from


@pytest.fixture(scope="session")
def store():
    return ModelStore()


@pytest.fixture(scope="session")
def judge(store):
    return judge_from(store.load("beats"))
