from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.emotion import Emotion, MomentKind
from edge.gate.decision import Reason, Verdict
from edge.gate.gate import LEDGER_FILE, Gate, open_gate
from edge.gate.options import PrivacyOptions
from edge.release import PAYLOAD_BYTES, Level, Profile, Release, State, Suggestion
from edge.signals import Modality
from gate.rooms import affect, crowd, room

if TYPE_CHECKING:
    from pathlib import Path

    from edge.signals import RoomState

PHYSIOLOGY = Modality.PHYSIOLOGY


def household(**keys: object) -> Gate:
    return Gate(PrivacyOptions.model_validate({"window_s": 10, "dwell_s": 0, **keys}), zone="sofa")


def personal(**keys: object) -> Gate:
    options = {"profile": "personal", "window_s": 5, "dwell_s": 0, **keys}
    return Gate(PrivacyOptions.model_validate(options), zone="desk")


def one_window(gate: Gate, *rooms: RoomState, window_s: float = 10.0) -> Verdict:
    """Fill the open window evenly with `rooms`, close it, and return its verdict."""
    start_s = gate.next_close_s(gate_now(gate)) - window_s
    gate.close_due(start_s)
    for number, state in enumerate(rooms):
        gate.observe(state, start_s + number * window_s / len(rooms))
    verdicts = gate.close_due(start_s + window_s)
    assert len(verdicts) == 1
    return verdicts[0]


def gate_now(gate: Gate) -> float:
    return (gate._next or 0) * gate._options.window_s


def test_two_people_are_published_coarsely() -> None:
    verdict = one_window(household(), room(affect(1), affect(2)))
    assert verdict.release.state is State.HAPPINESS
    assert verdict.release.valence == 0.5
    assert verdict.release.arousal == -0.25
    assert verdict.release.people == "unknown"
    assert verdict.release.stress is Level.UNKNOWN
    assert verdict.decision.published


def test_one_person_alone_is_withheld_exactly_like_an_empty_room() -> None:
    alone = one_window(household(), room(affect(1)))
    empty = one_window(household(), room())
    unseen = one_window(household())
    assert alone == empty == unseen
    assert alone.release.state is State.INSUFFICIENT
    assert alone.decision.reason is Reason.TOO_FEW


def test_one_person_alone_is_published_when_agreed() -> None:
    assert one_window(household(single_person_agreed=True), room(affect(1))).decision.published


def test_face_voice_and_wearer_may_be_one_person() -> None:
    evidence = (affect(1), affect(2, modality=Modality.SPEECH), affect(3, modality=PHYSIOLOGY))
    assert one_window(household(), room(*evidence)).decision.reason is Reason.TOO_FEW


def test_a_face_lost_and_found_again_is_one_person() -> None:
    evidence = (affect(1, at_s=5.0, length_s=1.0), affect(2, at_s=6.0, length_s=1.0))
    assert one_window(household(), room(*evidence, at_s=6.0)).decision.reason is Reason.TOO_FEW


@pytest.mark.parametrize(("together", "published"), [(4, False), (5, True)])
def test_a_passing_visitor_is_no_company(together: int, *, published: bool) -> None:
    rooms = [room(affect(1), affect(2))] * together + [room(affect(1))] * (10 - together)
    assert one_window(household(), *rooms).decision.published is published


def test_who_is_alone_does_not_colour_the_window() -> None:
    happy = room(affect(1), affect(2))
    angry_alone = room(affect(1, Emotion.ANGER))
    verdict = one_window(household(), *[happy] * 5, *[angry_alone] * 5)
    assert verdict.release.state is State.HAPPINESS


def test_moments_without_evidence_withhold_nothing() -> None:
    assert one_window(household(), room(affect(1), affect(2)), room(), room()).decision.published


def test_the_wearer_alone_gets_state_and_stress() -> None:
    wearer = affect(1, Emotion.ANGER, modality=PHYSIOLOGY, stress=0.9)
    release = one_window(personal(), room(wearer, stress=0.9), window_s=5).release
    assert release.state is State.ANGER
    assert release.stress is Level.HIGH


def test_a_bystander_hides_the_state_but_not_the_wearers_stress() -> None:
    evidence = (affect(1), affect(2), affect(3, modality=PHYSIOLOGY))
    verdict = one_window(personal(), room(*evidence, stress=0.1), window_s=5)
    assert verdict.decision.reason is Reason.NOT_ALONE
    assert verdict.release.state is State.INSUFFICIENT
    assert verdict.release.valence is None
    assert verdict.release.stress is Level.LOW


def test_a_body_alone_gives_stress_but_no_state() -> None:
    wearer = affect(1, Emotion.ANGER, modality=PHYSIOLOGY, stress=0.9)
    body = replace(wearer, probabilities=np.zeros(8), mask=np.zeros(8, dtype=bool), valence=None)
    leaning = replace(room(wearer, stress=0.9), evidence=(body,))
    verdict = one_window(personal(), leaning, window_s=5)
    assert verdict.decision.reason is Reason.NO_EVIDENCE
    assert (verdict.release.state, verdict.release.stress) == (State.INSUFFICIENT, Level.HIGH)


def test_stress_is_withheld_when_there_are_two_wearers() -> None:
    evidence = (affect(1, modality=PHYSIOLOGY), affect(2, modality=PHYSIOLOGY))
    assert one_window(personal(), room(*evidence, stress=0.9), window_s=5).release.stress is Level.UNKNOWN


def test_hysteresis_keeps_the_state_until_another_leads_clearly() -> None:
    gate = household(hysteresis=0.2)
    mixed = room(affect(1, Emotion.SADNESS), affect(2, Emotion.HAPPINESS))
    sad = room(affect(1, Emotion.SADNESS), affect(2, Emotion.SADNESS))
    assert one_window(gate, room(affect(1), affect(2))).release.state is State.HAPPINESS
    assert one_window(gate, mixed).release.state is State.HAPPINESS
    assert one_window(gate, mixed, mixed, mixed, sad).release.state is State.HAPPINESS
    assert one_window(gate, mixed, sad).release.state is State.SADNESS


def test_dwell_time_keeps_the_state_for_its_windows() -> None:
    gate = household(dwell_s=20)
    happy, sad = room(affect(1), affect(2)), room(affect(1, Emotion.SADNESS), affect(2, Emotion.SADNESS))
    states = [one_window(gate, now).release.state for now in (happy, sad, sad)]
    assert states == [State.HAPPINESS, State.HAPPINESS, State.SADNESS]


def test_withholding_never_waits_for_the_dwell_time() -> None:
    gate = household(dwell_s=600)
    one_window(gate, room(affect(1), affect(2)))
    assert one_window(gate, room(affect(1))).release.state is State.INSUFFICIENT


def test_stress_leaves_its_band_only_by_more_than_the_margin() -> None:
    gate = personal(hysteresis=0.1)
    wearer = affect(1, modality=PHYSIOLOGY)
    bands = [
        one_window(gate, room(wearer, stress=s), window_s=5).release.stress for s in (0.3, 0.4, 0.5, 0.3)
    ]
    assert bands == [Level.LOW, Level.LOW, Level.MEDIUM, Level.MEDIUM]


def test_forgetting_drops_the_open_window() -> None:
    gate = household()
    gate.observe(room(affect(1), affect(2)), 1.0)
    gate.forget()
    (verdict,) = gate.close_due(10.0)
    assert verdict.release.state is State.INSUFFICIENT


@given(st.lists(st.tuples(st.floats(0, 30), st.booleans()), max_size=40))
def test_every_window_yields_exactly_one_release(steps: list[tuple[float, bool]]) -> None:
    gate = household()
    gate.close_due(0.0)
    now_s, windows = 0.0, []
    for step_s, is_seen in steps:
        now_s += step_s
        if is_seen:
            gate.observe(room(affect(1), affect(2)), now_s)
        windows += [verdict.release.window for verdict in gate.close_due(now_s)]
    assert windows == list(range(int(now_s // 10)))


def test_a_room_state_for_a_closed_window_is_dropped() -> None:
    gate = household()
    gate.close_due(0.0)
    gate.close_due(10.0)
    gate.observe(room(affect(1), affect(2)), 9.9)
    assert [verdict.release.state for verdict in gate.close_due(20.0)] == [State.INSUFFICIENT]


def test_a_leap_of_the_clock_yields_no_flood() -> None:
    gate = household()
    gate.close_due(5.0)
    assert [verdict.release.window for verdict in gate.close_due(1.7e9)] == [0]
    assert [verdict.release.window for verdict in gate.close_due(1.7e9 + 10)] == [170_000_000]


def test_a_clock_set_back_far_is_followed() -> None:
    gate = household()
    gate.close_due(1.7e9)
    gate.close_due(5.0)
    assert [verdict.release.window for verdict in gate.close_due(10.0)] == [0]


@pytest.mark.parametrize(("back_windows", "next_window"), [(1, 101), (2, 99), (13, 88)])
def test_a_clock_set_back_by_a_window_waits_and_by_more_is_followed(
    back_windows: int, next_window: int
) -> None:
    gate = household()
    gate.close_due(1000.0)
    assert [verdict.release.window for verdict in gate.close_due(1015.0)] == [100]
    gate.observe(room(affect(1), affect(2)), 1015.0)
    now_s, closed = 1015.0 - 10 * back_windows, []
    while not closed:
        closed = gate.close_due(now_s)
        now_s += 5.0
    assert closed[0].release.window == next_window
    assert closed[0].decision.published is (back_windows == 1)


def test_windows_end_on_a_fixed_grid() -> None:
    assert household().next_close_s(1234.5) == 1240.0
    assert household().next_close_s(1240.0) == 1250.0


@pytest.mark.parametrize("profile", list(Profile))
def test_size_and_keys_are_the_same_in_every_window(profile: Profile, tmp_path: Path) -> None:
    options = PrivacyOptions.model_validate({"profile": profile})
    gate = open_gate(options, zone="hall", state=tmp_path)
    seen = []
    for number, state in enumerate(
        (room(), room(affect(1)), crowd([5, 9, 9, 5, 9, 9, 9, 9]), crowd([0, 400, 0, 0, 0, 0, 0, 0]))
    ):
        now_s = number * options.window_s
        gate.observe(state, now_s)
        seen += gate.close_due(now_s + options.window_s)
    gate.close()
    assert len(seen) == 4
    assert {len(verdict.release.encode()) for verdict in seen} == {PAYLOAD_BYTES}
    assert len({tuple(verdict.release.payload()) for verdict in seen}) == 1
    assert {Release.decode(verdict.release.encode()) for verdict in seen} == {
        verdict.release for verdict in seen
    }


def test_the_longest_release_fits_its_fixed_size() -> None:
    shares = tuple((emotion, 0.1) for emotion in Emotion)
    state, unknown = State.INSUFFICIENT, Level.UNKNOWN
    longest = Release(
        "z" * 64,
        Profile.PUBLIC,
        10**10,
        86399.123456789,
        state,
        -0.75,
        -0.75,
        unknown,
        unknown,
        "1000000+",
        shares,
        0.12345678901234567,
        suggestion=Suggestion.INTENSIFY,
        attention=0.1,
        moment=MomentKind.ATTENTION_LOST,
        moment_s=86399.9,
        content="c" * 32,
        content_s=999999.9,
    )
    assert len(longest.encode()) == PAYLOAD_BYTES


@given(st.binary(max_size=80) | st.sampled_from([b"[]", b"1", b"null", b'{"v":1}', b'{"v":1,"zone":[]}']))
def test_what_is_no_release_is_refused(payload: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever is wrong with it
        Release.decode(payload)


def test_only_public_writes_to_disk(tmp_path: Path) -> None:
    for profile in (Profile.PERSONAL, Profile.HOUSEHOLD):
        gate = open_gate(PrivacyOptions(profile=profile), zone="sofa", state=tmp_path)
        gate.observe(room(affect(1), affect(2)), 1.0)
        gate.close_due(100.0)
        gate.close()
    assert not list(tmp_path.iterdir())
    open_gate(PrivacyOptions(profile=Profile.PUBLIC), zone="hall", state=tmp_path).close()
    assert (tmp_path / LEDGER_FILE).is_file()


def test_public_cannot_be_had_without_a_ledger() -> None:
    with pytest.raises(ValueError, match="ledger"):
        Gate(PrivacyOptions(profile=Profile.PUBLIC), zone="hall")


def test_decisions_tell_no_affect() -> None:
    verdict = one_window(household(), room(affect(1), affect(2)))
    assert str(verdict.decision) == "zone sofa window 0 published: allowed (household)"
