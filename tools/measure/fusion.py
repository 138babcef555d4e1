"""Fused against single modalities, over every subset and disturbance, and the moments of audiences."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.emotion import CIRCUMPLEX, EMOTIONS
from edge.fusion.options import FusionOptions
from edge.fusion.room import Fusion
from edge.inference import ModelStore
from edge.signals import Modality
from measure.scores import calibration_error
from sessions.audiences import LENGTH_S, Audience, Scripted, make_audience
from sessions.readers import read_bank
from sessions.streams import SHARED_CLASSES, TICK_S, Disturbance, Session, Walk, make_session, walk

if TYPE_CHECKING:
    import argparse

    from numpy.typing import NDArray

    from edge.signals import Moment
    from sessions.bank import Bank

TOLERANCE_S: Final = 2.0
RESAMPLES: Final = 1000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `evaluate.py fusion`."""
    parser.add_argument(
        "--models",
        type=Path,
        metavar="DIR",
        help="models that leave people out (tools/train_fusion.py held-out); the shipped ones when not given",
    )
    parser.add_argument("--half", choices=("fit", "test"), default="test", help="which people")
    parser.add_argument("--sessions", type=int, default=24, help="scripted sessions of six minutes")
    parser.add_argument("--audiences", type=int, default=50, help="scripted audiences of three minutes")
    parser.add_argument("--seed", type=int, default=1)


def evaluate(args: argparse.Namespace) -> dict[str, object]:
    """The seven-subset table, the disturbances, and the moments."""
    store = ModelStore(args.models)
    bank = read_bank(args.data, store, runtime=args.runtime)[args.half == "test"]
    return {
        "task": "fusion",
        "model": "late",
        "models_sha256": {name: store.entry(name).sha256 for name in ("face_expression", "speech_emotion")},
        "runtime": str(args.runtime) if args.runtime else "preferred",
        "people_unknown_to_the_readers": args.models is not None,
        "n": args.sessions,
        "bank": bank.counts(),
        **subsets_and_disturbances(bank, sessions=args.sessions, seed=args.seed),
        "moments": moments(bank, audiences=args.audiences, seed=args.seed),
    }


def subsets_and_disturbances(bank: Bank, *, sessions: int, seed: int) -> dict[str, object]:
    """Figures of every subset of the modalities, and of all of them with one disturbed."""
    modalities = [modality for modality in Modality if bank.labels(modality)]
    subsets = [
        subset
        for size in range(1, len(modalities) + 1)
        for subset in itertools.combinations(modalities, size)
    ]
    calm = _sessions(bank, sessions, seed)
    alone = {modality: _accuracy(calm, (modality,)) for modality in modalities}
    disturbances = {}
    for modality, what in itertools.product(modalities, list(Disturbance)[1:]):
        rest = [other for other in modalities if other is not modality]
        disturbed = _sessions(bank, sessions, seed, disturbed=modality, what=what)
        disturbances[f"{modality.value} {what.value}"] = {
            "fused": _scores([walk(session, _fusion()) for session in disturbed]),
            "best_of_the_rest": max((alone[other] for other in rest), default=None),
        }
    return {
        "subsets": {"+".join(subset): _scores(_walks(calm, subset)) for subset in subsets},
        "disturbances": disturbances,
    }


def _fusion() -> Fusion:
    return Fusion(FusionOptions())


def _sessions(
    bank: Bank,
    sessions: int,
    seed: int,
    *,
    disturbed: Modality | None = None,
    what: Disturbance = Disturbance.NONE,
) -> list[Session]:
    rng = np.random.default_rng(seed)
    return [
        make_session(bank, rng, classes=SHARED_CLASSES, disturbed=disturbed, disturbance=what)
        for _ in range(sessions)
    ]


def _walks(sessions: list[Session], subset: tuple[Modality, ...]) -> list[Walk]:
    return [walk(session.only(subset), _fusion()) for session in sessions]


def _accuracy(sessions: list[Session], subset: tuple[Modality, ...]) -> float:
    return float(np.mean([_hits(one).mean() for one in _walks(sessions, subset)]))


def _hits(one: Walk) -> NDArray[np.bool_]:
    """Where the likeliest class is right; a room about which nothing is known is never right."""
    return np.asarray((one.probabilities.argmax(axis=1) == one.truth) & one.probabilities.any(axis=1))


def _scores(walks: list[Walk]) -> dict[str, object]:
    """Figures over all seconds, with the bootstrap interval of the accuracy over sessions."""
    truth = np.concatenate([one.truth for one in walks])
    probabilities = np.concatenate([one.probabilities for one in walks])
    hits = np.concatenate([_hits(one) for one in walks])
    each = np.array([_hits(one).mean() for one in walks])
    drawn = each[np.random.default_rng(0).integers(len(each), size=(RESAMPLES, len(each)))].mean(axis=1)
    valence, arousal = np.array([CIRCUMPLEX[EMOTIONS[index]] for index in truth]).T
    return {
        "n": len(truth),
        "accuracy": float(hits.mean()),
        "interval": [float(limit) for limit in np.percentile(drawn, (2.5, 97.5))],
        "macro_f1": _macro_f1(probabilities.argmax(axis=1), truth),
        "ece": calibration_error(probabilities.max(axis=1), hits),
        "valence_ccc": concordance(np.concatenate([one.valence for one in walks]), valence),
        "arousal_ccc": concordance(np.concatenate([one.arousal for one in walks]), arousal),
    }


def _macro_f1(said: NDArray[np.integer], truth: NDArray[np.integer]) -> float:
    scores = []
    for index in np.unique(truth):
        both = np.sum((said == index) & (truth == index))
        scores.append(2 * both / (np.sum(said == index) + np.sum(truth == index)))
    return float(np.mean(scores))


def concordance(said: NDArray[np.float64], truth: NDArray[np.float64]) -> float | None:
    """Lin's concordance correlation (1989, Biometrics 45:255-268) where something was said."""
    there = np.isfinite(said)
    if there.sum() < 2:
        return None
    x, y = said[there], truth[there]
    covariance = float(np.mean((x - x.mean()) * (y - y.mean())))
    return 2 * covariance / float(x.var() + y.var() + (x.mean() - y.mean()) ** 2)


def moments(bank: Bank, *, audiences: int, seed: int) -> dict[str, object]:
    """Precision, recall and F1 of moments within `TOLERANCE_S`, in audiences of 2 to 10."""
    rng = np.random.default_rng(seed)
    found = scripted = matched = kinds = false_in_calm = 0
    missed: dict[str, int] = {}
    for number in range(audiences):
        viewers = 2 + number % 9
        audience = make_audience(bank, rng, viewers=viewers)
        told = watch(audience)
        hits, left = match(told, audience.moments)
        found, scripted, matched = found + len(told), scripted + len(audience.moments), matched + len(hits)
        kinds += sum(moment.kind is truth.kind for moment, truth in hits)
        for truth in left:
            missed[truth.kind.value] = missed.get(truth.kind.value, 0) + 1
        if number % 5 == 0:
            false_in_calm += len(watch(make_audience(bank, rng, viewers=viewers, kinds=())))
    return {
        "audiences": audiences,
        "scripted": scripted,
        "found": found,
        "precision": matched / found if found else 0.0,
        "recall": matched / scripted,
        "f1": 2 * matched / (found + scripted),
        "kind_right": kinds / matched if matched else 0.0,
        "missed": missed,
        "false_per_calm_audience": false_in_calm / len(range(0, audiences, 5)),
    }


def watch(audience: Audience) -> list[Moment]:
    """What the detector tells, live, of an audience."""
    fusion = _fusion()
    told = []
    readings = iter(audience.readings)
    coming = next(readings, None)
    for tick in range(1, int(LENGTH_S / TICK_S) + 1):
        while coming is not None and coming.end_s <= tick * TICK_S:
            fusion.add(coming)
            coming = next(readings, None)
        moment = fusion.state(tick * TICK_S).moment
        told += [] if moment is None else [moment]
    return told


def match(
    told: list[Moment], scripted: tuple[Scripted, ...]
) -> tuple[list[tuple[Moment, Scripted]], list[Scripted]]:
    """Pairs of (told, scripted) within the tolerance, each used once, and the scripted ones left over."""
    left = list(scripted)
    pairs = []
    for moment in told:
        near = [truth for truth in left if abs(truth.at_s - moment.at_s) <= TOLERANCE_S]
        if near:
            nearest = min(near, key=lambda truth: abs(truth.at_s - moment.at_s))
            left.remove(nearest)
            pairs.append((moment, nearest))
    return pairs, left
