from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.capture.mute.rules import MuteCause, Mutes

SENSORS = ("camera", "microphone")
CHANGES = st.tuples(st.sampled_from(list(MuteCause)), st.booleans(), st.sampled_from([None, *SENSORS]))


def mutes(*initially: MuteCause) -> tuple[Mutes, list[tuple[str, bool]]]:
    changes: list[tuple[str, bool]] = []
    return Mutes(SENSORS, on_change=lambda *change: changes.append(change), initially=initially), changes


def test_everything_is_muted_until_the_switch_was_read() -> None:
    rules, changes = mutes(MuteCause.SWITCH)
    assert all(map(rules.is_muted, SENSORS))
    rules.set(MuteCause.SWITCH, muted=False)
    assert changes == [("camera", False), ("microphone", False)]


def test_software_cannot_undo_the_switch() -> None:
    rules, changes = mutes(MuteCause.SWITCH)
    rules.set(MuteCause.COMMAND, muted=True)
    rules.set(MuteCause.COMMAND, muted=False)
    rules.set(MuteCause.CONSENT, muted=False, sensor="camera")
    assert rules.causes("camera") == {MuteCause.SWITCH}
    assert changes == []


def test_what_was_muted_one_by_one_stays_muted_when_the_switch_is_thrown_back() -> None:
    rules, changes = mutes()
    rules.set(MuteCause.COMMAND, muted=True, sensor="camera")
    rules.set(MuteCause.SWITCH, muted=True)
    rules.set(MuteCause.SWITCH, muted=False)
    assert rules.is_muted("camera")
    assert not rules.is_muted("microphone")
    assert changes == [("camera", True), ("microphone", True), ("microphone", False)]


@given(st.lists(CHANGES, max_size=30))
def test_a_sensor_is_muted_while_any_cause_holds(steps: list[tuple[MuteCause, bool, str | None]]) -> None:
    rules, changes = mutes()
    holding: set[tuple[str, MuteCause]] = set()
    told = dict.fromkeys(SENSORS, False)
    for cause, muted, sensor in steps:
        rules.set(cause, muted=muted, sensor=sensor)
        for name in [sensor] if sensor else SENSORS:
            (holding.add if muted else holding.discard)((name, cause))
        told.update(changes)
        for name in SENSORS:
            assert rules.is_muted(name) == any(held == name for held, _ in holding) == told[name]
