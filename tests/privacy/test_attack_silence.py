"""Attacks on what is not said: silence, sizes and times, with no look at the content of `public`."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest

from edge.emotion import EMOTIONS, Emotion
from edge.gate.gate import Gate
from edge.gate.options import PrivacyOptions
from edge.release import Release, State
from edge.signals import RoomState
from privacy.venue import BEST_GUESS, WINDOW_S, Venue, face, mood, strangers

if TYPE_CHECKING:
    from privacy.conftest import AttackTable

POINTS = 0.05
TRIALS = 400


def household_message(*emotions: int, single_person_agreed: bool = False) -> bytes:
    """What a household publishes of one window with these people."""
    gate = Gate(PrivacyOptions(single_person_agreed=single_person_agreed), zone="sofa")
    evidence = tuple(face(who, emotion) for who, emotion in enumerate(emotions))
    probabilities = np.mean(
        [reading.probabilities for reading in evidence] or [np.zeros(len(EMOTIONS))], axis=0
    )
    gate.observe(RoomState(0.0, probabilities, None, None, float(bool(evidence)), None, evidence, {}), 0.0)
    (verdict,) = gate.close_due(10.0)
    return verdict.release.encode()


def guess_rate(messages: dict[bool, list[bytes]]) -> float:
    """Best success at telling two classes of messages apart, each as likely as the other and as many."""
    seen = {kind: Counter(heard) for kind, heard in messages.items()}
    every = seen[True].keys() | seen[False].keys()
    return sum(max(seen[True][message], seen[False][message]) for message in every) / (
        len(messages[True]) + len(messages[False])
    )


def test_someone_alone_at_home_looks_like_an_empty_home(attacks: AttackTable) -> None:
    randomness = random.Random(8)

    def messages(*, agreed: bool) -> dict[bool, list[bytes]]:
        alone = [household_message(mood(randomness), single_person_agreed=agreed) for _ in range(TRIALS)]
        return {True: alone, False: [household_message(single_person_agreed=agreed)] * TRIALS}

    defended, undefended = guess_rate(messages(agreed=False)), guess_rate(messages(agreed=True))
    assert defended == 0.5
    assert undefended == 1.0
    attacks.add(
        "occupancy: is someone alone at home? (household)",
        "alone and empty give the same bytes at the same time",
        base=0.5,
        defended=defended,
        undefended=undefended,
    )


def test_a_few_people_in_public_look_like_nobody(attacks: AttackTable) -> None:
    def is_guessed(randomness: random.Random, *, is_defended: bool) -> bool:
        venue = Venue(randomness, is_noisy=is_defended)
        gate = venue.gate() if is_defended else venue.gate_with(k=1)
        are_there = randomness.random() < 0.5
        release = venue.fill(gate, strangers(5, Emotion.HAPPINESS) if are_there else {}, window=0).release
        return (release.state is not State.INSUFFICIENT) == are_there

    randomness = random.Random(9)
    defended = sum(is_guessed(randomness, is_defended=True) for _ in range(3000)) / 3000
    undefended = sum(is_guessed(randomness, is_defended=False) for _ in range(200)) / 200
    assert defended <= 0.5 + POINTS
    assert undefended == 1.0
    attacks.add(
        "occupancy: are five people there? (public)",
        "constant cadence, the noisy count against k",
        base=0.5,
        defended=defended,
        undefended=undefended,
    )


def test_size_and_time_of_encrypted_messages(attacks: AttackTable) -> None:
    """He sees only how long each message is, and when it comes."""

    def guessed(messages: dict[int, set[tuple[int, float]]]) -> float:
        """Success of naming the state from the trace, when states are shown as often as `PRIOR` says."""
        randomness = random.Random(10)
        right = 0
        for _ in range(TRIALS * 5):
            shown = mood(randomness)
            (trace,) = messages[shown]
            fitting = [state for state in messages if trace in messages[state]]
            right += min(fitting) == shown
        return right / (TRIALS * 5)

    gate = Gate(PrivacyOptions(), zone="sofa")
    padded, bare = {}, {}
    for emotion in range(len(EMOTIONS)):
        message = household_message(emotion, emotion)
        assert Release.decode(message).state.value == EMOTIONS[emotion].value
        closes_s = gate.next_close_s(1_000_003.7)
        padded[emotion] = {(len(message), closes_s)}
        bare[emotion] = {(len(message.rstrip()), closes_s)}
    defended, undefended = guessed(padded), guessed(bare)
    assert defended <= BEST_GUESS + POINTS
    assert undefended > BEST_GUESS + 0.3
    attacks.add(
        "size and time of encrypted messages: which state?",
        "all messages have one length, on a fixed grid",
        base=BEST_GUESS,
        defended=defended,
        undefended=undefended,
    )


@pytest.mark.parametrize("people", [0, 1, 30])
def test_the_grid_does_not_move_with_what_happens(people: int) -> None:
    venue = Venue(random.Random(11))
    gate = venue.gate()
    for window in range(3):
        before_s = gate.next_close_s(window * WINDOW_S + 17.0)
        venue.fill(gate, strangers(people, Emotion.FEAR, first=100 * window), window=window)
        assert before_s == (window + 1) * WINDOW_S
