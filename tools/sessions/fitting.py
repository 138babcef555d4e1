"""Fitting the trust in each modality on sessions of people the readers have not met."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.optimize import minimize

from edge.emotion import CIRCUMPLEX, EMOTIONS
from edge.fusion.evidence import Evidence, Opinion, pool_each
from edge.fusion.late import logit
from edge.fusion.options import FusionOptions
from edge.fusion.reliability import LEARNED, Reliability
from edge.signals import Modality
from sessions.streams import (
    REST,
    SEGMENT_S,
    SETTLING_S,
    SHARED_CLASSES,
    STRESS,
    Disturbance,
    Session,
    make_session,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from sessions.bank import Bank

_AROUSAL: Final = np.array([CIRCUMPLEX[emotion][1] for emotion in EMOTIONS])
_SHARED: Final = [EMOTIONS.index(emotion) for emotion in SHARED_CLASSES]
SESSIONS: Final = 60
EVERY_S: Final = 3.0
DISTURBANCES: Final = (Disturbance.NONE, Disturbance.NONE, Disturbance.NOISY, Disturbance.LOST)
MISLED: Final = 0.05
"""Share of the moments whose readings of one modality are those of another session."""


def fit_trust(bank: Bank) -> dict[str, object]:
    """Trust that minimises the cross entropy of the fused classes.

    Half of the sessions have a disturbance, and in `MISLED` of the moments a modality speaks of
    another moment.
    """
    rng = np.random.default_rng(0)
    moments = Moments.of(
        make_session(
            bank,
            rng,
            classes=SHARED_CLASSES,
            disturbed=tuple(Modality)[number % len(Modality)],
            disturbance=DISTURBANCES[number % len(DISTURBANCES)],
        )
        for number in range(SESSIONS)
    ).misled(rng)

    def loss(values: NDArray[np.float64]) -> float:
        fused = moments.fused(unpacked(values))
        said = fused[np.arange(len(fused)), moments.truth] / fused[:, _SHARED].sum(axis=1)
        # A weak pull towards plain trust: what hardly matters is not set by chance.
        return float(-np.log(said).mean() + 1e-3 * np.sum((values - START) ** 2))

    best = minimize(loss, START, method="Powell", bounds=BOUNDS, options={"xtol": 1e-3, "ftol": 1e-5})
    fitted = unpacked(best.x)
    return {
        "loss": best.fun,
        "plain_loss": loss(START),
        "moments": len(moments.truth),
        "calm_logit": round(calm_logit(bank), 2),
        **{
            modality.value: {
                "classes": round(fitted.of(modality).classes, 2),
                "exponent": round(fitted.of(modality).exponent, 2),
            }
            for modality in FITTED
        },
    }


def calm_logit(bank: Bank) -> float:
    """Half-way between the medians of the log-odds of stress in rest and in stress."""
    medians = [
        np.median(
            [logit(item.reading.stress or 0.0) for item in bank.recorded[Modality.PHYSIOLOGY, label, True]]
        )
        for label in (REST, STRESS)
    ]
    return float(np.mean(medians))


# (classes, exponent) of each modality with classes. How often a modality misleads is no figure of these
# sessions but of the rooms to come, and stays as it is.
FITTED: Final = (Modality.FACE, Modality.SPEECH)
START: Final = np.ones(2 * len(FITTED))
BOUNDS: Final = [(0.05, 3.0), (0.0, 2.0)] * len(FITTED)


def unpacked(values: NDArray[np.float64]) -> Reliability:
    """Make a reliability of a vector laid out as `START`."""
    face, speech = (
        replace(LEARNED.of(modality), classes=float(classes), exponent=float(exponent))
        for modality, (classes, exponent) in zip(FITTED, values.reshape(-1, 2), strict=True)
    )
    return replace(LEARNED, face=face, speech=speech)


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Opinions of all modalities at many moments, side by side, axes (moment, modality, class).

    `weight` (n, 3) is 0 where a modality is silent, `stress` (n, 3) the log-odds, NaN there.
    """

    truth: NDArray[np.intp]
    probabilities: NDArray[np.float64]
    mask: NDArray[np.bool_]
    stress: NDArray[np.float64]
    weight: NDArray[np.float64]

    @classmethod
    def of(cls, sessions: Iterable[Session]) -> Moments:
        """Take every few seconds of the settled parts of sessions."""
        taken = [pair for session in sessions for pair in _opinions(session)]
        moments = cls(
            truth=np.array([truth for truth, _ in taken]),
            probabilities=np.zeros((len(taken), len(Modality), len(EMOTIONS))),
            mask=np.zeros((len(taken), len(Modality), len(EMOTIONS)), dtype=np.bool_),
            stress=np.full((len(taken), len(Modality)), np.nan),
            weight=np.zeros((len(taken), len(Modality))),
        )
        for row, (_, opinions) in enumerate(taken):
            for opinion in opinions:
                at = row, tuple(Modality).index(opinion.modality)
                moments.probabilities[at], moments.mask[at] = opinion.probabilities, opinion.mask
                moments.weight[at] = opinion.weight
                moments.stress[at] = np.nan if opinion.stress is None else logit(opinion.stress)
        return moments

    def misled(self, rng: np.random.Generator) -> Moments:
        """Give each modality, in `MISLED` of the moments, the opinion that it has at another moment."""
        order = np.tile(np.arange(len(self.truth))[:, None], len(Modality))
        astray = rng.random(order.shape) < MISLED
        order[astray] = rng.integers(len(order), size=int(astray.sum()))
        column = np.arange(len(Modality))
        fields = ("probabilities", "mask", "stress", "weight")
        return replace(self, **{name: getattr(self, name)[order, column] for name in fields})

    def fused(self, reliability: Reliability) -> NDArray[np.float64]:
        """The late fusion at every moment (n, 8), with the belief that `Credence` has at rest."""
        product = np.ones((len(self.truth), len(EMOTIONS)))
        has_classes = (self.mask.any(axis=2) & (self.weight > 0)).any(axis=1)
        for column, modality in enumerate(Modality):
            trust = reliability.of(modality)
            exponent = (trust.classes * self.weight[:, column] ** trust.exponent)[:, None]
            if modality is Modality.PHYSIOLOGY:
                known = np.isfinite(self.stress[:, column, None]) & np.ones(len(EMOTIONS), dtype=np.bool_)
                log_p = np.nan_to_num(self.stress[:, column, None] - reliability.calm_logit) * _AROUSAL
            else:
                known = self.mask[:, column]
                log_p = np.log(np.maximum(self.probabilities[:, column], 1e-6))
            powers = np.where(known, np.exp(exponent * log_p), 0.0)
            mean = powers.sum(axis=1, keepdims=True) / np.maximum(known.sum(axis=1, keepdims=True), 1)
            odds = np.where(known, powers / np.maximum(mean, 1e-300), 1.0)
            odds[self.weight[:, column] == 0] = 1.0
            if modality is Modality.PHYSIOLOGY:
                odds[has_classes] = 1.0
            product *= (1 - trust.misleading) * odds + trust.misleading
        return product / product.sum(axis=1, keepdims=True)


def _opinions(session: Session) -> list[tuple[int, list[Opinion]]]:
    evidence = Evidence(FusionOptions())
    arrivals = iter(session.arrivals)
    coming = next(arrivals, None)
    taken = []
    for at_s in np.arange(EVERY_S, session.length_s, EVERY_S):
        while coming is not None and coming[0] <= at_s:
            evidence.add(coming[1])
            coming = next(arrivals, None)
        if at_s % SEGMENT_S >= SETTLING_S:
            taken.append((EMOTIONS.index(session.truth_at(float(at_s))), pool_each(evidence.at(float(at_s)))))
    return taken
