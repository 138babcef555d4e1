"""The owner's choices on privacy and on the place of deployment; unsafe ones are refused."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, StringConstraints, ValidationInfo, field_validator

from edge.gate.profiles import (
    LARGEST_EPSILON,
    LARGEST_SESSION_EPSILON,
    LEAST_EPSILON,
    LEAST_K,
    LONGEST_WINDOW_S,
    PROMISES,
)
from edge.options import Options
from edge.release import Profile

_PUBLIC_DEFAULTS: Final[dict[str, float | bool]] = {
    "k": 10,
    "epsilon": 1.0,
    "windows_per_session": 1,
    "daily_epsilon": 288.0,
    "attention": False,
    "moments": False,
}


class PrivacyOptions(Options):
    """What may leave, how coarse, and at what cost; defaults follow the profile."""

    profile: Profile = Profile.HOUSEHOLD
    """How far a publication may go."""
    window_s: float = Field(default=None, validate_default=True)
    """Seconds that one release speaks for."""
    dwell_s: float = Field(default=None, validate_default=True)
    """Least seconds a published state stays before another replaces it."""
    hysteresis: Annotated[float, Field(ge=0.0, le=0.5)] = 0.1
    """Lead in share that a new state needs over the one that was published."""
    single_person_agreed: bool = False
    """Household only: whoever may be alone in the room has agreed to being published."""
    k: int = Field(default=None, validate_default=True)
    """Public only: least noisy number of people in a window that is published."""
    epsilon: float = Field(default=None, validate_default=True)
    """Public only: privacy loss of one window."""
    windows_per_session: int = Field(default=None, validate_default=True)
    """Public only: windows that one person-session may enter, after which it is no longer counted."""
    daily_epsilon: float = Field(default=None, validate_default=True)
    """Public only: privacy loss of all windows of a day together; nothing is published once it is spent."""

    attention: bool = Field(default=None, validate_default=True)
    """Public only: publish which share of the people looked; the rest becomes noisier at the same epsilon."""
    moments: bool = Field(default=None, validate_default=True)
    """Public only: publish when many react together, at the same cost; it takes some 100 people a window."""

    @field_validator("window_s", "dwell_s", mode="before")
    @classmethod
    def _default_of_the_profile(cls, value: Any, info: ValidationInfo) -> Any:
        promise = PROMISES[info.data.get("profile", Profile.HOUSEHOLD)]
        return getattr(promise, str(info.field_name)) if value is None else value

    @field_validator(
        "k", "epsilon", "windows_per_session", "daily_epsilon", "attention", "moments", mode="before"
    )
    @classmethod
    def _public_only(cls, value: Any, info: ValidationInfo) -> Any:
        profile = info.data.get("profile", Profile.PUBLIC)
        if value is None:
            return _PUBLIC_DEFAULTS[str(info.field_name)]
        if profile is not Profile.PUBLIC:
            raise ValueError(
                f"only the profile public heeds it, not {profile}; remove it, or set profile: public"
            )
        return value

    @field_validator("window_s")
    @classmethod
    def _long_enough(cls, window_s: float, info: ValidationInfo) -> float:
        profile = info.data.get("profile", Profile.PERSONAL)
        least_s = PROMISES[profile].least_window_s
        if not least_s <= window_s <= LONGEST_WINDOW_S:
            raise ValueError(
                f"the profile {profile} takes {least_s:g} to {LONGEST_WINDOW_S:g} seconds, got {window_s:g}"
            )
        if profile is Profile.PUBLIC and not window_s.is_integer():
            raise ValueError("the profile public takes whole seconds")
        return window_s

    @field_validator("dwell_s")
    @classmethod
    def _dwell_in_range(cls, dwell_s: float) -> float:
        if not 0.0 <= dwell_s <= LONGEST_WINDOW_S:
            raise ValueError(f"0 to {LONGEST_WINDOW_S:g} seconds, got {dwell_s:g}")
        return dwell_s

    @field_validator("single_person_agreed")
    @classmethod
    def _agreed_in_a_household(cls, agreed: bool, info: ValidationInfo) -> bool:
        profile = info.data.get("profile", Profile.HOUSEHOLD)
        if agreed and profile is not Profile.HOUSEHOLD:
            raise ValueError(f"it belongs to the profile household and has no place in {profile}; remove it")
        return agreed

    @field_validator("k")
    @classmethod
    def _enough_people(cls, k: int) -> int:
        if k < LEAST_K:
            raise ValueError(
                f"fewer than {LEAST_K} people are never published; set {LEAST_K} or more, 10 is advised"
            )
        return k

    @field_validator("epsilon")
    @classmethod
    def _small_epsilon(cls, epsilon: float) -> float:
        if not LEAST_EPSILON <= epsilon <= LARGEST_EPSILON:
            raise ValueError(
                f"{LEAST_EPSILON:g} to {LARGEST_EPSILON:g} a window, got {epsilon:g}; smaller protects more"
            )
        return epsilon

    @field_validator("windows_per_session")
    @classmethod
    def _few_windows(cls, windows: int, info: ValidationInfo) -> int:
        if windows < 1:
            raise ValueError("at least 1 window")
        epsilon = info.data.get("epsilon", 0.0)
        if windows * epsilon > LARGEST_SESSION_EPSILON:
            raise ValueError(
                f"{windows} windows at epsilon {epsilon:g} let one session lose {windows * epsilon:g}, "
                f"more than {LARGEST_SESSION_EPSILON:g}; lower epsilon or the number of windows"
            )
        return windows

    @field_validator("daily_epsilon")
    @classmethod
    def _covers_a_session(cls, daily_epsilon: float, info: ValidationInfo) -> float:
        needed = info.data.get("epsilon", 0.0) * info.data.get("windows_per_session", 1)
        if daily_epsilon < needed:
            raise ValueError(f"less than one session may lose ({needed:g}); raise it, or lower epsilon")
        return daily_epsilon


class Context(StrEnum):
    """Where the device stands, in the terms of the EU AI Act."""

    HOME = "home"
    PUBLIC_SPACE = "public_space"
    RESEARCH = "research"
    MEDICAL_OR_SAFETY = "medical_or_safety"


_FORBIDDEN_CONTEXTS: Final = frozenset(
    {"workplace", "work", "office", "factory", "recruitment", "education", "school", "university"}
)


def _stripped(value: Any) -> Any:
    """Without white space at either end; the library's own stripping leaves separators (U+001C to U+001F)."""
    return value.strip() if isinstance(value, str) else value


class Notice(Options):
    """The operator's word that people are told before they are sensed."""

    contact: Annotated[str, BeforeValidator(_stripped), StringConstraints(min_length=3, max_length=200)]
    """Whom people can ask: a name with a mail address, telephone number or web page."""
    acknowledged_on: date
    """The day on which the operator put the notice up."""


class DeploymentOptions(Options):
    """Where the device stands and what for."""

    context: Context = Context.HOME
    """The kind of place; workplaces and places of education are refused."""
    commercial: bool = False
    """Whether the use earns money; models whose terms forbid that are refused then."""
    notice: Notice | None = Field(default=None, validate_default=True)
    """Needed in a public space."""

    @field_validator("context", mode="before")
    @classmethod
    def _lawful(cls, context: Any) -> Any:
        if str(context).strip().lower() in _FORBIDDEN_CONTEXTS:
            raise ValueError(
                "inferring emotions in a workplace or a place of education is prohibited by Article 5(1)(f) "
                "of the EU AI Act (Regulation 2024/1689), applicable since 2 February 2025; edge-affect does "
                "not run there (not legal advice)"
            )
        return context

    @field_validator("notice")
    @classmethod
    def _told_in_public(cls, notice: Notice | None, info: ValidationInfo) -> Notice | None:
        if notice is None and info.data.get("context") is Context.PUBLIC_SPACE:
            raise ValueError(
                "a public space needs a notice where people enter (EU AI Act Article 50(3)): set "
                "notice.contact and notice.acknowledged_on, print it with `edge-affect privacy notice`, "
                "and put it up"
            )
        return notice


def conflicts(
    privacy: PrivacyOptions, deployment: DeploymentOptions, *, cameras: int = 1, microphones: int = 1
) -> list[tuple[str, str]]:
    """Tell what is wrong between the parts, as (key, message); a configuration with any is refused.

    One person seen by two cameras would be taken for two, which `household` must not publish and whose two
    votes would break the guarantee of `public`.
    """
    found = []
    if deployment.context is Context.PUBLIC_SPACE and privacy.profile is not Profile.PUBLIC:
        message = f"{privacy.profile} publishes single people, which must not be in a public space"
        found.append(("privacy.profile", f"{message}; set profile: public"))
    counts_people = privacy.profile is Profile.PUBLIC or (
        privacy.profile is Profile.HOUSEHOLD and not privacy.single_person_agreed
    )
    for number, kind in ((cameras, "cameras"), (microphones, "microphones")):
        if counts_people and number > 1:
            message = f"{number} {kind} may take one person for {number}, and {privacy.profile} counts people"
            found.append(("sources", f"{message}; use one, or a device for each zone"))
    return found
