from __future__ import annotations

import numpy as np

from edge.face.liveness import Liveness


def watch(tiles: list[np.ndarray], rate_hz: float = 5.0) -> list[float]:
    liveness = Liveness()
    return [liveness(tile, index / rate_hz) for index, tile in enumerate(tiles)]


def picture(seed: int = 0) -> np.ndarray:
    coarse = np.random.default_rng(seed).uniform(40, 220, (12, 12)).astype(np.float32)
    return np.kron(coarse, np.ones((4, 4), np.float32))


def test_a_still_picture_counts_as_dead_after_a_while_but_not_at_once() -> None:
    noise = np.random.default_rng(1)
    tiles = [picture() + noise.normal(0, 5, (48, 48)).astype(np.float32) for _ in range(70)]
    trust = watch(tiles)
    assert trust[: 5 * 6] == [1.0] * 30
    assert trust[-1] == 0.0


def test_light_that_changes_over_a_still_picture_is_no_life() -> None:
    tiles = [picture() * (0.6 + 0.4 * np.sin(index / 7) ** 2) for index in range(70)]
    assert watch(tiles)[-1] == 0.0


def test_a_face_that_moves_now_and_then_stays_alive() -> None:
    tiles = [picture(seed=index // 20) for index in range(200)]
    assert min(watch(tiles)) == 1.0
