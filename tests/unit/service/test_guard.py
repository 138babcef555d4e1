from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from edge.errors import ConfigError
from edge.service.page.guard import COOKIE, Guard
from edge.service.page.options import PageOptions

TOKEN = "correct horse battery staple"


@pytest.fixture
def guarded(monkeypatch):
    monkeypatch.setenv("PAGE_TOKEN", TOKEN)
    return Guard(PageOptions(host="0.0.0.0", token_env="PAGE_TOKEN", names=("kiosk.example",)))


def test_anything_but_loopback_needs_a_token():
    with pytest.raises(ValidationError, match="could be opened by others"):
        PageOptions(host="0.0.0.0")
    assert PageOptions(host="::1").wants_token is False


def test_a_short_or_missing_token_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("PAGE_TOKEN", "short")
    with pytest.raises(ConfigError, match="16 characters"):
        Guard(PageOptions(host="0.0.0.0", token_env="PAGE_TOKEN"))
    with pytest.raises(ConfigError, match="cannot be read"):
        Guard(PageOptions(token_file=tmp_path / "nowhere"))


def test_the_token_is_read_from_a_file(tmp_path):
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    guard = Guard(PageOptions(token_file=file))
    assert guard.may_enter({"authorization": f"Bearer {TOKEN}"})


def test_the_token_opens_the_page(guarded):
    assert guarded.may_enter({"authorization": f"Bearer {TOKEN}"})
    assert guarded.may_enter({"cookie": f'{COOKIE}="{TOKEN}"'})


@given(given_token=st.text(max_size=40))
def test_no_other_token_does(given_token):
    guard = Guard.__new__(Guard)
    guard._token = TOKEN
    assert guard.is_token(given_token) == (given_token == TOKEN)


@pytest.mark.parametrize(
    "headers", [{}, {"authorization": "Bearer "}, {"cookie": "a=b"}, {"cookie": ";;=\x00"}]
)
def test_without_it_the_page_stays_shut(guarded, headers):
    assert not guarded.may_enter(headers)


@pytest.mark.parametrize("host", ["localhost:8377", "127.0.0.1", "[::1]:8377"])
def test_loopback_names_are_known(host):
    assert Guard(PageOptions()).knows_host({"host": host})


@pytest.mark.parametrize("host", ["", "evil.example", "localhost.evil.example", "192.168.1.9:8377", "[::1"])
def test_a_foreign_name_that_resolves_here_gets_nothing(host):
    assert not Guard(PageOptions()).knows_host({"host": host} if host else {})


def test_other_names_when_it_is_open_to_the_network(guarded):
    assert guarded.knows_host({"host": "192.168.1.9:8377"})
    assert guarded.knows_host({"host": "kiosk.example"})
    assert not guarded.knows_host({"host": "evil.example"})


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        ({"host": "localhost:1", "origin": "http://localhost:1"}, True),
        ({"host": "localhost:1", "sec-fetch-site": "same-origin"}, True),
        ({"host": "localhost:1"}, True),
        ({"host": "localhost:1", "origin": "http://localhost:2"}, False),
        ({"host": "localhost:1", "origin": "null"}, False),
        ({"host": "localhost:1", "sec-fetch-site": "cross-site"}, False),
        ({"host": "localhost:1", "sec-fetch-site": "same-site"}, False),
    ],
)
def test_only_the_page_itself_changes_something(headers, own):
    assert Guard(PageOptions()).comes_from_the_page(headers) is own
