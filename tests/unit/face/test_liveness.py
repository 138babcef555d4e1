from __future__ import annotations

import numpy as np

from edge.face.liveness import Liveness, Play


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


def head(seed: int = 0) -> np.ndarray:
    """Points in the plane and off it, 60 pixels between the outer corners of the eyes."""
    points = np.random.default_rng(seed).uniform(-50, 50, (468, 3))
    points[33], points[263] = [-30.0, 0.0, 0.0], [30.0, 0.0, 0.0]
    return points


def follow(meshes: list[np.ndarray], rate_hz: float = 4.0) -> list[float]:
    play = Play()
    return [play(points, index / rate_hz) for index, points in enumerate(meshes)]


def moved(points: np.ndarray, step: int) -> np.ndarray:
    """Carry a flat picture about, turn it in its plane and tilt it."""
    angle, tilt = 0.3 * np.sin(step / 5), 1.0 - 0.2 * np.sin(step / 9) ** 2
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * [tilt, 1.0]
    return np.column_stack([points[:, :2] @ turn.T * (1 + 0.2 * np.sin(step / 7)) + step, points[:, 2]])


def test_a_picture_that_is_moved_turned_and_tilted_counts_as_dead_after_a_while_but_not_at_once() -> None:
    noise = np.random.default_rng(1)
    trust = follow([moved(head(), step) + noise.normal(0, 0.4, (468, 3)) for step in range(125)])
    assert trust[: 4 * 15] == [1.0] * 60
    assert trust[-1] == 0.0


def test_a_blink_or_a_word_now_and_then_is_life() -> None:
    for changed in ([159, 158, 160, 386, 385, 387], range(200, 320)):
        meshes = []
        for step in range(200):
            points = head()
            if step % 40 == 0:
                points[list(changed), 1] += 6.0
            meshes.append(moved(points, step))
        assert min(follow(meshes)) == 1.0


def test_a_head_that_turns_in_depth_is_life() -> None:
    meshes = []
    for step in range(200):
        yaw = 0.15 * np.sin(step / 10)
        turn = np.array([[np.cos(yaw), 0, -np.sin(yaw)], [0, 1, 0], [np.sin(yaw), 0, np.cos(yaw)]])
        meshes.append(head() @ turn.T)
    assert min(follow(meshes)) == 1.0


def test_points_in_one_place_are_no_life() -> None:
    assert follow([np.zeros((468, 3))] * 125)[-1] == 0.0
