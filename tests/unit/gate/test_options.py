from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from edge.gate.options import DeploymentOptions, Notice, PrivacyOptions, conflicts
from edge.release import Profile


@pytest.mark.parametrize(
    ("profile", "window_s", "dwell_s"), [("personal", 5, 5), ("household", 10, 10), ("public", 300, 0)]
)
def test_defaults_follow_the_profile(profile: str, window_s: float, dwell_s: float) -> None:
    options = PrivacyOptions.model_validate({"profile": profile})
    assert (options.window_s, options.dwell_s) == (window_s, dwell_s)
    assert (options.k, options.epsilon, options.windows_per_session) == (10, 1.0, 1)


@pytest.mark.parametrize(
    ("keys", "key", "message"),
    [
        ({"profile": "household", "window_s": 9}, "window_s", "10 to 86400"),
        ({"profile": "public", "window_s": 59}, "window_s", "60 to 86400"),
        ({"profile": "public", "window_s": 90.5}, "window_s", "whole seconds"),
        ({"profile": "personal", "window_s": 0.5}, "window_s", "1 to 86400"),
        ({"profile": "public", "k": 4}, "k", "fewer than 5"),
        ({"profile": "public", "epsilon": 2}, "epsilon", "0.01 to 1"),
        ({"profile": "public", "epsilon": 0}, "epsilon", "0.01 to 1"),
        ({"profile": "public", "windows_per_session": 4}, "windows_per_session", "lose 4"),
        ({"profile": "public", "windows_per_session": 0}, "windows_per_session", "at least 1"),
        ({"profile": "public", "daily_epsilon": 0.5}, "daily_epsilon", "less than one session"),
        ({"profile": "household", "k": 10}, "k", "only the profile public"),
        ({"epsilon": 1.0}, "epsilon", "only the profile public"),
        ({"attention": True}, "attention", "only the profile public"),
        ({"profile": "personal", "moments": False}, "moments", "only the profile public"),
        ({"profile": "public", "single_person_agreed": True}, "single_person_agreed", "household"),
        ({"profile": "personal", "single_person_agreed": True}, "single_person_agreed", "household"),
        ({"hysteresis": 0.6}, "hysteresis", "less than or equal to 0.5"),
        ({"dwell_s": -1}, "dwell_s", "0 to 86400"),
        ({"window": 10}, "window", "not permitted"),
        ({"profile": "secret"}, "profile", "'household'"),
    ],
)
def test_unsafe_settings_are_refused_at_their_key(keys: dict[str, Any], key: str, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        PrivacyOptions.model_validate(keys)
    assert [error["loc"] for error in caught.value.errors()] == [(key,)]
    assert message in caught.value.errors()[0]["msg"]


@pytest.mark.parametrize("context", ["workplace", "education", "Office", " school "])
def test_workplace_and_education_are_refused_with_the_article(context: str) -> None:
    with pytest.raises(ValidationError, match=r"Article 5\(1\)\(f\)"):
        DeploymentOptions.model_validate({"context": context})


def test_a_public_space_needs_a_notice() -> None:
    with pytest.raises(ValidationError, match=r"Article 50\(3\)"):
        DeploymentOptions.model_validate({"context": "public_space"})
    notice = {"contact": "Ada, ada@example.org", "acknowledged_on": "2026-11-01"}
    assert DeploymentOptions.model_validate({"context": "public_space", "notice": notice}).notice


def test_a_public_space_takes_the_public_profile_alone() -> None:
    notice = {"contact": "Ada, ada@example.org", "acknowledged_on": "2026-11-01"}
    deployment = DeploymentOptions.model_validate({"context": "public_space", "notice": notice})
    assert not conflicts(PrivacyOptions(profile=Profile.PUBLIC), deployment)
    for profile in (Profile.HOUSEHOLD, Profile.PERSONAL):
        assert [key for key, _ in conflicts(PrivacyOptions(profile=profile), deployment)] == [
            "privacy.profile"
        ]
        assert not conflicts(PrivacyOptions(profile=profile), DeploymentOptions())


@pytest.mark.parametrize("number", [{"cameras": 2}, {"microphones": 3}])
def test_what_counts_people_takes_one_camera_and_one_microphone(number: dict[str, int]) -> None:
    for privacy in (PrivacyOptions(), PrivacyOptions(profile=Profile.PUBLIC)):
        assert [key for key, _ in conflicts(privacy, DeploymentOptions(), **number)] == ["sources"]
    for privacy in (PrivacyOptions(single_person_agreed=True), PrivacyOptions(profile=Profile.PERSONAL)):
        assert not conflicts(privacy, DeploymentOptions(), **number)


@pytest.mark.parametrize("around", [" ", "\t", "\x1f", "\u2003"])
def test_the_contact_loses_what_stands_around_it(around: str) -> None:
    notice = Notice.model_validate({"contact": f"{around}Ada, Oslo{around}", "acknowledged_on": "2026-11-01"})
    assert notice.contact == "Ada, Oslo"
    with pytest.raises(ValidationError, match="at least 3"):
        Notice.model_validate({"contact": f"Al{around}", "acknowledged_on": "2026-11-01"})
