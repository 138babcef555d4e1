"""Sound of one source in, readings out: who speaks with which emotion, never what."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.signals import AUDIO_RATE_HZ, Affect, Modality
from edge.speech.activity import DELAY_BLOCKS, VoiceActivity, thresholds
from edge.speech.adaptation import RunningNormalisation
from edge.speech.frontend import BLOCK_FRAMES, FRAME_RATE_HZ, HOP, Frames, FrontEnd
from edge.speech.functionals import functionals
from edge.speech.nets import VoiceNets
from edge.speech.pitch import PITCH_FRAME
from edge.speech.quality import reading_quality
from edge.speech.utterance import Utterance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.inference import ModelStore, Runtime
    from edge.signals import AudioChunk
    from edge.speech.options import SpeechOptions

ACTIVITY_MODEL: Final = "voice_activity"
READ_EVERY_S: Final = 1.0
FORGET_AFTER_S: Final = 60.0
"""A pause this long may mean another speaker: the running normalisation starts anew."""
TAIL: Final = (DELAY_BLOCKS + 1) * BLOCK_FRAMES * HOP + PITCH_FRAME
"""Samples of silence after which the last of the sound has been judged."""

_GAP_S: Final = 0.05
_FULL_SCALE: Final = 0.999
_BLOCK_S: Final = BLOCK_FRAMES / FRAME_RATE_HZ


@dataclass(frozen=True, slots=True, eq=False)
class VoiceReading:
    """What the net says of an utterance: calibrated `probabilities` over its own labels."""

    start_s: float
    end_s: float
    probabilities: NDArray[np.float64]
    quality: float


class SpeechReader:
    """Reads affect from the voice of one audio source; memory stays bounded whatever it hears.

    A reading comes about once a second while somebody speaks, and once more when the utterance ends.
    Each speaks for the utterance so far, at most its last five seconds.

    Parameters
    ----------
    options
        Which nets: `speech_emotion`, or `speech_emotion_open` whose training data allow commercial use.
    store
        Where the models come from.
    runtime
        Which TFLite runtime; the preferred installed one when None.
    threads
        Threads a single call of a net may use.

    Raises
    ------
    ModelError
        A model is missing, altered or cannot run.

    Attributes
    ----------
    classes
        The classes of the net and how they map to the shared ones.
    normalisation
        What has been learnt of the voice so far; in memory only.
    """

    def __init__(
        self, options: SpeechOptions, *, store: ModelStore, runtime: Runtime | None = None, threads: int = 1
    ) -> None:
        self._nets = VoiceNets(options.model, store=store, runtime=runtime, threads=threads)
        entry = self._nets.entry
        self._activity_net = store.load(ACTIVITY_MODEL, runtime=runtime, threads=threads)
        self._thresholds = thresholds(store.entry(ACTIVITY_MODEL))
        self.classes = self._nets.classes
        self.normalisation = RunningNormalisation(
            np.asarray(entry.parameters["mean"]), np.asarray(entry.parameters["spread"])
        )
        self._who = secrets.randbits(63)
        self._silent_s = 0.0
        self._next_s = 0.0
        self._clipped_share = 0.0
        self._start(0.0)

    @property
    def runtime(self) -> Runtime:
        """Which TFLite runtime runs the nets."""
        return self._nets.runtime

    @property
    def heard_until_s(self) -> float:
        """Second just after the last sample that was heard."""
        return self._next_s

    def read(self, chunk: AudioChunk) -> list[Affect]:
        """Hear a chunk; samples that are not finite count as silence.

        A chunk that does not follow the last one within 50 ms ends the utterance.
        """
        return [self.affect(reading) for reading in self.listen(chunk)]

    def finish(self) -> list[Affect]:
        """End the utterance that is still open, as at the end of a recording."""
        return [self.affect(reading) for reading in self.end()]

    def listen(self, chunk: AudioChunk) -> list[VoiceReading]:
        """Like `read`, in the net's own classes."""
        readings: list[VoiceReading] = []
        if abs(chunk.start_s - self._next_s) > _GAP_S:
            readings = self.end()
            self._silent_s += max(0.0, chunk.start_s - self._next_s)
            self._start(chunk.start_s)
        samples = np.nan_to_num(chunk.samples, nan=0.0, posinf=0.0, neginf=0.0)
        overdriven = float(np.mean(np.abs(samples) >= _FULL_SCALE)) if len(samples) else 0.0
        self._clipped_share += (overdriven - self._clipped_share) * min(1.0, len(samples) / AUDIO_RATE_HZ)
        self._next_s = chunk.end_s
        return readings + self._hear(np.clip(samples, -1, 1))

    def end(self) -> list[VoiceReading]:
        """Like `finish`, in the net's own classes."""
        readings = self._hear(np.zeros(TAIL, dtype=np.float32)) + self._close()
        self._start(self._next_s)
        return readings

    def forget(self) -> None:
        """Forget the voice: normalisation and token start anew."""
        self.normalisation.reset()
        self._who = secrets.randbits(63)

    def _start(self, at_s: float) -> None:
        self._front_end = FrontEnd()
        self._activity = VoiceActivity(self._activity_net, **self._thresholds)
        self._utterance = Utterance()
        self._block_s = self._next_s = at_s
        self._clipped_share = self._since_reading_s = 0.0

    def _hear(self, samples: NDArray[np.float32]) -> list[VoiceReading]:
        readings: list[VoiceReading] = []
        for block, is_speech in self._activity(self._front_end(samples)):
            readings += self._take(block, is_speech=is_speech)
            self._block_s += _BLOCK_S
        return readings

    def _take(self, block: Frames, *, is_speech: bool) -> list[VoiceReading]:
        self._utterance.add(block, at_s=self._block_s, is_speech=is_speech)
        if not is_speech:
            self._silent_s += _BLOCK_S
            return self._close() if self._utterance.has_ended else []
        if self._silent_s >= FORGET_AFTER_S:
            self.forget()
        self._silent_s = 0.0
        self._since_reading_s += _BLOCK_S
        if self._since_reading_s < READ_EVERY_S or not self._utterance.is_long_enough:
            return []
        self._since_reading_s = 0.0
        return [self._reading()[0]]

    def _close(self) -> list[VoiceReading]:
        readings = []
        if self._utterance.is_long_enough:
            reading, values = self._reading()
            readings.append(reading)
            self.normalisation.add(values)
        self._utterance = Utterance()
        self._since_reading_s = 0.0
        return readings

    def _reading(self) -> tuple[VoiceReading, NDArray[np.float32]]:
        frames, start_s, end_s = self._utterance.frames()
        values = functionals(frames)
        reading = VoiceReading(
            start_s=start_s,
            end_s=end_s,
            probabilities=self._nets(frames, values, self.normalisation),
            quality=reading_quality(frames, clipped_share=self._clipped_share),
        )
        return reading, values

    def affect(self, reading: VoiceReading) -> Affect:
        """Put a reading into the common language of readers."""
        valence, arousal = self.classes.valence_arousal(reading.probabilities)
        return Affect(
            modality=Modality.SPEECH,
            who=self._who,
            start_s=reading.start_s,
            end_s=reading.end_s,
            probabilities=self.classes.shared(reading.probabilities),
            mask=self.classes.mask.copy(),
            valence=valence,
            arousal=arousal,
            quality=reading.quality,
        )
