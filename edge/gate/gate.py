"""The gate itself: room states in, one verdict a window out, on a fixed grid of wall time."""

from __future__ import annotations

import logging
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from edge.errors import BudgetError
from edge.gate.content import ContentClock
from edge.gate.crowd import DAY_S, add_noise, crowd_mood, people_band
from edge.gate.decision import Decision, Reason, Verdict
from edge.gate.ledger import Ledger
from edge.gate.reactions import parts_of
from edge.gate.steady import SteadyLevel, SteadyState, coarse, coarse_pace, level_of
from edge.gate.suggest import Suggester
from edge.gate.tally import Tally
from edge.gate.votes import Contributions, Votes
from edge.release import Profile, Release, State

if TYPE_CHECKING:
    from pathlib import Path

    from edge.gate.options import PrivacyOptions
    from edge.signals import RoomState

_LOG: Final = logging.getLogger(__name__)

LEDGER_FILE: Final = "privacy-ledger.sqlite3"

MOST_CAUGHT_UP: Final = 12
"""Windows closed in one call at most; a larger gap means that the clock leapt, not that time passed."""
MOST_WAITED_FOR: Final = 1
"""Windows that are waited for when the clock went back; one set back further is followed at once."""


class Gate:
    """Windows of one zone under one profile.

    It holds no clock: the caller passes wall seconds. Window i spans [i, i + 1) times `window_s` since
    1970-01-01 UTC. Every window that ends yields exactly one verdict, whether or not anything was seen,
    so that cadence, keys and size tell nothing. A clock that was set back by more than a window is followed,
    so that its windows come again; in `public` the ledger hands out the same bytes for those it was paid for.

    Parameters
    ----------
    options
        The profile and its numbers.
    zone
        Name of the room, as published.
    ledger
        The privacy budget; needed for `public`.
    content
        What a screen shows; told in `public` only.

    Raises
    ------
    ValueError
        `public` without a ledger.
    """

    def __init__(
        self,
        options: PrivacyOptions,
        *,
        zone: str,
        ledger: Ledger | None = None,
        content: ContentClock | None = None,
    ) -> None:
        if (options.profile is Profile.PUBLIC) != (ledger is not None):
            raise ValueError("a ledger belongs to the profile public, and to no other")
        self._options = options
        self._zone = zone
        self._ledger = ledger
        self._content = content or ContentClock()
        self._shown: tuple[int | None, str | None, float | None] = (None, None, None)
        self._next: int | None = None
        self._tallies: dict[int, Tally] = {}
        self._votes: dict[int, Votes] = {}
        self._contributions = Contributions(
            most=options.windows_per_session, windows_a_day=math.ceil(DAY_S / options.window_s)
        )
        self._state = SteadyState(
            hysteresis=options.hysteresis, dwell_windows=math.ceil(options.dwell_s / options.window_s)
        )
        self._stress = SteadyLevel(margin=options.hysteresis)
        self._coherence = SteadyLevel(margin=options.hysteresis)
        self._suggester = Suggester(window_s=options.window_s)
        self._ledger_failed = False

    def observe(self, room: RoomState, wall_s: float) -> None:
        """Take in one room state, seen at `wall_s`; one for a window already closed is dropped."""
        window = self._window_at(wall_s)
        if self._next is None:
            self._next = window
        if window < self._next:
            return
        if self._options.profile is Profile.PUBLIC:
            if window not in self._votes:
                self._votes[window] = self._no_votes(window)
            self._votes[window].add(room, wall_s=wall_s)
        else:
            if window not in self._tallies:
                self._tallies[window] = self._no_tally()
            self._tallies[window].add(room)

    def next_close_s(self, wall_s: float) -> float:
        """Wall second at which the window that is open at `wall_s` ends."""
        return (self._window_at(wall_s) + 1) * self._options.window_s

    def spent(self, wall_s: float) -> float | None:
        """Epsilon that the windows of the UTC day have cost so far; None in profiles without a budget.

        Raises
        ------
        BudgetError
            The ledger cannot be read.
        """
        return self._ledger.spent(math.floor(wall_s / DAY_S)) if self._ledger else None

    def close_due(self, wall_s: float) -> list[Verdict]:
        """Close every window that has ended by `wall_s`, oldest first."""
        now = self._window_at(wall_s)
        if self._next is not None and self._next - now > MOST_WAITED_FOR:
            self._tallies.clear()
            self._votes.clear()
            self._next = None
        if self._next is None:
            self._next = now
        first, self._next = self._next, max(self._next, now)
        last = first + 1 if now - first > MOST_CAUGHT_UP else now
        verdicts = [self._close(window) for window in range(first, last)]
        if self._shown[0] != now:
            # Looked at as a window begins, so that nothing that happens in it has a part in what is told.
            self._shown = (now, *self._content.at(now * self._options.window_s))
        return verdicts

    def forget(self) -> None:
        """Drop all that was observed and not yet released, as when a sensor is muted."""
        self._tallies.clear()
        self._votes.clear()
        self._state.forget()
        self._stress.take(None)
        self._coherence.take(None)

    def close(self) -> None:
        """Forget everything and close the ledger."""
        self.forget()
        if self._ledger:
            self._ledger.close()

    def _window_at(self, wall_s: float) -> int:
        return math.floor(wall_s / self._options.window_s)

    def _no_votes(self, window: int) -> Votes:
        return Votes(self._options, window=window)

    def _no_tally(self) -> Tally:
        return Tally(self._options.profile, self._options.single_person_agreed)

    def _close(self, window: int) -> Verdict:
        if self._ledger:
            return self._close_public(window, self._votes.pop(window, self._no_votes(window)), self._ledger)
        return self._close_private(window, self._tallies.pop(window, self._no_tally()))

    def _close_private(self, window: int, tally: Tally) -> Verdict:
        withheld = replace(
            self._withheld(window),
            stress=self._stress.take(tally.stress.value),
            coherence=self._coherence.take(tally.coherence.value),
            breaths_per_minute=coarse_pace(tally.breaths_per_minute),
        )
        reason = self._why_withhold(tally)
        if reason is not Reason.ALLOWED:
            self._state.forget()
            return self._verdict(reason, self._with_suggestion(withheld))
        release = replace(
            withheld,
            state=State(self._state.take(tally.shares, window=window).value),
            valence=coarse(tally.valence.value),
            arousal=coarse(tally.arousal.value),
            quality=level_of(tally.quality),
        )
        return self._verdict(reason, self._with_suggestion(release))

    def _why_withhold(self, tally: Tally) -> Reason:
        is_personal = self._options.profile is Profile.PERSONAL
        if not tally.is_rightful:
            if is_personal:
                return Reason.NOT_ALONE if tally.peopled else Reason.NO_EVIDENCE
            return Reason.TOO_FEW
        return Reason.ALLOWED if tally.shares.any() else Reason.NO_EVIDENCE

    def _close_public(self, window: int, votes: Votes, ledger: Ledger) -> Verdict:
        start_s = window * int(self._options.window_s)
        try:
            outcome = ledger.once(
                zone=self._zone,
                start_s=start_s,
                end_s=start_s + int(self._options.window_s),
                epsilon=self._options.epsilon,
                daily_epsilon=self._options.daily_epsilon,
                draw=lambda: self._draw(window, votes).encode(),
            )
        except BudgetError as error:
            if not self._ledger_failed:
                _LOG.error("%s; nothing is published until it works again", error)
            self._ledger_failed = True
            outcome = Reason.LEDGER_UNUSABLE
        else:
            self._ledger_failed = False
        if isinstance(outcome, Reason):
            self._state.forget()
            nothing = replace(self._withheld(window), people=people_band(0, self._options.k), epsilon=0.0)
            return self._verdict(outcome, self._with_suggestion(nothing))
        release = Release.decode(outcome)
        is_withheld = release.state is State.INSUFFICIENT
        return self._verdict(Reason.BELOW_K if is_withheld else Reason.ALLOWED, release)

    def _draw(self, window: int, votes: Votes) -> Release:
        admitted = self._contributions.admit(votes.voters, window=window)
        counts = add_noise(votes.count(admitted), epsilon=self._options.epsilon)
        mood = crowd_mood(counts, k=self._options.k, steady=self._state, window=window)
        part_s = self._options.window_s / parts_of(self._options.window_s)
        release = replace(
            self._withheld(window),
            state=mood.state,
            valence=mood.valence,
            arousal=mood.arousal,
            quality=mood.quality,
            people=mood.people,
            shares=mood.shares,
            epsilon=self._options.epsilon,
            attention=mood.attention,
            moment=mood.moment,
            moment_s=None if mood.part is None else round(mood.part * part_s, 1),
        )
        return self._with_suggestion(release)

    def _with_suggestion(self, release: Release) -> Release:
        return replace(release, suggestion=self._suggester.take(release))

    def _withheld(self, window: int) -> Release:
        options = self._options
        release = Release(self._zone, options.profile, window, options.window_s, State.INSUFFICIENT)
        shown_from, content, content_s = self._shown
        if options.profile is not Profile.PUBLIC or shown_from != window:
            return release
        return replace(release, content=content, content_s=content_s)

    def _verdict(self, reason: Reason, release: Release) -> Verdict:
        return Verdict(release, Decision(self._zone, release.window, self._options.profile, reason))


def open_gate(
    options: PrivacyOptions, *, zone: str, state: Path, content: ContentClock | None = None
) -> Gate:
    """Open the gate of one zone; for `public`, with its ledger in the directory `state`.

    Raises
    ------
    BudgetError
        The ledger cannot be used.
    """
    is_public = options.profile is Profile.PUBLIC
    ledger = Ledger(state / LEDGER_FILE) if is_public else None
    return Gate(options, zone=zone, ledger=ledger, content=content)
