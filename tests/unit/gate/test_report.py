from __future__ import annotations

from typing import Any

import pytest

from edge.gate.options import Context, DeploymentOptions, PrivacyOptions
from edge.gate.report import describe
from edge.release import Profile

NOTICE = {"contact": "Ada, ada@example.org", "acknowledged_on": "2026-11-01"}


def report(**privacy: Any) -> str:
    text = describe(PrivacyOptions.model_validate(privacy), DeploymentOptions())
    return " ".join(text.split())


@pytest.mark.parametrize("profile", [Profile.PERSONAL, Profile.HOUSEHOLD])
def test_only_public_may_be_called_anonymous(profile: Profile) -> None:
    assert "May it be called anonymous? - No." in report(profile=profile)
    assert "May it be called anonymous? - Yes" in report(profile="public")


def test_the_guarantee_states_unit_epsilon_cap_k_and_window() -> None:
    text = report(profile="public", window_s=600, k=12, epsilon=0.5, windows_per_session=4, daily_epsilon=36)
    for fact in (
        "person-session",
        "epsilon 0.5 a window",
        "1.6-fold",
        "at most 4 windows",
        "at most epsilon 2 in all",
        "at most epsilon 36 (72 windows, 12 hours)",
        "Fewer than 12 people",
        "every 600 seconds",
    ):
        assert fact in text


def test_what_attention_and_moments_tell_is_said() -> None:
    plain = report(profile="public")
    assert "one vote in a window" in plain
    assert "moment" not in plain
    full = report(profile="public", attention=True, moments=True)
    for fact in (
        "the share of the people who faced the camera in steps of 0.1",
        "in which 15 seconds of the window",
        "one ballot (an emotion, whether it looked, one reaction)",
        "in an audience of 100, about 42 or more",
        "at most 5 % of windows",
    ):
        assert fact in full


def test_a_suggestion_is_told_of_in_every_profile() -> None:
    for profile in Profile:
        assert "A suggestion (ease, hold or intensify) follows from these alone." in report(profile=profile)


def test_the_default_budget_lasts_the_whole_day() -> None:
    assert "at most epsilon 288 (the whole day)" in report(profile="public")


def test_a_household_says_whether_one_person_is_enough() -> None:
    assert "A single person is never published" in report()
    assert "one person is enough" in report(single_person_agreed=True)


@pytest.mark.parametrize("context", list(Context))
def test_the_law_is_marked_as_no_legal_advice(context: Context) -> None:
    deployment = DeploymentOptions.model_validate({"context": context, "notice": NOTICE})
    text = describe(PrivacyOptions(profile=Profile.PUBLIC), deployment)
    assert "not legal advice" in text
    assert "Article" in text
    assert max(map(len, text.splitlines())) <= 96
