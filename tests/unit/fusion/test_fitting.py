from __future__ import annotations

import numpy as np
import pytest

from edge.fusion.evidence import pool_each
from edge.fusion.late import fuse
from edge.fusion.reliability import Credence, Reliability, Trust
from edge.signals import Modality
from sessions.fitting import Moments, _opinions, fit_trust
from sessions.streams import SHARED_CLASSES, make_session

from .test_sessions import bank

__all__ = ["bank"]

RELIABILITY = Reliability(
    face=Trust(classes=1.3, exponent=0.5, misleading=0.1), speech=Trust(classes=0.7), calm_logit=-0.4
)


def test_what_is_fitted_is_what_runs(bank):
    session = make_session(bank, np.random.default_rng(1), classes=SHARED_CLASSES)
    fused = Moments.of([session]).fused(RELIABILITY)
    at_rest = Credence(RELIABILITY).belief
    expected = [fuse(opinions, RELIABILITY, at_rest).probabilities for _, opinions in _opinions(session)]
    np.testing.assert_allclose(fused, expected, atol=1e-9)


def test_a_reader_that_knows_nothing_is_hardly_trusted(bank, monkeypatch):
    monkeypatch.setattr("sessions.fitting.SESSIONS", 3)
    noisy = {
        (modality, label, clean): [
            item for other in SHARED_CLASSES for item in bank.recorded[modality, other.value, clean]
        ]
        if modality is Modality.SPEECH
        else items
        for (modality, label, clean), items in bank.recorded.items()
    }
    fitted = fit_trust(type(bank)(noisy))
    assert fitted["loss"] < fitted["plain_loss"]
    assert fitted["speech"]["classes"] < fitted["face"]["classes"]


def test_nothing_said_is_uniform():
    assert pool_each([]) == []
    empty = Moments(
        truth=np.zeros(1, dtype=np.intp),
        probabilities=np.zeros((1, 3, 8)),
        mask=np.zeros((1, 3, 8), dtype=bool),
        stress=np.full((1, 3), np.nan),
        weight=np.zeros((1, 3)),
    )
    assert empty.fused(RELIABILITY) == pytest.approx(1 / 8)
