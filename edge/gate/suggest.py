"""What an experience that adapts may do next: ease, hold or intensify."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from edge.release import Level, Profile, State, Suggestion

if TYPE_CHECKING:
    from edge.release import Release

DWELL_S: Final = 30.0
"""A suggestion stays this long at least; an adaptation that follows every window unsettles people."""

_STEP: Final = 0.25
"""Of valence and arousal, as they are published."""

_TENTH: Final = 0.1
_FEW_LOOK: Final = 0.3
_DISTRESS: Final = frozenset({State.SADNESS, State.ANGER, State.DISGUST, State.FEAR, State.CONTEMPT})
_STRAINED: Final = frozenset({Level.MEDIUM, Level.HIGH})


class Suggester:
    """Steers between strain and boredom.

    Chanel, Rebetez, Bétrancourt and Pun (2011), "Emotion assessment from physiological signals for
    adaptation of game difficulty", IEEE Trans. Syst. Man Cybern. A 41:1052-1063, keep players engaged
    between boredom, which too easy a game brings, and anxiety, which too hard a one brings. Two of the
    three heuristics of Gilleade, Dix and Allanson (2005), "Affective videogames and modes of affective
    gaming: assist me, challenge me, emote me", DiGRA, name what to do: assist (`ease`) and challenge
    (`intensify`).

    - `ease`: stress is high, or the mood is unpleasant and aroused (valence at most -0.25, arousal at
      least 0.25).
    - `intensify`: valence at most 0, nobody strained or in distress, and the mood is calm (arousal at
      most -0.25), or at most 0.3 of an audience look, or its faces rest: `neutral` at the origin.
    - `hold`: everything else that is known. Stress alone, without a mood, eases or holds.

    A suggestion that is held gives way only when the numbers are one step (0.25, a band of stress, 0.1 of
    attention) beyond those that brought it, and not before `DWELL_S`. A withheld window is `unknown` at
    once.

    Deviations: the papers classify a player's signals; here only the coarse numbers that leave anyway are
    used, so that a suggestion tells nothing more and costs no privacy budget. Fatigue from a level that
    is held for long is the game's to know.

    Parameters
    ----------
    window_s
        Seconds that one release speaks for.
    """

    def __init__(self, *, window_s: float) -> None:
        self._dwell_windows = math.ceil(DWELL_S / window_s)
        self._held = Suggestion.UNKNOWN
        self._since = 0

    def take(self, release: Release) -> Suggestion:
        """Choose the suggestion of a release, of which only the published numbers are looked at."""
        if release.valence is None and release.stress is Level.UNKNOWN:
            self._held = Suggestion.UNKNOWN
            return self._held
        wanted = self._wanted(release)
        is_young = 0 <= release.window - self._since < self._dwell_windows
        if wanted is not self._held and (self._held is Suggestion.UNKNOWN or not is_young):
            self._held, self._since = wanted, release.window
        return self._held

    def _wanted(self, release: Release) -> Suggestion:
        if _is_strained(release, slack=int(self._held is Suggestion.EASE)):
            return Suggestion.EASE
        if _is_bored(release, slack=int(self._held is Suggestion.INTENSIFY)):
            return Suggestion.INTENSIFY
        return Suggestion.HOLD


def _is_strained(release: Release, *, slack: int) -> bool:
    if release.stress is Level.HIGH or (slack and release.stress is Level.MEDIUM):
        return True
    if release.valence is None or release.arousal is None:
        return False
    return release.valence <= (slack - 1) * _STEP and release.arousal >= (1 - slack) * _STEP


def _is_bored(release: Release, *, slack: int) -> bool:
    if release.valence is None or release.valence > slack * _STEP:
        return False
    if release.stress in _STRAINED or release.state in _DISTRESS:
        return False
    is_calm = release.arousal is not None and release.arousal <= (slack - 1) * _STEP
    few_look = release.attention is not None and release.attention <= _FEW_LOOK + slack * _TENTH + 1e-9
    return is_calm or few_look or _rests(release)


def _rests(release: Release) -> bool:
    # The arousal of a crowd comes from its faces alone, which show no calm below neutral.
    is_neutral = release.profile is Profile.PUBLIC and release.state is State.NEUTRAL
    return is_neutral and release.valence == 0 and release.arousal == 0
