"""Reading the face sheets: FER2013 with the FER+ votes, and FairFace."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

FER_SIDE_PX: Final = 48
FAIRFACE_SIDE_PX: Final = 64

_VOTES: Final = (
    "votes_neutral",
    "votes_happiness",
    "votes_surprise",
    "votes_sadness",
    "votes_anger",
    "votes_disgust",
    "votes_fear",
    "votes_contempt",
    "votes_unknown",
    "votes_NF",
)


@dataclass(frozen=True, slots=True, eq=False)
class FerPlus:
    """One split of FER2013 with FER+ votes, row by row.

    `tiles` uint8 (n, 48, 48); `votes` (n, 10), the eight emotions, then "unknown" and "not a
    face"; `majority` the emotion with more than half of the votes, or -1; `usable` is false where
    the votes belong to another picture; `fer_label` the original label in the order of `FER_LABELS`.
    """

    tiles: NDArray[np.uint8]
    votes: NDArray[np.int64]
    majority: NDArray[np.int64]
    fer_label: NDArray[np.int64]
    usable: NDArray[np.bool_]
    near_duplicate: NDArray[np.bool_]
    dup_group: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.tiles)

    def rows(self, keep: NDArray[np.bool_]) -> FerPlus:
        """Keep the rows where `keep` is true."""
        return FerPlus(
            *(getattr(self, name)[keep] for name in self.__dataclass_fields__),
        )


def read_ferplus(data: Path, split: str) -> FerPlus:
    """Read `face/fer2013plus/SPLIT.csv` and its sheets."""
    folder = data / "face" / "fer2013plus"
    rows = _read_csv(folder / f"{split}.csv")
    return FerPlus(
        tiles=_cut_tiles(folder, rows, FER_SIDE_PX),
        votes=np.array([[int(row[name]) for name in _VOTES] for row in rows]),
        majority=_integers(rows, "ferplus_majority"),
        fer_label=_integers(rows, "fer_label"),
        usable=_integers(rows, "pixel_source") == 0,
        near_duplicate=_integers(rows, "near_dup_other_split") == 1,
        dup_group=_integers(rows, "dup_group"),
    )


@dataclass(frozen=True, slots=True, eq=False)
class FairFace:
    """FairFace's validation faces: `tiles` uint8 (n, 64, 64), and what annotators said of them."""

    tiles: NDArray[np.uint8]
    age: NDArray[np.str_]
    gender: NDArray[np.str_]
    race: NDArray[np.str_]


def read_fairface(data: Path) -> FairFace:
    """Read `face/fairface_val`."""
    folder = data / "face" / "fairface_val"
    rows = _read_csv(folder / "labels.csv")
    return FairFace(
        tiles=_cut_tiles(folder, rows, FAIRFACE_SIDE_PX),
        age=np.array([row["age"] for row in rows]),
        gender=np.array([row["gender"] for row in rows]),
        race=np.array([row["race"] for row in rows]),
    )


def vote_distributions(votes: NDArray[np.int64]) -> NDArray[np.float32]:
    """Votes (n, 10) to target distributions (n, 8); a row is zero where most saw no emotion.

    A single vote is taken for a slip and dropped, as FER+ does (Barsoum et al. 2016, "Training deep
    networks for facial expression recognition with crowd-sourced label distribution").
    """
    kept = np.where(votes > 1, votes, 0).astype(np.float32)
    emotions = kept[:, :8]
    shown = emotions.sum(axis=1) > kept[:, 8:].sum(axis=1)
    totals = np.maximum(emotions.sum(axis=1, keepdims=True), 1.0)
    return np.asarray(np.where(shown[:, None], emotions / totals, 0.0), dtype=np.float32)


def learnable(training: FerPlus, judged: FerPlus) -> FerPlus:
    """Rows whose votes show an emotion and whose picture does not also lie in the judged split."""
    shown = vote_distributions(training.votes).any(axis=1)
    return training.rows(training.usable & shown & ~np.isin(training.dup_group, judged.dup_group))


def _read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def _integers(rows: list[dict[str, str]], name: str) -> NDArray[np.int64]:
    return np.array([int(row[name]) for row in rows])


def _cut_tiles(folder: Path, rows: list[dict[str, str]], side: int) -> NDArray[np.uint8]:
    sheets: dict[str, NDArray[np.uint8]] = {}
    tiles = np.empty((len(rows), side, side), dtype=np.uint8)
    for tile, row in zip(tiles, rows, strict=True):
        name = row["sheet"]
        if name not in sheets:
            with Image.open(folder / name) as sheet:
                sheets[name] = np.asarray(sheet.convert("L"))
        top, left = int(row["row"]) * side, int(row["col"]) * side
        tile[:] = sheets[name][top : top + side, left : left + side]
    return tiles
