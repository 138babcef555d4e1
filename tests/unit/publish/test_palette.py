from __future__ import annotations

import itertools
import math

import pytest
from coloraide import Color

from edge.emotion import CIRCUMPLEX, Emotion
from edge.publish.lights.palette import PALETTES, Glow, colour, mood_colour, oklch_to_rgb
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


GRID = [(valence / 4, arousal / 4) for valence in range(-4, 5) for arousal in range(-4, 5)]
MOODS = [state for state in State if state is not State.INSUFFICIENT]


def oklab_difference(one, other):
    return math.dist(*(Color("srgb", [c / 255 for c in rgb]).convert("oklab")[:3] for rgb in (one, other)))


@pytest.mark.parametrize("state", MOODS)
def test_a_mood_near_its_place_looks_most_like_itself(state):
    place = CIRCUMPLEX[Emotion(state.value)]
    near = [each for each in GRID if math.dist(each, place) <= 0.6]
    assert near
    for valence, arousal in near:
        shown = mood_colour(Palette.CIRCUMPLEX, state, valence, arousal)
        table = {other: oklab_difference(shown, colour(Palette.CIRCUMPLEX, other)) for other in MOODS}
        assert min(table, key=table.__getitem__) is state


@pytest.mark.parametrize("state", MOODS)
def test_the_colour_changes_little_from_one_step_of_the_plane_to_the_next(state):
    for valence, arousal in GRID:
        here = mood_colour(Palette.CIRCUMPLEX, state, valence, arousal)
        for step in ((0.25, 0.0), (0.0, 0.25)):
            there = mood_colour(Palette.CIRCUMPLEX, state, valence + step[0], arousal + step[1])
            assert oklab_difference(here, there) < 0.08


def test_a_change_of_state_is_a_smaller_step_than_between_the_colours_of_the_states():
    for one, other in itertools.combinations(MOODS, 2):
        plain = oklab_difference(colour(Palette.CIRCUMPLEX, one), colour(Palette.CIRCUMPLEX, other))
        for place in ((0.0, 0.0), CIRCUMPLEX[Emotion(one.value)], CIRCUMPLEX[Emotion(other.value)]):
            pair = (mood_colour(Palette.CIRCUMPLEX, state, *place) for state in (one, other))
            assert oklab_difference(*pair) < 0.65 * plain


@pytest.mark.parametrize("state", MOODS)
@pytest.mark.parametrize(
    ("palette", "place"),
    [
        (Palette.COLOUR_BLIND, (0.25, -0.5)),
        (Palette.CIRCUMPLEX, (None, None)),
        (Palette.CIRCUMPLEX, (0.5, None)),
    ],
)
def test_a_state_has_its_own_colour_where_mixing_would_harm_or_nothing_is_known(palette, place, state):
    assert mood_colour(palette, state, *place) == colour(palette, state)


def test_hex():
    assert Glow((255, 0, 16), 1.0).hex == "#ff0010"
