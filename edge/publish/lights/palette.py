"""A colour for each state, chosen in OKLCH so that equal steps look equal."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from edge.emotion import CIRCUMPLEX
from edge.publish.options import Palette
from edge.release import State

_LINEAR_BELOW: Final = 0.0031308
_OWN_SHARE: Final = 0.6
"""What the state itself contributes; more than half, so that its colour stays the nearest one."""
_REACH: Final = 0.3
"""How far a colour reaches on the valence-arousal plane, as the deviation of a Gaussian."""


@dataclass(frozen=True, slots=True)
class Oklch:
    """A colour as lightness [0, 1], chroma and hue in degrees (Ottosson 2020)."""

    lightness: float
    chroma: float
    hue_deg: float


@dataclass(frozen=True, slots=True)
class Glow:
    """What a lamp is asked to show: sRGB 0-255 and a share of its full brightness."""

    rgb: tuple[int, int, int]
    brightness: float

    @property
    def hex(self) -> str:
        """As `#rrggbb`."""
        return "#{:02x}{:02x}{:02x}".format(*self.rgb)


PALETTES: Final[dict[Palette, dict[State, Oklch]]] = {
    # The hue runs around the valence-arousal plane, warm where it is pleasant or aroused and cool
    # where it is calm; red is left to anger alone and is not saturated.
    Palette.CIRCUMPLEX: {
        State.NEUTRAL: Oklch(0.90, 0.05, 80),
        State.HAPPINESS: Oklch(0.85, 0.16, 88),
        State.SURPRISE: Oklch(0.80, 0.15, 340),
        State.SADNESS: Oklch(0.60, 0.14, 255),
        State.ANGER: Oklch(0.62, 0.20, 28),
        State.DISGUST: Oklch(0.72, 0.15, 130),
        State.FEAR: Oklch(0.60, 0.16, 305),
        State.CONTEMPT: Oklch(0.70, 0.10, 195),
    },
    # Begun from Okabe and Ito (2008), "Color Universal Design", and spread by a search until the
    # closest two lie as far apart as can be with normal, protan, deutan and tritan vision.
    Palette.COLOUR_BLIND: {
        State.NEUTRAL: Oklch(0.99, 0.01, 102),
        State.HAPPINESS: Oklch(0.92, 0.19, 103),
        State.SURPRISE: Oklch(0.78, 0.12, 71),
        State.SADNESS: Oklch(0.45, 0.12, 252),
        State.ANGER: Oklch(0.59, 0.18, 40),
        State.DISGUST: Oklch(0.59, 0.12, 163),
        State.FEAR: Oklch(0.62, 0.09, 331),
        State.CONTEMPT: Oklch(0.75, 0.10, 237),
    },
}
"""`insufficient` has no colour of its own: a lamp keeps the last one or goes to neutral."""

_PLACES: Final = {State(emotion.value): place for emotion, place in CIRCUMPLEX.items()}


def colour(palette: Palette, state: State) -> tuple[int, int, int]:
    """Look up the sRGB colour of a state."""
    return oklch_to_rgb(PALETTES[palette][state])


def mood_colour(
    palette: Palette, state: State, valence: float | None, arousal: float | None
) -> tuple[int, int, int]:
    """SRGB colour of a state at a place on the valence-arousal plane.

    With `circumplex` it changes continuously over the plane: it is the mean in OKLab of the state's own
    colour and of the colours around that place, so that a mild happiness is paler than a full one and a
    change of state is a smaller step. `colour_blind` keeps eight colours apart, which a mixture would
    undo, and a place that is not known has the colour of the state.
    """
    if palette is Palette.COLOUR_BLIND or valence is None or arousal is None:
        return colour(palette, state)
    table = PALETTES[palette]
    nearness = {}
    for each in table:
        squared = (valence - _PLACES[each][0]) ** 2 + (arousal - _PLACES[each][1]) ** 2
        nearness[each] = math.exp(-squared / (2 * _REACH**2))
    total = sum(nearness.values())
    mixed = [0.0, 0.0, 0.0]
    for each, value in table.items():
        share = (1 - _OWN_SHARE) * nearness[each] / total + (_OWN_SHARE if each is state else 0.0)
        for axis, coordinate in enumerate(_to_oklab(value)):
            mixed[axis] += share * coordinate
    return oklab_to_rgb(*mixed)


def oklch_to_rgb(value: Oklch) -> tuple[int, int, int]:
    """Convert to 8-bit sRGB."""
    return oklab_to_rgb(*_to_oklab(value))


def oklab_to_rgb(lightness: float, a: float, b: float) -> tuple[int, int, int]:
    """Convert to 8-bit sRGB; what lies outside sRGB is clipped, so palettes stay inside.

    B. Ottosson, "A perceptual color space for image processing" (2020), section "Converting to
    linear sRGB"; the transfer curve is IEC 61966-2-1.
    """
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    red, green, blue = (round(255 * _companded(min(1.0, max(0.0, channel)))) for channel in linear)
    return red, green, blue


def _to_oklab(value: Oklch) -> tuple[float, float, float]:
    hue = math.radians(value.hue_deg)
    return value.lightness, value.chroma * math.cos(hue), value.chroma * math.sin(hue)


def _companded(linear: float) -> float:
    return 12.92 * linear if linear <= _LINEAR_BELOW else 1.055 * linear ** (1 / 2.4) - 0.055
