from __future__ import annotations

from collections import deque

import numpy as np
import pytest

from edge.speech.activity import CONTEXT_FRAMES, DELAY_BLOCKS, VoiceActivity, activity_input
from edge.speech.frontend import BLOCK_FRAMES, DESCRIPTORS, MELS, Frames


def verdicts(probabilities):
    """What the detector says when its net gives these probabilities, one a block."""
    told = deque(probabilities)

    def net(_):
        return (np.array([[told.popleft()]], np.float32),)

    count = (len(probabilities) + DELAY_BLOCKS) * BLOCK_FRAMES
    silence = np.zeros((count, MELS), np.float32)
    frames = Frames(silence, silence, np.zeros((count, len(DESCRIPTORS)), np.float32))
    told.extend([0.0] * DELAY_BLOCKS)
    return [is_speech for _, is_speech in VoiceActivity(net, begins_at=0.6, lasts_at=0.2)(frames)]


@pytest.mark.parametrize(
    ("probabilities", "speech"),
    [
        ([0.1, 0.5, 0.1, 0.0], [False, False, False, False]),
        ([0.1, 0.9, 0.1, 0.0], [False, True, False, False]),
        ([0.1, 0.9, 0.3, 0.2, 0.1], [False, True, True, True, False]),
        ([0.3, 0.3, 0.9, 0.1], [False, True, True, False]),
        ([0.9, 0.1, 0.3, 0.0], [True, False, False, False]),
    ],
    ids=["doubt", "certain", "lasts", "block before", "does not come back"],
)
def test_speech_begins_high_and_lasts_low(probabilities, speech):
    assert verdicts(probabilities) == speech


def test_a_verdict_comes_for_every_block_after_the_delay():
    assert len(verdicts([0.9] * 7)) == 7


def test_gain_does_not_matter():
    context = np.random.default_rng(0).uniform(-12, 0, (CONTEXT_FRAMES, MELS)).astype(np.float32)
    assert np.allclose(activity_input(context), activity_input(context - 3), atol=1e-5)
