"""Readings of faces: FER+ PublicTest through the expression net."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import numpy as np

from corpora.face import FerPlus, read_ferplus
from edge.emotion import EMOTIONS, valence_arousal
from edge.face.expression import ExpressionNet
from edge.face.quality import tile_quality
from edge.signals import Affect, Modality
from sessions.bank import Recorded
from sessions.people import ORDER, Part

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from edge.inference import ModelStore, Runtime

QUALITY_FLOOR: Final = 0.25
"""As the face reader's own: what it withholds never reaches the fusion."""


def read_faces(
    data: Path, store: ModelStore, *, runtime: Runtime | None = None, seed: int = 0
) -> dict[Part, list[Recorded]]:
    """FER+ PublicTest through the net, each row once clean and once blurred or noisy.

    The rows are tiles already, so that detection and tracking have no part. FER2013 does not name
    people; a person here is a group of identical pictures. Pictures with a near double in training
    are left out. Of each class a quarter is for training, a quarter for validation, half for the test.
    """
    rows = read_ferplus(data, "public_test")
    rows = rows.rows(rows.usable & (rows.majority >= 0) & ~rows.near_duplicate)
    net = ExpressionNet.load(store, runtime=runtime)
    rng = np.random.default_rng(seed)
    parts: dict[Part, list[Recorded]] = {part: [] for part in Part}
    part_of: dict[int, Part] = {}
    groups_of: Counter[int] = Counter()
    for row in range(len(rows)):
        # Rows without a double are groups of their own, numbered from -2 downwards.
        group = int(rows.dup_group[row]) if rows.dup_group[row] >= 0 else -2 - row
        if group not in part_of:
            label = int(rows.majority[row])
            part_of[group] = ORDER[groups_of[label] % len(ORDER)]
            groups_of[label] += 1
        parts[part_of[group]].extend(_read_row(rows, row, net, rng))
    return parts


def _read_row(rows: FerPlus, row: int, net: ExpressionNet, rng: np.random.Generator) -> list[Recorded]:
    label = EMOTIONS[rows.majority[row]].value
    person = f"fer:{rows.dup_group[row]}" if rows.dup_group[row] >= 0 else f"fer:row{row}"
    taken = []
    for clean, tile in ((True, rows.tiles[row]), (False, _degraded(rows.tiles[row], rng))):
        probabilities = net(tile)
        valence, arousal = valence_arousal(probabilities)
        reading = Affect(
            modality=Modality.FACE,
            who=0,
            start_s=0.0,
            end_s=0.2,
            probabilities=probabilities,
            mask=np.ones(len(EMOTIONS), dtype=np.bool_),
            valence=valence,
            arousal=arousal,
            quality=tile_quality(tile),
            facing=1.0,
        )
        if reading.quality >= QUALITY_FLOOR:
            taken.append(Recorded(label, person, clean, reading))
    return taken


def _degraded(tile: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Blurred by a box of 3 to 9 pixels, or with noise of 8 to 40 grey levels."""
    grey = tile.astype(np.float32)
    if rng.random() < 0.5:
        kernel = np.ones(size := int(rng.integers(3, 10))) / size
        for axis in (0, 1):
            grey = np.apply_along_axis(lambda line: np.convolve(line, kernel, mode="same"), axis, grey)
    else:
        grey += rng.normal(scale=rng.uniform(8, 40), size=grey.shape)
    return np.clip(grey, 0, 255).astype(np.uint8)
