"""Leading a wearer through minutes of rest and through paces of breath, in the terminal."""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import TYPE_CHECKING, Final

from edge.capture import make_sources
from edge.capture.sensors import Sensors
from edge.capture.supervisor import SourceState
from edge.capture.wearer import WearerOptions
from edge.config.derived import consent_path, needs_consent
from edge.errors import BaselineError
from edge.gate.consent import ConsentStore
from edge.inference import ModelStore
from edge.physiology.baseline import Baseline
from edge.physiology.beats import judge_from
from edge.physiology.body import Organ
from edge.physiology.breathing import PACES_PER_MIN, TRIAL_S, pacer
from edge.physiology.reader import BEATS_MODEL
from edge.physiology.rest import GOOD, LEAST_S, PATIENCE, ResonanceSweep, RestMeasure
from edge.signals import AudioChunk, VideoFrame

if TYPE_CHECKING:
    from edge.capture.supervisor import SourceStatus
    from edge.clock import Clock
    from edge.config.schema import Config
    from edge.signals import Sample

LINE_EVERY_S: Final = 30.0
"""Where nobody watches, as in a pipe, progress is told this often."""
JOIN_S: Final = 120.0
"""How long sensors may take to be found."""

_PACER_S: Final = 0.1
_BAR: Final = 30
_HINTS: Final = {
    Organ.HEART: "moisten the electrodes, tighten the strap",
    Organ.SKIN: "press the electrodes on, keep the hand still",
}
_TROUBLE: Final = frozenset({SourceState.FAILED, SourceState.STALE, SourceState.MUTED})


class Guide:
    """Leads one wearer through the rest and, if wanted, through the paces of breath.

    Raises
    ------
    ConsentError
        Nobody agreed to one of the wearer's sensors.
    ModelError
        The detector of beats cannot be used.
    """

    def __init__(
        self, config: Config, wearer: str, *, seconds: float, clock: Clock, earlier: Baseline | None
    ) -> None:
        self._config = config
        self._clock = clock
        self._names = [
            name
            for name, one in config.sources.items()
            if isinstance(one, WearerOptions) and one.wearer == wearer
        ]
        self._consents = ConsentStore(consent_path(config))
        for name in self._names:
            if needs_consent(config, name):
                self._consents.require(name, now_s=clock.wall_s())
        store = ModelStore(config.inference.models, trusted_key=config.inference.trusted_key)
        judge = judge_from(store.load(BEATS_MODEL, runtime=config.inference.runtime))
        self._seconds = seconds
        self._earlier = earlier
        self._rest: RestMeasure = RestMeasure(judge, seconds=seconds)
        self._sweep: ResonanceSweep | None = None
        self._wants_sweep = False
        self._over = asyncio.Event()
        self._stopped = False
        self._is_watched = sys.stdout.isatty()
        self._told_s = 0.0

    async def lead(self, *, resonance: bool) -> bool:
        """Run until everything is measured or no more can come; False when the wearer stopped it."""
        self._wants_sweep = resonance
        if not self._clock.is_virtual:
            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, self._stop)
        self._say(
            f"Sit still, breathe as you like, do not talk: {_clock_face(self._seconds)} of good signal from "
            f"{', '.join(self._names)}."
        )
        sensors = Sensors(
            make_sources({name: self._config.sources[name] for name in self._names}, clock=self._clock),
            clock=self._clock,
            mute=self._config.mute,
            is_agreed=self._is_agreed,
            deliver=self._take,
            on_status=self._note,
            on_muted=lambda _: None,
        )
        longest_s = JOIN_S + PATIENCE * self._seconds
        longest_s += 2 * TRIAL_S * len(PACES_PER_MIN) if resonance else 0.0
        deadline_s = self._clock.now_s() + longest_s
        async with asyncio.TaskGroup() as group:
            endings = [
                group.create_task(sensors.run()),
                group.create_task(self._until_over()),
                group.create_task(self._clock.sleep_until(deadline_s)),
            ]
            bar = group.create_task(self._show_pace())
            await asyncio.wait(endings, return_when=asyncio.FIRST_COMPLETED)
            for task in (*endings, bar):
                task.cancel()
        return not self._stopped

    def result(self) -> Baseline:
        """What was measured.

        Raises
        ------
        BaselineError
            Too little of it was good.
        """
        rest = self._rest.baseline()
        good_s = self._rest.progress.good_s
        found = ", ".join(f"{organ} {_clock_face(seconds)}" for organ, seconds in good_s.items()) or "nothing"
        if rest is None:
            raise BaselineError(
                f"too little good rest: {found}; {_clock_face(LEAST_S)} are needed, nothing was kept"
            )
        self._say(f"Rest was measured: {found}.")
        for organ in Organ:
            if good_s.get(organ, 0.0) < LEAST_S:
                self._say(f"Of the {organ} there was too little; it is compared with people at large.")
        pace = self._earlier.breaths_per_minute if self._earlier else None
        if self._wants_sweep:
            own = self._sweep.resonance_per_min() if self._sweep else None
            own = round(own, 1) if own else None
            pace = own or pace
            # A pipe may end in a journal, and what is personal is not for keeping there.
            told = f"Your pace is {own} breaths a minute." if self._is_watched else "A pace was found."
            self._say(told if own else "No pace was found: too little of the heart's signal was good.")
        return Baseline(rest.rest, pace)

    def _stop(self) -> None:
        self._stopped = True
        self._over.set()

    def _is_agreed(self, name: str) -> bool:
        return not needs_consent(self._config, name) or self._consents.holds(name, now_s=self._clock.wall_s())

    async def _until_over(self) -> None:
        await self._over.wait()

    async def _take(self, _: str, sample: Sample) -> None:
        if isinstance(sample, VideoFrame | AudioChunk):
            return
        if self._sweep is not None:
            pace = self._sweep.pace_per_min
            self._sweep.take(sample)
            if self._sweep.is_done:
                self._over.set()
            elif self._sweep.pace_per_min != pace:
                self._say(f"Now {self._sweep.pace_per_min:g} breaths a minute.")
            return
        self._rest.take(sample)
        if not self._rest.is_done:
            self._tell_progress()
        elif self._wants_sweep and self._rest.baseline() is not None:
            self._sweep = ResonanceSweep(self._rest.body)
            pace = self._sweep.pace_per_min
            self._say(f"Now breathe with the bar, two minutes a pace: {pace:g} breaths a minute.")
        else:
            self._over.set()

    def _note(self, status: SourceStatus) -> None:
        if status.state in _TROUBLE:
            self._say(f"{status.name}: {status.detail or 'sends nothing; is it worn?'}")

    def _tell_progress(self) -> None:
        progress = self._rest.progress
        if progress.elapsed_s < self._told_s or not progress.good_s:
            return
        self._told_s = progress.elapsed_s + (1.0 if self._is_watched else LINE_EVERY_S)
        done_s = min(progress.good_s.values())
        parts = [f"{_clock_face(done_s)} of {_clock_face(self._seconds)}"]
        parts += [_in_words(organ, quality) for organ, quality in progress.quality.items()]
        self._say("  ".join(parts), passing=True)

    async def _show_pace(self) -> None:
        """Show a bar that fills and empties with the breath, where somebody watches."""
        began_s, pace = self._clock.now_s(), 0.0
        while self._is_watched:
            if self._sweep is not None:
                if self._sweep.pace_per_min != pace:
                    began_s, pace = self._clock.now_s(), self._sweep.pace_per_min
                self._say("#" * round(pacer(self._clock.now_s() - began_s, pace) * _BAR), passing=True)
            await self._clock.sleep_until(self._clock.now_s() + _PACER_S)

    def _say(self, line: str, *, passing: bool = False) -> None:
        """Print a line; a passing one is overwritten by the next where somebody watches."""
        if self._is_watched:
            print(f"\r\x1b[K{line}", end="" if passing else "\n", flush=True)
        else:
            print(line, flush=True)


def _in_words(organ: Organ, quality: float) -> str:
    if quality >= GOOD:
        return f"{organ} good"
    return f"{organ} weak ({_HINTS[organ]})"


def _clock_face(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
