"""Fused against single modalities, over every subset and disturbance, and the moments of audiences."""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.emotion import CIRCUMPLEX, EMOTIONS
from edge.fusion.nets import load_strategy
from edge.fusion.options import FusionOptions
from edge.fusion.options import Strategy as Name
from edge.fusion.room import Fusion
from edge.inference import ModelStore
from edge.signals import Modality
from measure.scores import calibration_error
from sessions.audiences import LENGTH_S, Audience, Scripted, make_audience
from sessions.people import Part
from sessions.readers import read_bank
from sessions.streams import SHARED_CLASSES, TICK_S, Disturbance, Session, Walk, make_session, walk

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edge.fusion.late import Fused
    from edge.fusion.strategy import Heard
    from edge.signals import Moment
    from sessions.bank import Bank

_COORDINATES: Final = np.array([CIRCUMPLEX[emotion] for emotion in EMOTIONS])
TOLERANCE_S: Final = 2.0
DWELL_S: Final = 10.0
"""The shortest time in which the gate lets a state change."""
RESAMPLES: Final = 1000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `evaluate.py fusion`."""
    parser.add_argument(
        "--models",
        type=Path,
        metavar="DIR",
        help="models that leave people out (tools/train_fusion.py held-out); the shipped ones when not given",
    )
    parser.add_argument("--part", type=Part, choices=list(Part), default=Part.TEST, help="which people")
    parser.add_argument("--sessions", type=int, default=10, help="scripted sessions of six minutes")
    parser.add_argument("--audiences", type=int, default=27, help="scripted audiences of three minutes")
    parser.add_argument("--seed", type=int, default=1)


def evaluate(args: argparse.Namespace) -> dict[str, object]:
    """The seven-subset table and the disturbances of every strategy, and the moments."""
    store = ModelStore(args.models)
    bank = read_bank(args.data, store, runtime=args.runtime)[args.part]
    return {
        "task": "fusion",
        "models_sha256": {name: store.entry(name).sha256 for name in ("face_expression", "speech_emotion")},
        "runtime": str(args.runtime) if args.runtime else "preferred",
        "people_unknown_to_the_readers": args.models is not None,
        "n": args.sessions,
        "bank": bank.counts(),
        **subsets_and_disturbances(bank, sessions=args.sessions, seed=args.seed),
        "moments": moments(bank, audiences=args.audiences, seed=args.seed),
    }


def subsets_and_disturbances(bank: Bank, *, sessions: int, seed: int) -> dict[str, object]:
    """Figures of every strategy: every subset, one modality disturbed, and one wrong among two."""
    modalities = [modality for modality in Modality if bank.labels(modality)]
    calm = _sessions(bank, sessions, seed)
    subsets = {subset: _walks(calm, subset) for subset in _subsets(modalities)}
    alone = {modality: _accuracy(subsets[modality,][Name.LATE]) for modality in modalities}
    disturbances: dict[str, dict[str, object]] = {}
    for modality, what in itertools.product(modalities, list(Disturbance)[1:]):
        disturbed = _sessions(bank, sessions, seed, disturbed=modality, what=what)
        walks = _walks(disturbed, tuple(modalities))
        disturbances[f"{modality.value} {what.value}"] = _compared(walks, modality, modalities, alone)
        if what is Disturbance.LOST:
            disturbances[f"{modality.value} {what.value}"] |= _jumps(disturbed, calm, modality)
        if what is Disturbance.WRONG:
            for other in modalities:
                if other is not modality:
                    pair = tuple(one for one in modalities if one in (modality, other))
                    disturbances[f"{modality.value} {what.value} in {_name(pair)}"] = _compared(
                        _walks(disturbed, pair), modality, pair, alone
                    )
    return {
        "subsets": {
            _name(subset): {name.value: _scores(of_one) for name, of_one in walks.items()}
            for subset, walks in subsets.items()
        },
        "disturbances": disturbances,
    }


def _subsets(modalities: Sequence[Modality]) -> list[tuple[Modality, ...]]:
    sizes = range(1, len(modalities) + 1)
    return [subset for size in sizes for subset in itertools.combinations(modalities, size)]


def _name(subset: Sequence[Modality]) -> str:
    return "+".join(modality.value for modality in subset)


def _compared(
    walks: dict[Name, list[Walk]],
    disturbed: Modality,
    there: Sequence[Modality],
    alone: dict[Modality, float],
) -> dict[str, object]:
    """Accuracies under a disturbance, and the best single modality among those left in peace."""
    return {
        "accuracy": {name.value: _accuracy(of_one) for name, of_one in walks.items()},
        "best_of_the_rest": max((alone[other] for other in there if other is not disturbed), default=None),
    }


class SideBySide:
    """Every strategy at once: says what the first says, and keeps what each says."""

    def __init__(self) -> None:
        store = ModelStore()
        self._strategies = {name: load_strategy(name, store) for name in Name}
        self.said: dict[Name, list[NDArray[np.float64]]] = {name: [] for name in Name}

    def fuse(self, heard: Heard) -> Fused:
        """Ask each."""
        for name, strategy in self._strategies.items():
            self.said[name].append(strategy.fuse(heard).probabilities)
        return heard.experts

    def forget(self, modality: Modality) -> None:
        """Have each forget."""
        for strategy in self._strategies.values():
            strategy.forget(modality)


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


def _walks(sessions: list[Session], subset: tuple[Modality, ...]) -> dict[Name, list[Walk]]:
    """What every strategy says of sessions of which only a subset is there."""
    walks: dict[Name, list[Walk]] = {name: [] for name in Name}
    for session in sessions:
        chorus = SideBySide()
        walked = walk(session.only(subset), Fusion(FusionOptions(), strategy=chorus))
        rows = np.rint(walked.at_s / TICK_S).astype(np.intp) - 1
        for name, said in chorus.said.items():
            walks[name].append(_as_said(walked, np.array(said)[rows]))
    return walks


def _as_said(walked: Walk, probabilities: NDArray[np.float64]) -> Walk:
    """The walk of another strategy: valence and arousal move with the classes, see `dimensions`."""
    valence, arousal = (
        np.clip(one + (probabilities - walked.probabilities) @ coordinate, -1.0, 1.0)
        for one, coordinate in zip((walked.valence, walked.arousal), _COORDINATES.T, strict=True)
    )
    return replace(walked, probabilities=probabilities, valence=valence, arousal=arousal)


def _accuracy(walks: list[Walk]) -> float:
    return float(np.mean([_hits(one).mean() for one in walks]))


def _jumps(lost: list[Session], calm: list[Session], modality: Modality) -> dict[str, object]:
    """Largest steps of the state in the dwell time after a loss, with the loss and without it.

    Steps are total variations from tick to tick. A switch of the likeliest class counts as a leap when
    the readers that are left do not favour the new class themselves.
    """
    steps: dict[str, list[float]] = {"lost": [], "kept": []}
    leaps = 0
    for gone, kept in zip(lost, calm, strict=True):
        for which, session in (("lost", gone), ("kept", kept)):
            states = _states(session, until_s=gone.lost_at_s + DWELL_S)
            after = [state for at_s, state in states if at_s >= gone.lost_at_s]
            steps[which].append(max(np.abs(b - a).sum() / 2 for a, b in itertools.pairwise(after)))
            if which == "lost":
                rest = [other for other in Modality if other is not modality]
                of_rest = dict(_states(gone.only(rest), until_s=gone.lost_at_s + DWELL_S))
                timed = [(at_s, int(p.argmax())) for at_s, p in states if at_s >= gone.lost_at_s]
                leaps += sum(
                    said != before and said != int(of_rest[at_s].argmax())
                    for (_, before), (at_s, said) in itertools.pairwise(timed)
                )
    return {
        "largest_step": {which: float(np.mean(of_one)) for which, of_one in steps.items()},
        "leaps_without_evidence": leaps,
    }


def _states(session: Session, *, until_s: float) -> list[tuple[float, NDArray[np.float64]]]:
    fusion, arrivals = Fusion(FusionOptions()), deque(session.arrivals)
    states = []
    for at_s in np.arange(TICK_S, until_s + TICK_S / 2, TICK_S):
        while arrivals and arrivals[0][0] <= at_s:
            fusion.add(arrivals.popleft()[1])
        states.append((float(at_s), fusion.state(float(at_s)).probabilities))
    return states


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
    fusion = Fusion(FusionOptions())
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
