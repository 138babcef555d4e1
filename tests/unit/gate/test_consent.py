from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.errors import ConsentError
from edge.gate.consent import DAY_S, ConsentStore, Purpose

if TYPE_CHECKING:
    from pathlib import Path

NOW_S = 1_790_000_000.0
STRESS = Purpose.STRESS_FEEDBACK


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "consent.json"


@pytest.fixture
def store(path: Path) -> ConsentStore:
    return ConsentStore(path)


def test_nothing_may_be_used_without_consent(store: ConsentStore) -> None:
    with pytest.raises(ConsentError, match="strap: nobody agreed"):
        store.require("strap", now_s=NOW_S)


def test_a_consent_covers_its_sensor_until_it_ends(store: ConsentStore) -> None:
    store.grant(sensor="strap", purpose=STRESS, days=30, now_s=NOW_S)
    store.require("strap", now_s=NOW_S)
    store.require("strap", now_s=NOW_S + 30 * DAY_S - 1)
    assert not store.holds("strap", now_s=NOW_S + 30 * DAY_S)
    assert not store.holds("camera", now_s=NOW_S)


def test_a_revoked_consent_is_erased(store: ConsentStore, path: Path) -> None:
    kept = store.grant(sensor="camera", purpose=Purpose.ROOM_MOOD, days=30, now_s=NOW_S)
    gone = store.grant(sensor="strap", purpose=STRESS, days=30, now_s=NOW_S)
    assert store.revoke(gone.handle, now_s=NOW_S) == gone
    assert store.valid(now_s=NOW_S) == [kept]
    assert gone.handle not in path.read_text()
    with pytest.raises(ConsentError, match="no consent has this handle"):
        store.revoke(gone.handle, now_s=NOW_S)


def test_ended_consents_leave_the_file_with_the_next_change(store: ConsentStore, path: Path) -> None:
    ended = store.grant(sensor="strap", purpose=STRESS, days=1, now_s=NOW_S)
    store.grant(sensor="strap", purpose=STRESS, days=1, now_s=NOW_S + 2 * DAY_S)
    assert ended.handle not in path.read_text()


def test_the_file_holds_no_more_than_it_must_and_only_the_owner_reads_it(
    store: ConsentStore, path: Path
) -> None:
    first = store.grant(sensor="strap", purpose=STRESS, days=30, now_s=NOW_S)
    second = store.grant(sensor="strap", purpose=STRESS, days=30, now_s=NOW_S)
    assert first.handle != second.handle
    assert {tuple(record) for record in json.loads(path.read_text())} == {
        ("handle", "sensor", "purpose", "until_s")
    }
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("sensor", "days"), [("Ada Lovelace", 30), ("", 30), ("strap", 0), ("strap", 731)])
def test_names_and_endless_consents_are_refused(
    store: ConsentStore, path: Path, sensor: str, days: int
) -> None:
    with pytest.raises(ConsentError):
        store.grant(sensor=sensor, purpose=STRESS, days=days, now_s=NOW_S)
    assert not path.exists()


DAMAGED = (
    "",
    "{}{}",
    '{"handle": 1}',
    "[1]",
    "[null]",
    '[{"handle": "a"}]',
    '[{"handle": "a", "sensor": "s", "purpose": "spying", "until_s": 9e99}]',
    '[{"handle": "a", "sensor": "s", "purpose": "research", "until_s": true}]',
    "[" * 100_000,
)


@pytest.mark.parametrize("content", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_file_forbids_everything(store: ConsentStore, path: Path, content: str) -> None:
    path.parent.mkdir()
    path.write_text(content)
    with pytest.raises(ConsentError):
        store.require("strap", now_s=NOW_S)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary()
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    ).map(lambda value: json.dumps(value).encode())
)
def test_any_content_is_a_list_of_consents_or_an_explained_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "consent.json"
    path.write_bytes(content)
    with contextlib.suppress(ConsentError):
        assert ConsentStore(path).valid(now_s=NOW_S) == []


def test_a_file_that_cannot_be_used_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = ConsentStore(tmp_path / "file" / "consent.json")
    with pytest.raises(ConsentError, match="cannot be read"):
        store.valid(now_s=NOW_S)
    with pytest.raises(ConsentError):
        ConsentStore(tmp_path).valid(now_s=NOW_S)
