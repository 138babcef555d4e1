"""What flows along the street: plain, frozen values, the unit in every name.

Samples (made by `capture`) -> `Affect` (made by the readers) -> `RoomState` (made by `fusion`).
The last value, `Release`, is made by the gate and lives in `edge.release`, apart from the private
ones, so that `publish` can be kept from ever seeing anything else.

All times are monotonic seconds of the street's `Clock`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from edge.emotion import EMOTIONS, MomentKind

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_ROUNDING: Final = 1e-3

AUDIO_RATE_HZ: Final = 16_000
"""Every `AudioChunk` has this rate; a source resamples once, on capture."""
AUDIO_CHUNK_S: Final = 0.2
"""Sound that a source gathers before it hands it on, as much as the speech reader works on at once."""


class Modality(StrEnum):
    """Which kind of evidence a reading rests on."""

    FACE = "face"
    SPEECH = "speech"
    PHYSIOLOGY = "physiology"


@dataclass(frozen=True, slots=True, eq=False)
class VideoFrame:
    """One picture, taken at `taken_s`.

    Attributes
    ----------
    rgb
        uint8 (height, width, 3).
    small
        The same picture, fewer pixels of the same shape, where the camera makes one: enough to find faces in.
    """

    source: str
    taken_s: float
    rgb: NDArray[np.uint8]
    small: NDArray[np.uint8] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class AudioChunk:
    """Mono float32 `samples` in [-1, 1] at `AUDIO_RATE_HZ`; the first was taken at `start_s`."""

    source: str
    start_s: float
    samples: NDArray[np.float32]

    @property
    def end_s(self) -> float:
        """Second just after the last sample."""
        return self.start_s + len(self.samples) / AUDIO_RATE_HZ


@dataclass(frozen=True, slots=True, eq=False)
class EcgChunk:
    """One ECG lead in millivolts, float64, NaN where the sensor had no contact."""

    source: str
    start_s: float
    rate_hz: float
    ecg_mv: NDArray[np.float64]

    @property
    def end_s(self) -> float:
        """Second just after the last sample."""
        return self.start_s + len(self.ecg_mv) / self.rate_hz


@dataclass(frozen=True, slots=True, eq=False)
class PulseChunk:
    """A photoplethysmogram in arbitrary units (PPG, blood volume pulse), NaN where it was lost."""

    source: str
    start_s: float
    rate_hz: float
    pulse: NDArray[np.float64]

    @property
    def end_s(self) -> float:
        """Second just after the last sample."""
        return self.start_s + len(self.pulse) / self.rate_hz


@dataclass(frozen=True, slots=True, eq=False)
class HeartBeats:
    """RR intervals `rr_ms` as the sensor gave them; interval i ends with the beat at `at_s[i]`."""

    source: str
    at_s: NDArray[np.float64]
    rr_ms: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class SkinConductance:
    """Skin conductance in microsiemens, float64, NaN where the electrode was loose."""

    source: str
    start_s: float
    rate_hz: float
    skin_conductance_us: NDArray[np.float64]

    @property
    def end_s(self) -> float:
        """Second just after the last sample."""
        return self.start_s + len(self.skin_conductance_us) / self.rate_hz


Sample = VideoFrame | AudioChunk | EcgChunk | PulseChunk | HeartBeats | SkinConductance


@dataclass(frozen=True, slots=True)
class Breathing:
    """How a wearer's heart follows a paced breath.

    Attributes
    ----------
    breaths_per_minute
        The pace to breathe at, 4.5 to 6.5: the wearer's resonance once it has been found.
    coherence
        Share of the heart's variation that swings at one pace, in [0, 1].
    """

    breaths_per_minute: float
    coherence: float


@dataclass(frozen=True, slots=True)
class Moment:
    """A change of the room's mood at `at_s`, known some seconds later.

    Attributes
    ----------
    strength
        By how much the share of this kind rose, in (0, 1].
    confidence
        One minus the share of as great changes in surrogates without any, in (0, 1).
    """

    at_s: float
    kind: MomentKind
    strength: float
    confidence: float


@dataclass(frozen=True, slots=True, eq=False)
class Affect:
    """What one reader says of one person over one span of time: the common language of readers.

    Attributes
    ----------
    modality
        Which reader speaks.
    who
        Random token of a track or wearer. Lives in memory only, so that the gate can count each
        person once; it never leaves the device.
    start_s, end_s
        The span the reading speaks for, monotonic seconds.
    probabilities
        Shape (8,), order of `EMOTIONS`; sums to 1 over `mask`, zero elsewhere. All zero when the
        reader has no opinion on classes (an empty mask).
    mask
        Shape (8,), bool: the classes this reader knows. An unknown class is unobserved, never
        improbable.
    valence, arousal
        In [-1, 1], or None when the reader does not measure them.
    quality
        In [0, 1]; 0 means worthless. Readers withhold what falls below their own floor.
    stress
        Calibrated probability of stress in [0, 1], or None.
    facing
        Share of the span in which the person faced the camera, in [0, 1], or None.
    expressiveness
        Mean intensity of the facial action units beyond the person's own neutral, in [0, 1], or None.
    breathing
        Of a wearer whose breath is paced, or None.
    features
        Penultimate activations of the reader's net, float32, shape (n,), n fixed by the reader; None
        where fusion does not ask for them. They go no further than fusion.

    Raises
    ------
    ValueError
        A field is not finite, out of range or of the wrong shape.
    """

    modality: Modality
    who: int
    start_s: float
    end_s: float
    probabilities: NDArray[np.float64]
    mask: NDArray[np.bool_]
    valence: float | None
    arousal: float | None
    quality: float
    stress: float | None = None
    facing: float | None = None
    expressiveness: float | None = None
    breathing: Breathing | None = None
    features: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        shape = (len(EMOTIONS),)
        if self.probabilities.shape != shape or self.mask.shape != shape:
            raise ValueError(f"probabilities and mask must have shape {shape}")
        total = float(self.probabilities.sum())
        expected = 1.0 if self.mask.any() else 0.0
        if not abs(total - expected) < _ROUNDING or self.probabilities[~self.mask].any():
            raise ValueError("probabilities must sum to 1 over the mask and be zero elsewhere")
        if not self.start_s <= self.end_s:
            raise ValueError("a reading cannot end before it starts")
        lows = {"valence": -1, "arousal": -1, "quality": 0, "stress": 0, "facing": 0, "expressiveness": 0}
        for name, low in lows.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= 1:
                raise ValueError(f"{name} must lie in [{low}, 1], got {value}")


@dataclass(frozen=True, slots=True)
class Engagement:
    """How a room takes part, as separate numbers that nobody should add up. Still private.

    Attributes
    ----------
    attention
        Share of the seen faces that face the camera, in [0, 1], or None when unknown.
    expressiveness
        How much livelier the faces are than this room usually is, in [-1, 1], or None.
    arousal
        As in `RoomState`.
    synchrony
        How far the viewers react together, in [-1, 1] (a mean correlation), or None with fewer than
        two; `synchrony_p` is its chance among viewers who merely sit in one room.
    """

    attention: float | None
    expressiveness: float | None
    arousal: float | None
    synchrony: float | None
    synchrony_p: float | None


@dataclass(frozen=True, slots=True, eq=False)
class RoomState:
    """The fused state of one zone at `at_s`, and the readings it rests on. Still private.

    Attributes
    ----------
    probabilities
        Shape (8,), sums to 1; all zero when nothing at all is known (`quality` is 0 then).
    valence, arousal
        In [-1, 1], or None when unknown.
    quality
        In [0, 1].
    stress
        Probability in [0, 1], or None without physiology.
    evidence
        The readings still fresh at `at_s`, newest per modality and person.
    weights
        Share of each modality in the fused classes, summing to 1 (empty without evidence).
    engagement
        How the room takes part, or None when it is not measured.
    moment
        A moment that became certain with this state, mostly None.
    breathing
        Of the only wearer whose breath is paced, or None.
    """

    at_s: float
    probabilities: NDArray[np.float64]
    valence: float | None
    arousal: float | None
    quality: float
    stress: float | None
    evidence: tuple[Affect, ...]
    weights: dict[Modality, float]
    engagement: Engagement | None = None
    moment: Moment | None = None
    breathing: Breathing | None = None
