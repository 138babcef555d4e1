from __future__ import annotations

import math
import random
from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.emotion import EMOTIONS, Emotion
from edge.gate.crowd import NoisyCounts, add_noise, crowd_mood, people_band
from edge.gate.decision import Reason
from edge.gate.gate import Gate, open_gate
from edge.gate.options import PrivacyOptions
from edge.gate.steady import SteadyState
from edge.gate.votes import Contributions, Counts, Votes
from edge.release import Level, Profile, State
from edge.signals import Modality
from gate.rooms import affect, crowd, room

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PUBLIC = PrivacyOptions(profile=Profile.PUBLIC)
WINDOW_S = 300
TWENTY_HAPPY = NoisyCounts(votes=(4, 16, 0, -2, 0, 0, -1, 0), people=20, scale=2.0)


def steady() -> SteadyState:
    return SteadyState(hysteresis=0.1, dwell_windows=0)


@pytest.fixture
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    monkeypatch.setattr("edge.gate.gate.add_noise", partial(add_noise, below=random.Random(5).randrange))
    gate = open_gate(PrivacyOptions(profile=Profile.PUBLIC), zone="hall", state=tmp_path)
    gate.close_due(0.0)
    yield gate
    gate.close()


def test_only_faces_vote_and_each_once() -> None:
    votes = Votes(PUBLIC, window=0)
    sad = Emotion.SADNESS
    for _ in range(3):
        votes.add(
            room(affect(1), affect(2, sad), affect(3, modality=Modality.SPEECH), affect(4, quality=0.0)),
            wall_s=1.0,
        )
    assert votes.voters == {1, 2}
    assert votes.count(votes.voters).votes == (0, 1, 0, 1, 0, 0, 0, 0)


def test_a_vote_is_the_mood_over_the_whole_window() -> None:
    votes = Votes(PUBLIC, window=0)
    for emotion in (Emotion.ANGER, Emotion.HAPPINESS, Emotion.HAPPINESS):
        votes.add(room(affect(1, emotion)), wall_s=1.0)
    assert votes.count(frozenset({1})).votes[EMOTIONS.index(Emotion.HAPPINESS)] == 1


def test_readings_from_before_the_window_do_not_vote() -> None:
    votes = Votes(PUBLIC, window=1)
    votes.add(room(affect(1, at_s=8.0), affect(2, at_s=10.0), at_s=10.0), wall_s=301.0)
    assert votes.voters == {2}


def test_a_session_is_counted_in_so_many_windows_and_no_more() -> None:
    contributions = Contributions(most=2, windows_a_day=288)
    someone = frozenset({7})
    assert [contributions.admit(someone, window=i) for i in range(4)] == [
        someone,
        someone,
        frozenset(),
        frozenset(),
    ]
    assert contributions.admit(frozenset({7, 8}), window=4) == {8}


def test_a_session_that_never_left_is_never_counted_again() -> None:
    contributions = Contributions(most=1, windows_a_day=2)
    admitted = [contributions.admit(frozenset({7}), window=i) for i in range(10)]
    assert admitted == [{7}] + [frozenset()] * 9


def test_what_is_said_comes_from_the_noisy_counts() -> None:
    mood = crowd_mood(TWENTY_HAPPY, k=10, steady=steady(), window=0)
    assert mood.state is State.HAPPINESS
    assert mood.people == "20-29"
    assert mood.quality is Level.MEDIUM
    assert [share for _, share in mood.shares] == [0.2, 0.8, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]


@pytest.mark.parametrize(("people", "state"), [(9, State.INSUFFICIENT), (10, State.HAPPINESS)])
def test_the_noisy_count_is_compared_with_k(people: int, state: State) -> None:
    counts = NoisyCounts(TWENTY_HAPPY.votes, people, 2.0)
    assert crowd_mood(counts, k=10, steady=steady(), window=0).state is state


def test_nothing_is_said_when_noise_ate_every_vote() -> None:
    counts = NoisyCounts((-1,) * 8, 12, 2.0)
    assert crowd_mood(counts, k=10, steady=steady(), window=0).state is State.INSUFFICIENT


@pytest.mark.parametrize(
    ("people", "band"), [(-4, "<10"), (9, "<10"), (10, "10-19"), (49, "40-49"), (50, "50+"), (9_000, "50+")]
)
def test_people_are_banded_and_top_coded(people: int, band: str) -> None:
    assert people_band(people, 10) == band


@given(st.lists(st.integers(0, 30), min_size=8, max_size=8), st.integers(0, 2**32), st.integers(5, 40))
def test_shares_are_tenths_and_every_field_fits_its_type(histogram: list[int], seed: int, k: int) -> None:
    exact = Counts(tuple(histogram), sum(histogram))
    counts = add_noise(exact, epsilon=1.0, below=random.Random(seed).randrange)
    mood = crowd_mood(counts, k=k, steady=steady(), window=0)
    assert (mood.state is State.INSUFFICIENT) == (not mood.shares)
    for _, share in mood.shares:
        assert 0 <= share <= 1
        assert round(share * 10) == pytest.approx(share * 10)


def test_the_noise_has_the_law_that_the_promise_rests_on() -> None:
    epsilon = 0.5
    draws = [
        add_noise(Counts((0,) * 8, 0), epsilon=epsilon, below=random.Random(i).randrange) for i in range(4000)
    ]
    scale = 2 / epsilon
    variance = 2 * math.exp(1 / scale) / (math.exp(1 / scale) - 1) ** 2
    for values in zip(*((*draw.votes, draw.people) for draw in draws), strict=True):
        assert sum(value**2 for value in values) / len(values) == pytest.approx(variance, rel=0.2)


def test_a_crowd_is_published_and_a_few_are_not(gate: Gate) -> None:
    reasons = []
    for window, votes in enumerate(([5, 60, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0])):
        gate.observe(crowd(votes, at_s=1.0), window * WINDOW_S + 1.0)
        (verdict,) = gate.close_due((window + 1) * WINDOW_S)
        reasons.append(verdict.decision.reason)
        assert verdict.release.epsilon == 1.0
    assert reasons == [Reason.ALLOWED, Reason.BELOW_K]


def test_a_closed_window_gives_the_same_bytes_after_the_clock_went_back(gate: Gate, tmp_path: Path) -> None:
    gate.observe(crowd([0, 30, 0, 0, 0, 0, 0, 0], at_s=1.0), 1.0)
    (first,) = gate.close_due(WINDOW_S)
    again = open_gate(PrivacyOptions(profile=Profile.PUBLIC), zone="hall", state=tmp_path)
    again.observe(crowd([30, 0, 0, 0, 0, 0, 0, 0], at_s=2.0), 2.0)
    (second,) = again.close_due(WINDOW_S)
    again.close()
    assert second.release.encode() == first.release.encode()


def test_a_spent_budget_withholds_with_the_same_keys(tmp_path: Path) -> None:
    options = PrivacyOptions(profile=Profile.PUBLIC, daily_epsilon=1.0)
    gate = open_gate(options, zone="hall", state=tmp_path)
    verdicts = []
    for window in range(2):
        gate.observe(crowd([0, 60, 0, 0, 0, 0, 0, 0], at_s=1.0, first_token=100 * window), window * WINDOW_S)
        verdicts += gate.close_due((window + 1) * WINDOW_S)
    gate.close()
    assert [verdict.decision.reason for verdict in verdicts] == [Reason.ALLOWED, Reason.BUDGET_SPENT]
    assert len({tuple(verdict.release.payload()) for verdict in verdicts}) == 1
    assert verdicts[1].release.epsilon == 0.0


def test_a_broken_ledger_publishes_nothing_and_is_logged_once(
    gate: Gate, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    next(tmp_path.glob("*.witness")).write_text("99")
    for window in range(3):
        gate.observe(crowd([0, 60, 0, 0, 0, 0, 0, 0], at_s=1.0), window * WINDOW_S)
        (verdict,) = gate.close_due((window + 1) * WINDOW_S)
        assert verdict.decision.reason is Reason.LEDGER_UNUSABLE
        assert verdict.release.state is State.INSUFFICIENT
    assert len(caplog.records) == 1
