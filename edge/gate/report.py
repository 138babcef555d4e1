"""`privacy report`: the guarantee of a configuration in plain sentences."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, Final

from edge.gate.crowd import scales
from edge.gate.options import Context
from edge.gate.profiles import PROMISES
from edge.gate.reactions import parts_of, threshold
from edge.release import PAYLOAD_BYTES, Profile

if TYPE_CHECKING:
    from edge.gate.options import DeploymentOptions, PrivacyOptions

_WIDTH: Final = 96
_DAY_S: Final = 86_400
_HOUR_S: Final = 3_600
_AN_AUDIENCE: Final = 100

_PLACES: Final = {
    Context.HOME: "at home",
    Context.PUBLIC_SPACE: "in a public space",
    Context.RESEARCH: "in research",
    Context.MEDICAL_OR_SAFETY: "for medical or safety reasons",
}

_CONTENT: Final = {
    Profile.PERSONAL: """the dominant state, valence and arousal in steps of 0.25, bands of stress, of quality
        and of how the heart follows a paced breath, the pace of that breath""",
    Profile.HOUSEHOLD: "the dominant state, valence and arousal in steps of 0.25, a band of quality",
    Profile.PUBLIC: """the dominant state, shares of the eight emotions in steps of 0.1, valence and
        arousal in
        steps of 0.25, a band of quality, a band of the number of people, the privacy budget it cost""",
}

_NEVER: Final = """Never leaves and is never written to disk: pictures, sound, heart and skin signals,
        features
    or embeddings of them, readings of one sensor, tokens of a face, voice or wearer."""

_LEGAL: Final = {
    Context.HOME: """A person who uses this at home for private ends is not a deployer under the EU AI Act
        (Article 3(4)). Guests should still be told.""",
    Context.PUBLIC_SPACE: """Whoever is exposed must be told at the first exposure at the latest (EU AI Act,
        Article 50(3), applicable since 2 August 2026). Emotion recognition is high-risk (Annex III, point
        1(c),
        reported to apply from 2 December 2027). A data protection impact assessment is advised.""",
    Context.RESEARCH: """Heart and skin signals that tell of stress may be data concerning health (GDPR,
        Article 9): get explicit consent.""",
    Context.MEDICAL_OR_SAFETY: """In workplaces and education only medical or safety reasons are exempt
        from the
        prohibition of the EU AI Act, Article 5(1)(f): have the reason checked and written down.""",
}

_ALWAYS_OPEN: Final = (
    "Someone who watches the room sees and hears more than this device tells.",
    "The broker and the network see that a device is there, and its address.",
    "Whoever has administrator rights on this device can change it.",
)


def describe(privacy: PrivacyOptions, deployment: DeploymentOptions) -> str:
    """Say what leaves, at what grain, what is protected, what is not, and which words may be used."""
    sections = {
        "What leaves": (_what_leaves(privacy), _NEVER),
        "What is protected": _PROTECTED[privacy.profile](privacy),
        "What is not protected": (*_not_protected(privacy), *_ALWAYS_OPEN),
        "May it be called anonymous?": (_words(privacy.profile),),
        "The law (not legal advice)": (_LEGAL[deployment.context],),
    }
    lines = [f"Profile {privacy.profile}, {_PLACES[deployment.context]}"]
    for title, sentences in sections.items():
        lines += ["", title]
        for sentence in sentences:
            words = " ".join(sentence.split())
            lines.append(textwrap.fill(words, _WIDTH, initial_indent="  - ", subsequent_indent="    "))
    return "\n".join(lines) + "\n"


def _what_leaves(privacy: PrivacyOptions) -> str:
    return f"""One message of {PAYLOAD_BYTES} bytes every {privacy.window_s:g} seconds on a fixed grid,
        whether
        anybody is there or not: {_content(privacy)}. A suggestion
        (ease, hold or intensify) follows from these alone. What may not be said is `insufficient`.
        Lamps, the
        local page and the command line show the same. Beside it only whether the device and its sensors
        work."""


def _content(privacy: PrivacyOptions) -> str:
    more = []
    if privacy.attention:
        more.append("the share of the people who faced the camera in steps of 0.1")
    if privacy.moments:
        part_s = privacy.window_s / parts_of(privacy.window_s)
        more.append(f"what many changed to together, and in which {part_s:.3g} seconds of the window")
    if privacy.profile is Profile.PUBLIC:
        more.append("what a player, if any, said it showed when the window began")
    return ", ".join([_CONTENT[privacy.profile], *more])


def _words(profile: Profile) -> str:
    promise = PROMISES[profile]
    if profile is Profile.PUBLIC:
        return f"Yes, as “{promise.may_say}”, with the numbers above beside the words."
    return f"No. It may be called “{promise.may_say}”, never {promise.may_not_say}."


def _protected_personal(privacy: PrivacyOptions) -> tuple[str, ...]:
    return (
        """Whoever is not the wearer: when a second person is surely in view or earshot for more than half
        of a
        window, its state is withheld. Stress comes from the wearable alone.""",
        f"Short moments: nothing finer than {privacy.window_s:g} seconds leaves.",
    )


def _protected_household(privacy: PrivacyOptions) -> tuple[str, ...]:
    agreed = "Whoever may be alone in the room has agreed to being published, so one person is enough."
    alone = """A single person is never published: a window needs two people at least, surely told apart,
        in half
        of its observations. Being alone looks like an empty room."""
    return (
        agreed if privacy.single_person_agreed else alone,
        f"Short moments: nothing finer than {privacy.window_s:g} seconds leaves.",
    )


def _protected_public(privacy: PrivacyOptions) -> tuple[str, ...]:
    windows = "one window" if privacy.windows_per_session == 1 else f"{privacy.windows_per_session} windows"
    return (
        f"""The unit is the person-session, from a face's arrival in view until it is lost. Its presence
        and its
        mood are protected by differential privacy with epsilon {privacy.epsilon:g} a window: who sees a
        message can
        raise the odds of any guess about a session at most {math.exp(privacy.epsilon):.2g}-fold.""",
        f"""A session has one {_ballot(privacy)} in a window and votes in at most {windows}, so it loses at
        most epsilon {privacy.epsilon * privacy.windows_per_session:g} in all.""",
        f"""All windows of a day together cost at most epsilon {privacy.daily_epsilon:g}
        ({_reach(privacy)}); after
        that only `insufficient` leaves until midnight UTC. A restart refills nothing.""",
        f"Fewer than {privacy.k} people, by the noisy count, are `insufficient`.",
        *_moments(privacy),
        "Noise is drawn once a window; a retry or reconnect sends the same bytes.",
    )


def _ballot(privacy: PrivacyOptions) -> str:
    parts = ["an emotion"]
    parts += ["whether it looked"] * privacy.attention + ["one reaction"] * privacy.moments
    return "vote" if len(parts) == 1 else f"ballot ({', '.join(parts)})"


def _moments(privacy: PrivacyOptions) -> tuple[str, ...]:
    if not privacy.moments:
        return ()
    least = math.ceil(_least_reacting(privacy))
    return (
        f"""A moment is published when more react alike at once than chance explains: in an audience of
        {_AN_AUDIENCE}, about {least} or more. Where nobody reacts together, at most 5 % of windows show
        one.""",
    )


def _least_reacting(privacy: PrivacyOptions) -> float:
    scale = scales(privacy.epsilon, attention=privacy.attention, moments=True).cell
    return threshold(people=_AN_AUDIENCE, later_parts=parts_of(privacy.window_s) - 1, scale=float(scale))


_PROTECTED: Final = {
    Profile.PERSONAL: _protected_personal,
    Profile.HOUSEHOLD: _protected_household,
    Profile.PUBLIC: _protected_public,
}


def _not_protected(privacy: PrivacyOptions) -> tuple[str, ...]:
    if privacy.profile is Profile.PERSONAL:
        return ("The wearer: the messages speak of this one person.",)
    if privacy.profile is Profile.HOUSEHOLD:
        people = "one person was" if privacy.single_person_agreed else "two people were"
        return (f"The household: readers learn its mood as a whole, and that at least {people} there.",)
    return (
        "A person who leaves the view and comes back is a new session, as the device recognises nobody.",
        "That many people are there, in bands: this is published on purpose.",
        *(["That much of an audience reacted at once: this is published on purpose."] * privacy.moments),
        "What holds of the whole crowd, and so of each in it.",
    )


def _reach(privacy: PrivacyOptions) -> str:
    windows = math.floor(privacy.daily_epsilon / privacy.epsilon + 1e-9)
    if windows * privacy.window_s >= _DAY_S:
        return "the whole day"
    return f"{windows} windows, {windows * privacy.window_s / _HOUR_S:.3g} hours"
