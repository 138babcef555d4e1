from __future__ import annotations

import sys
from html.parser import HTMLParser
from typing import Any

import pytest

from edge.errors import EdgeError
from edge.gate.notice import notice_page
from edge.gate.options import DeploymentOptions, PrivacyOptions

SENSORS = ("a camera", "a microphone")


def page(contact: str | None = "Ada, ada@example.org", **privacy: Any) -> str:
    notice = {"contact": contact, "acknowledged_on": "2026-11-01"} if contact else None
    deployment = DeploymentOptions.model_validate({"notice": notice})
    return notice_page(
        PrivacyOptions.model_validate({"profile": "public", **privacy}), deployment, sensors=SENSORS
    )


class Text(HTMLParser):
    """Visible text of a page, and its open tags."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br", "path"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag != "path":
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def text_of(html: str) -> str:
    parser = Text()
    parser.feed(html)
    assert not parser.open
    return " ".join(parser.text.split())


def test_the_notice_tells_what_who_and_under_which_law() -> None:
    text = text_of(page())
    for fact in (
        "a camera and a microphone",
        "every 5 minutes",
        "about 10 people or more",
        "Ada, ada@example.org",
        "Article 50(3)",
        "2026-11-01",
        "not legal advice",
    ):
        assert fact in text


def test_attention_and_moments_are_on_the_sign() -> None:
    assert "is the mood of the crowd: only" in text_of(page())
    told = text_of(page(attention=True, moments=True))
    assert "is the mood of the crowd, how many looked and when many reacted: only" in told


def test_it_carries_a_code_for_telephones_and_needs_no_network() -> None:
    html = page()
    assert "<svg" in html
    assert "http" not in html.replace("http://www.w3.org/2000/svg", "")


def test_it_can_be_made_without_the_library_for_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "segno", None)
    assert "<svg" not in page()


def test_what_the_operator_wrote_is_escaped() -> None:
    html = page("<script>alert(1)</script> & sons")
    assert "<script>" not in html
    assert "<script>alert(1)</script> & sons" in text_of(html)


def test_a_notice_without_contact_is_refused() -> None:
    with pytest.raises(EdgeError, match=r"deployment\.notice\.contact"):
        page(None)


@pytest.mark.parametrize(("window_s", "every"), [(60, "1 minutes"), (90, "90 seconds"), (600, "10 minutes")])
def test_the_window_is_told_in_plain_units(window_s: int, every: str) -> None:
    assert f"every {every}" in text_of(page(window_s=window_s))
