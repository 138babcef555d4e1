"""Attacks on the mood and presence of one person in a crowd.

The attacker is as strong as can be: he knows how the others voted, knows the law of the noise, and sees
the noisy counts before threshold and rounding.
"""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

import numpy as np

from edge.emotion import EMOTIONS, Emotion
from privacy.venue import (
    BEST_GUESS,
    PRIOR,
    TARGET,
    Venue,
    guess_mood,
    histogram,
    mood,
    poisson,
    strangers,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from privacy.conftest import AttackTable

POINTS = 0.05
CERTAIN = 1e6
"""Stands for epsilon when the noise is off: one vote of difference settles it."""

WINDOWS_A_STAY = 24
MEAN_CROWD = 20.0


def success(trial: Callable[[random.Random], bool], *, trials: int, seed: int) -> float:
    randomness = random.Random(seed)
    return sum(trial(randomness) for _ in range(trials)) / trials


def test_joining_and_leaving(attacks: AttackTable) -> None:
    """He sees somebody join a crowd of 14 and subtracts everybody else."""

    def attack(randomness: random.Random, *, is_noisy: bool = True) -> bool:
        venue = Venue(randomness, is_noisy=is_noisy)
        target = mood(randomness)
        others = strangers(10, Emotion.NEUTRAL) | strangers(4, Emotion.HAPPINESS, first=10)
        venue.fill(venue.gate(), others | {TARGET: target}, window=1)
        return guess_mood(venue.draws, [others], epsilon=1.0 if is_noisy else CERTAIN) == target

    defended = success(attack, trials=3000, seed=1)
    undefended = success(lambda r: attack(r, is_noisy=False), trials=200, seed=1)
    assert defended <= BEST_GUESS + POINTS
    assert undefended > 0.95
    attacks.add(
        "join and leave: subtract everybody else, whose votes are known",
        "noise for changing a vote",
        base=BEST_GUESS,
        defended=defended,
        undefended=undefended,
    )


def test_accomplices_at_the_threshold(attacks: AttackTable) -> None:
    """Nine accomplices with a straight face stand around one person, at k = 10."""

    def attack(randomness: random.Random, *, is_noisy: bool = True) -> bool:
        venue = Venue(randomness, is_noisy=is_noisy)
        target = mood(randomness)
        others = strangers(9, Emotion.NEUTRAL)
        venue.fill(venue.gate(k=10), others | {TARGET: target}, window=1)
        return guess_mood(venue.draws, [others], epsilon=1.0 if is_noisy else CERTAIN) == target

    defended = success(attack, trials=3000, seed=2)
    undefended = success(lambda r: attack(r, is_noisy=False), trials=200, seed=2)
    assert defended <= BEST_GUESS + POINTS
    assert undefended > 0.95
    attacks.add(
        "threshold probing: nine accomplices at k = 10",
        "noise; the threshold alone would not help",
        base=BEST_GUESS,
        defended=defended,
        undefended=undefended,
    )


def test_a_long_stay(attacks: AttackTable) -> None:
    """One person stays for 20 windows in the same mood, while the others come and go."""
    windows = 20

    def attack(randomness: random.Random, *, windows_per_session: int = 1) -> bool:
        venue = Venue(randomness, windows_per_session=windows_per_session)
        gate = venue.gate()
        target = mood(randomness)
        known = []
        for window in range(windows_per_session + 1):
            others = strangers(14, Emotion.NEUTRAL, first=100 * window)
            venue.fill(gate, others | {TARGET: target}, window=window)
            known.append(others)
        counted = slice(0, windows_per_session)
        return guess_mood(venue.draws[counted], known[counted]) == target

    defended = success(attack, trials=2500, seed=3)
    undefended = success(lambda r: attack(r, windows_per_session=windows), trials=100, seed=3)
    assert defended <= BEST_GUESS + POINTS
    assert undefended > BEST_GUESS + 0.3
    attacks.add(
        "long stay: average over 20 windows of one session",
        "a session votes in one window only",
        base=BEST_GUESS,
        defended=defended,
        undefended=undefended,
    )


def test_a_session_adds_nothing_after_its_last_window() -> None:
    venue = Venue(random.Random(0), is_noisy=False)
    gate = venue.gate()
    venue.fill(gate, strangers(12, Emotion.ANGER), window=0)
    venue.fill(gate, strangers(12, Emotion.ANGER) | strangers(3, Emotion.FEAR, first=50), window=1)
    assert [counts.people for counts in venue.draws] == [12, 3]


def test_membership_in_the_series_of_a_day(attacks: AttackTable) -> None:
    """Was somebody there today, for two hours? The others are known as a law, not one by one."""

    def attack(randomness: random.Random, *, is_defended: bool = True) -> bool:
        windows = 1 if is_defended else WINDOWS_A_STAY
        venue = Venue(randomness, is_noisy=is_defended, windows_per_session=windows)
        gate = venue.gate()
        target, is_there = mood(randomness), randomness.random() < 0.5
        for window in range(windows):
            visitors = np.random.default_rng(randomness.randrange(2**32)).poisson(MEAN_CROWD)
            others = {1000 * window + number: mood(randomness) for number in range(visitors)}
            venue.fill(gate, others | ({TARGET: target} if is_there else {}), window=window)
        odds = np.array(PRIOR)
        for counts in venue.draws:
            odds = odds * _presence_odds((*counts.votes, counts.people), is_noisy=is_defended)
        return bool(odds.sum() > 1) == is_there

    defended = success(attack, trials=2000, seed=4)
    undefended = success(lambda r: attack(r, is_defended=False), trials=150, seed=4)
    assert defended <= 0.5 + POINTS
    assert undefended > 0.8
    attacks.add(
        "membership over a day's series: was this person there?",
        "noise, and a session votes in one window only",
        base=0.5,
        defended=defended,
        undefended=undefended,
    )


def _presence_odds(seen: tuple[int, ...], *, is_noisy: bool) -> np.ndarray:
    """Odds of a window's counts with and without the target, for each emotion she may show."""
    *votes, people = seen
    count_odds = _shift_odds(MEAN_CROWD, people, is_noisy=is_noisy)
    return np.array(
        [
            _shift_odds(MEAN_CROWD * PRIOR[index], votes[index], is_noisy=is_noisy) * count_odds
            for index in range(len(EMOTIONS))
        ]
    )


def _shift_odds(mean: float, seen: int, *, is_noisy: bool) -> float:
    law = poisson(mean, 80)
    if is_noisy:

        def chance(value: int) -> float:
            return float(law @ np.exp(-np.abs(value - np.arange(len(law))) / 2))
    else:

        def chance(value: int) -> float:
            return float(law[value]) if value >= 0 else 1e-12

    return chance(seen - 1) / chance(seen)


def test_moods_that_are_equally_likely(attacks: AttackTable) -> None:
    """As joining and leaving, but nothing is known beforehand; epsilon bounds the gain."""
    bound = math.e / (math.e + len(EMOTIONS) - 1)

    def attack(randomness: random.Random, *, is_noisy: bool = True) -> bool:
        venue = Venue(randomness, is_noisy=is_noisy)
        target = randomness.randrange(len(EMOTIONS))
        others = strangers(14, Emotion.NEUTRAL)
        venue.fill(venue.gate(), others | {TARGET: target}, window=1)
        unexplained = np.array(venue.draws[0].votes) - histogram(others)
        return int(unexplained.argmax()) == target

    defended = success(attack, trials=3000, seed=14)
    undefended = success(lambda r: attack(r, is_noisy=False), trials=200, seed=14)
    assert defended <= bound
    assert undefended == 1.0
    attacks.add(
        f"join and leave, all moods equally likely, all else known (bound: {100 * bound:.1f} %)",
        "noise; beyond 5 points, within what epsilon 1 promises",
        base=1 / len(EMOTIONS),
        defended=defended,
        undefended=undefended,
    )


def test_presence_when_everybody_else_is_known(attacks: AttackTable) -> None:
    """Beyond 5 points as well; epsilon bounds the gain."""

    def attack(randomness: random.Random, *, is_noisy: bool = True) -> bool:
        venue = Venue(randomness, is_noisy=is_noisy)
        others = strangers(12, Emotion.NEUTRAL)
        is_there = randomness.random() < 0.5
        venue.fill(
            venue.gate(), others | (strangers(1, Emotion.FEAR, first=TARGET) if is_there else {}), window=1
        )
        (counts,) = venue.draws
        fear = counts.votes[EMOTIONS.index(Emotion.FEAR)]
        with_her = abs(fear - 1) + abs(counts.people - 13)
        without = abs(fear) + abs(counts.people - 12)
        return (with_her < without or (with_her == without and randomness.random() < 0.5)) == is_there

    defended = success(attack, trials=3000, seed=5)
    undefended = success(lambda r: attack(r, is_noisy=False), trials=200, seed=5)
    assert defended <= math.e / (1 + math.e)
    assert undefended == 1.0
    attacks.add(
        "presence of one person whose mood is known, all else known (bound: 73.1 %)",
        "noise; beyond 5 points, within what epsilon 1 promises",
        base=0.5,
        defended=defended,
        undefended=undefended,
    )
