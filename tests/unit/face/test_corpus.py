from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from corpora.face import learnable, read_ferplus, vote_distributions


def test_single_votes_are_dropped_and_the_rest_is_a_distribution() -> None:
    votes = np.array([[6, 3, 1, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 6, 2, 2]])
    np.testing.assert_allclose(vote_distributions(votes)[0], [2 / 3, 1 / 3, 0, 0, 0, 0, 0, 0])
    np.testing.assert_allclose(vote_distributions(votes)[1], [0, 0, 0, 0, 0, 0, 0, 1])


def test_what_most_call_no_emotion_or_no_face_is_no_target() -> None:
    votes = np.array(
        [[3, 0, 0, 0, 0, 0, 0, 0, 7, 0], [0, 0, 0, 0, 0, 0, 0, 0, 0, 10], [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]]
    )
    assert not vote_distributions(votes).any()


@pytest.mark.data
def test_no_judged_picture_is_learned_from(data_dir: Path) -> None:
    judged = read_ferplus(data_dir, "public_test")
    training = read_ferplus(data_dir, "training")
    learned = learnable(training, judged)
    seen = {tile.tobytes() for tile in learned.tiles}
    assert not any(tile.tobytes() in seen for tile in judged.tiles)
    assert len(learned) > 0.97 * len(training)
    assert learned.usable.all()


@pytest.mark.data
def test_the_strict_majority_is_that_of_the_votes(data_dir: Path) -> None:
    judged = read_ferplus(data_dir, "public_test")
    sure = judged.usable & (judged.majority >= 0)
    np.testing.assert_array_equal(judged.votes[sure].argmax(axis=1), judged.majority[sure])
