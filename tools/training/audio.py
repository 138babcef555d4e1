"""Augmentation of speech: other voices, rooms, microphones and noises."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import signal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_TELEPHONE: Final = signal.butter(4, (300, 3400), "bandpass", fs=16_000, output="sos")


@dataclass(frozen=True, slots=True)
class Take:
    """One imagined recording session of a speaker; what stays the same from clip to clip."""

    speed: float = 1.0
    room: NDArray[np.float32] | None = None
    telephone: bool = False
    snr_db: tuple[float, float] | None = None
    gain_db: float = 0.0

    @property
    def spoils(self) -> bool:
        """Whether more than the voice's speed and level is altered."""
        return self.telephone or self.room is not None or self.snr_db is not None


def imagine(rng: np.random.Generator, rooms: Sequence[NDArray[np.float32]]) -> Take:
    """Draw a session: another speed and level, noise in three of four, rooms, now and then a telephone."""
    snr_low_db = float(rng.uniform(2, 16))
    return Take(
        speed=float(rng.uniform(0.87, 1.15)),
        room=rooms[int(rng.integers(len(rooms)))] if rng.random() < 0.4 else None,
        telephone=bool(rng.random() < 0.08),
        snr_db=(snr_low_db, snr_low_db + 10) if rng.random() < 0.75 else None,
        gain_db=float(rng.uniform(-15, 6)),
    )


def imagine_voice(rng: np.random.Generator) -> Take:
    """Draw another voice by speed and level alone."""
    return Take(speed=float(rng.uniform(0.85, 1.18)), gain_db=float(rng.uniform(-10, 4)))


def perform(
    take: Take, speech: NDArray[np.float32], noise: NDArray[np.float32], rng: np.random.Generator
) -> NDArray[np.float32]:
    """Play a clip again in a session, with a stretch of `noise` where the session is noisy."""
    ratio = Fraction(take.speed).limit_denominator(50)
    played = signal.resample_poly(speech, ratio.denominator, ratio.numerator).astype(np.float32)
    if take.room is not None:
        played = in_room(played, take.room)
    if take.snr_db is not None:
        played = mix(played, noise, snr_db=float(rng.uniform(*take.snr_db)), rng=rng)
    if take.telephone:
        played = signal.sosfilt(_TELEPHONE, played).astype(np.float32)
    return np.clip(played * np.float32(10 ** (take.gain_db / 20)), -1, 1)


def in_room(speech: NDArray[np.float32], room: NDArray[np.float32]) -> NDArray[np.float32]:
    """Let a clip sound in a room, as loud and as long as it was."""
    direct = int(np.argmax(np.abs(room)))
    wet = signal.fftconvolve(speech, room[max(0, direct - 16) :])[: len(speech)]
    played: NDArray[np.float32] = (wet * (_rms(speech) / max(_rms(wet), 1e-9))).astype(np.float32)
    return played


def mix(
    speech: NDArray[np.float32], noise: NDArray[np.float32], *, snr_db: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Add a random stretch of noise, repeated where it is too short, at a signal-to-noise ratio.

    The ratio is that of the speech's mean power where it is active (within 30 dB of its loudest 20 ms)
    to the mean power of the stretch.
    """
    start = int(rng.integers(len(noise)))
    stretch = np.resize(np.roll(noise, -start), len(speech))
    pieces = speech[: len(speech) // 320 * 320].reshape(-1, 320)
    powers = (pieces.astype(np.float64) ** 2).mean(axis=1)
    active = powers[powers >= powers.max() * 1e-3].mean() if len(powers) else 0.0
    power = float((stretch.astype(np.float64) ** 2).mean())
    if power < 1e-12:
        return speech
    return (speech + stretch * np.float32(np.sqrt(active / power / 10 ** (snr_db / 10)))).astype(np.float32)


def _rms(samples: NDArray[np.floating]) -> float:
    return float(np.sqrt(np.mean(np.asarray(samples, dtype=np.float64) ** 2)))
