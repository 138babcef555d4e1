from __future__ import annotations

import queue
import sqlite3
import stat
import threading
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.publish.history import History, Waiting
from edge.publish.message import Message


def window(number):
    return Message("edge-affect/kiosk/zone/hall/history", f"{number}".encode().ljust(640))


def test_windows_wait_in_order_and_byte_for_byte_across_restarts(tmp_path):
    file = tmp_path / "state" / "history.sqlite3"
    waiting = Waiting(file, most_windows=100)
    for number in range(5):
        waiting.add(window(number))
    waiting.close()
    again = Waiting(file, most_windows=100)
    assert [message for _, message in again.oldest(10)] == [window(number) for number in range(5)]
    again.remove_through(again.oldest(1)[0][0])
    assert [message for _, message in again.oldest(2)] == [window(1), window(2)]
    again.close()


def test_the_file_is_for_its_owner_alone(tmp_path):
    Waiting(tmp_path / "history.sqlite3", most_windows=100).close()
    assert stat.S_IMODE((tmp_path / "history.sqlite3").stat().st_mode) == 0o600


def test_the_oldest_windows_are_given_up_first(tmp_path):
    waiting = Waiting(tmp_path / "history.sqlite3", most_windows=100)
    waiting._database.execute("PRAGMA synchronous = OFF")
    for number in range(250):
        waiting.add(window(number))
    kept = [int(message.payload) for _, message in waiting.oldest(1000)]
    assert kept == list(range(150, 250))
    assert waiting.given_up == 150
    waiting.close()


def test_a_broken_file_is_set_aside(tmp_path, caplog):
    file = tmp_path / "history.sqlite3"
    file.write_bytes(b"no database at all " * 100)
    waiting = Waiting(file, most_windows=100)
    assert len(waiting) == 0
    assert (tmp_path / "history.broken").exists()
    assert "set aside" in caplog.text
    waiting.close()


class Broker:
    """Takes messages, acknowledges as it is told, and goes away at times."""

    def __init__(self, answers):
        self._answers = answers
        self.taken = []

    def send(self, message):
        answer = self._answers.pop() if self._answers else "ack"
        if answer == "away":
            return None
        self.taken.append(int(message.payload))
        return Info(acknowledged=answer != "lost", heard=answer == "ack")


class Info:
    def __init__(self, *, acknowledged, heard):
        self._acknowledged = acknowledged
        self.heard = heard

    def wait_for_publish(self, _timeout_s):
        if not self._acknowledged:
            raise RuntimeError

    def is_published(self):
        return self._acknowledged


@settings(max_examples=30)
@given(
    answers=st.lists(st.sampled_from(["ack", "lost", "away", "unheard"]), max_size=30),
    count=st.integers(1, 50),
)
def test_nothing_is_lost_and_order_holds_whatever_the_broker_does(tmp_path_factory, answers, count):
    broker = Broker(list(answers))
    file = tmp_path_factory.mktemp("history") / "history.sqlite3"
    history = History(file, most_windows=1000, send=broker.send, was_heard=lambda info: info.heard)
    history._waiting._database.execute("PRAGMA synchronous = OFF")
    for number in range(count):
        history.add(window(number))
    while len(history._waiting) > 0:
        history._send_some()
    firsts = list(dict.fromkeys(broker.taken))
    assert set(firsts) == set(range(count))
    acknowledged_last = {number: index for index, number in enumerate(broker.taken)}
    assert all(acknowledged_last[one] < acknowledged_last[other] for one, other in pairwise(range(count)))
    history.stop()


def test_a_full_disk_is_told_and_stops_nothing(tmp_path, caplog, monkeypatch):
    history = History(
        tmp_path / "history.sqlite3",
        most_windows=100,
        send=lambda _message: None,
        was_heard=lambda _info: True,
    )
    history._waiting._database.execute("PRAGMA max_page_count = 3")
    for number in range(50):
        history.add(window(number))
    assert "could not be stored" in caplog.text
    stored = len(history._waiting)
    history._waiting._database.execute("PRAGMA max_page_count = 1000")
    history.add(window(50))
    assert len(history._waiting) == stored + 1
    assert (history.added, history.lost) == (51, 50 - stored)
    history.stop()


class Acknowledged:
    """What the client says of a message that has arrived."""

    def wait_for_publish(self, _timeout_s):
        """Return at once."""

    def is_published(self):
        return True


def test_what_cannot_be_crossed_off_on_a_full_disk_is_sent_again(tmp_path, caplog, monkeypatch):
    sent = queue.Queue()
    disk_is_full, refused, all_crossed_off = (threading.Event() for _ in range(3))
    history = History(
        tmp_path / "history.sqlite3",
        most_windows=100,
        send=lambda message: sent.put(message) or Acknowledged(),
        was_heard=lambda _info: True,
    )
    cross_off = history._waiting.remove_through

    def try_to_cross_off(number):
        if disk_is_full.is_set():
            refused.set()
            raise sqlite3.OperationalError("database or disk is full")
        cross_off(number)
        if number == 2:
            all_crossed_off.set()

    monkeypatch.setattr(history._waiting, "remove_through", try_to_cross_off)
    disk_is_full.set()
    history.add(window(0))
    history.start()
    assert refused.wait(timeout=60)
    disk_is_full.clear()
    history.add(window(1))
    assert all_crossed_off.wait(timeout=60)
    history.stop()
    assert [*sent.queue][-1] == window(1)
    assert {message.payload.strip() for message in sent.queue} <= {b"0", b"1"}
    again = Waiting(tmp_path / "history.sqlite3", most_windows=100)
    assert len(again) == 0
    again.close()
    assert "could not be crossed off" in caplog.text


@pytest.mark.parametrize("stored", [0, 3])
def test_stop_without_a_broker_is_quick(tmp_path, stored):
    history = History(
        tmp_path / "history.sqlite3",
        most_windows=100,
        send=lambda _message: None,
        was_heard=lambda _info: True,
    )
    history.start()
    for number in range(stored):
        history.add(window(number))
    history.stop()
    again = Waiting(tmp_path / "history.sqlite3", most_windows=100)
    assert len(again) == stored
    again.close()
