from __future__ import annotations

import itertools

import pytest
from coloraide import Color

from edge.publish.lights.palette import PALETTES, Glow, oklch_to_rgb
from edge.publish.options import Palette
from edge.release import State


def reference(value):
    return Color("oklch", [value.lightness, value.chroma, value.hue_deg])


COLOURS = [(palette, state, value) for palette, table in PALETTES.items() for state, value in table.items()]


@pytest.mark.parametrize(("palette", "state", "value"), COLOURS)
def test_conversion_agrees_with_coloraide(palette, state, value):
    expected = [round(255 * channel) for channel in reference(value).convert("srgb").clip()[:3]]
    assert oklch_to_rgb(value) == pytest.approx(expected, abs=1)


@pytest.mark.parametrize(("palette", "state", "value"), COLOURS)
def test_every_colour_can_be_shown(palette, state, value):
    assert reference(value).in_gamut("srgb", tolerance=0.002)


@pytest.mark.parametrize("palette", Palette)
def test_every_state_but_insufficient_has_a_colour(palette):
    assert set(PALETTES[palette]) == set(State) - {State.INSUFFICIENT}


def smallest_difference(palette, deficiency=None):
    colours = [reference(value).convert("srgb") for value in PALETTES[palette].values()]
    if deficiency:
        colours = [colour.filter(deficiency, 1).clip() for colour in colours]
    return min(one.delta_e(other, method="2000") for one, other in itertools.combinations(colours, 2))


@pytest.mark.parametrize("palette", Palette)
def test_states_can_be_told_apart(palette):
    assert smallest_difference(palette) > 15


@pytest.mark.parametrize("deficiency", ["protan", "deutan", "tritan"])
def test_the_colour_blind_palette_can_be_told_apart_with_any_colour_vision(deficiency):
    assert smallest_difference(Palette.COLOUR_BLIND, deficiency) > 12


def test_hex():
    assert Glow((255, 0, 16), 1.0).hex == "#ff0010"
