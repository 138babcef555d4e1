"""What lamps are sent, and that no sequence of releases makes them flash."""

from __future__ import annotations

import colorsys
import datetime as dt
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.publish.lights.lamp import Lamps, make_adapter
from edge.publish.lights.palette import Glow
from edge.publish.options import (
    EsphomeOptions,
    Insufficient,
    NightOptions,
    TasmotaOptions,
    WledOptions,
    Zigbee2MqttOptions,
)
from edge.release import Profile, Release, State

GLOW = Glow((230, 68, 58), 0.5)
KINDS = [
    WledOptions(topic="wled/shelf"),
    Zigbee2MqttOptions(device="floor lamp"),
    TasmotaOptions(topic="bulb"),
    EsphomeOptions(prefix="desk", light="ring"),
]


def sent(messages):
    return [(message.topic, message.payload.decode()) for message in messages]


def release(state, zone="room", window=0):
    return Release(zone=zone, profile=Profile.HOUSEHOLD, window=window, window_s=10.0, state=state)


class Time:
    def __init__(self):
        self.now_s = 1000.0

    def __call__(self):
        return self.now_s


def test_wled_payload():
    adapter = make_adapter(KINDS[0])
    assert sent(adapter.show(GLOW, 3.0)) == [
        (
            "wled/shelf/api",
            '{"on":true,"bri":128,"transition":30,"seg":[{"fx":0,"col":[[230,68,58]]}]}',
        )
    ]


def test_zigbee2mqtt_payload():
    adapter = make_adapter(KINDS[1])
    assert sent(adapter.ask()) == [("zigbee2mqtt/floor lamp/get", '{"state":"","brightness":"","color":""}')]
    assert sent(adapter.show(GLOW, 3.0)) == [
        (
            "zigbee2mqtt/floor lamp/set",
            '{"state":"ON","brightness":127,"color":{"r":230,"g":68,"b":58},"transition":3.0}',
        )
    ]


def test_tasmota_payload():
    adapter = make_adapter(KINDS[2])
    assert sent(adapter.ask()) == [("cmnd/bulb/State", "")]
    assert sent(adapter.show(GLOW, 3.0)) == [
        ("cmnd/bulb/Fade", "ON"),
        ("cmnd/bulb/Speed", "6"),
        ("cmnd/bulb/HSBColor", "3,75,45"),
    ]


def test_esphome_payload():
    adapter = make_adapter(KINDS[3])
    assert sent(adapter.show(GLOW, 3.0)) == [
        (
            "desk/light/ring/command",
            '{"state":"ON","brightness":128,"color":{"r":230,"g":68,"b":58},"transition":3.0}',
        )
    ]


@pytest.mark.parametrize(
    ("options", "said", "back"),
    [
        (
            WledOptions(topic="wled/shelf"),
            [("wled/shelf/g", b"77"), ("wled/shelf/c", b"#102030")],
            [("wled/shelf/api", '{"on":true,"bri":77,"transition":30,"seg":[{"fx":0,"col":[[16,32,48]]}]}')],
        ),
        (
            WledOptions(topic="wled/shelf"),
            [("wled/shelf/g", b"0"), ("wled/shelf/c", b"#102030")],
            [("wled/shelf/api", '{"on":false,"transition":30}')],
        ),
        (WledOptions(topic="wled/shelf", rest_preset=4), [], [("wled/shelf/api", '{"ps":4}')]),
        (
            KINDS[1],
            [
                (
                    "zigbee2mqtt/floor lamp",
                    b'{"brightness":200,"color":{"x":0.46},"color_mode":"color_temp","color_temp":366,"state":"ON"}',
                )
            ],
            [
                (
                    "zigbee2mqtt/floor lamp/set",
                    '{"state":"ON","brightness":200,"color_temp":366,"transition":3.0}',
                )
            ],
        ),
        (
            KINDS[1],
            [
                (
                    "zigbee2mqtt/floor lamp",
                    b'{"state":"ON","brightness":9,"color_mode":"xy","color":{"hue":1,"x":0.3,"y":0.6}}',
                )
            ],
            [
                (
                    "zigbee2mqtt/floor lamp/set",
                    '{"state":"ON","brightness":9,"color":{"x":0.3,"y":0.6},"transition":3.0}',
                )
            ],
        ),
        (
            KINDS[1],
            [("zigbee2mqtt/floor lamp", b'{"state":"OFF","brightness":9}')],
            [("zigbee2mqtt/floor lamp/set", '{"state":"OFF","transition":3.0}')],
        ),
        (
            KINDS[2],
            [("stat/bulb/RESULT", b'{"POWER":"ON","Dimmer":50,"Color":"800000","HSBColor":"0,100,50"}')],
            [("cmnd/bulb/Fade", "ON"), ("cmnd/bulb/Speed", "6"), ("cmnd/bulb/HSBColor", "0,100,50")],
        ),
        (
            KINDS[2],
            [("stat/bulb/RESULT", b'{"POWER1":"OFF","HSBColor":"0,100,50"}')],
            [("cmnd/bulb/Fade", "ON"), ("cmnd/bulb/Speed", "6"), ("cmnd/bulb/POWER", "OFF")],
        ),
        (
            KINDS[3],
            [
                (
                    "desk/light/ring/state",
                    b'{"color_mode":"rgb","state":"ON","brightness":80,"color":{"r":1,"g":2,"b":3}}',
                )
            ],
            [
                (
                    "desk/light/ring/command",
                    '{"state":"ON","brightness":80,"color":{"r":1,"g":2,"b":3},"transition":3.0}',
                )
            ],
        ),
        (
            KINDS[3],
            [
                (
                    "desk/light/ring/state",
                    b'{"color_mode":"color_temp","state":"ON","brightness":80,"color_temp":300}',
                )
            ],
            [("desk/light/ring/command", '{"state":"ON","brightness":80,"color_temp":300,"transition":3.0}')],
        ),
        (
            KINDS[3],
            [("desk/light/ring/state", b'{"state":"OFF"}')],
            [("desk/light/ring/command", '{"state":"OFF","transition":3.0}')],
        ),
    ],
)
def test_the_scene_that_was_found_comes_back(options, said, back):
    adapter = make_adapter(options)
    for topic, payload in said:
        adapter.heard(topic, payload)
    assert sent(adapter.restore(3.0)) == [], "nothing was changed, so nothing is restored"
    adapter.show(GLOW, 3.0)
    for topic in adapter.topics:  # what the lamp says of our own colour is not the scene
        adapter.heard(topic, b'{"state":"ON","POWER":"ON","HSBColor":"9,9,9","brightness":254}')
        adapter.heard(topic, b"#ffffff")
        adapter.heard(topic, b"255")
    assert sent(adapter.restore(3.0)) == back


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["state", "brightness", "color", "color_mode", "color_temp", "x", "y", "r", "POWER"]
            ),
            inner,
            max_size=6,
        )
    ),
)


@pytest.mark.parametrize("options", KINDS)
@given(said=st.lists(st.binary(max_size=50) | JSON.map(lambda value: json.dumps(value).encode()), max_size=5))
def test_nonsense_from_a_lamp_is_ignored(options, said):
    adapter = make_adapter(options)
    for payload in said:
        for topic in (*adapter.topics, "elsewhere"):
            adapter.heard(topic, payload)
    adapter.show(GLOW, 3.0)
    for message in adapter.restore(3.0):
        assert len(message.payload) < 200


def test_a_lamp_follows_its_zone():
    lamps = Lamps([WledOptions(topic="wled/shelf", zone="kitchen")], now_s=Time())
    assert lamps.follow(release(State.ANGER, "room")) == []
    assert len(lamps.follow(release(State.ANGER, "kitchen"))) == 1


def test_a_colour_stays_for_a_while_and_the_newest_state_wins():
    time = Time()
    lamps = Lamps([WledOptions(topic="wled/shelf", min_dwell_s=30)], now_s=time)
    lamps.follow(release(State.HAPPINESS))
    first = lamps.glows
    time.now_s += 29
    assert lamps.follow(release(State.ANGER)) == []
    assert lamps.glows == first
    time.now_s += 1
    assert len(lamps.follow(release(State.SADNESS))) == 1
    time.now_s += 300
    assert lamps.follow(release(State.SADNESS)) == [], "the same colour is not sent again"


@pytest.mark.parametrize(
    ("choice", "goes_neutral"), [(Insufficient.NEUTRAL, True), (Insufficient.KEEP, False)]
)
def test_what_a_lamp_does_while_the_state_is_withheld(choice, goes_neutral):
    time = Time()
    lamps = Lamps([WledOptions(topic="wled/shelf", insufficient=choice)], now_s=time)
    lamps.follow(release(State.NEUTRAL))
    neutral = lamps.glows
    time.now_s += 60
    lamps.follow(release(State.ANGER))
    angry = lamps.glows
    time.now_s += 60
    lamps.follow(release(State.INSUFFICIENT))
    assert lamps.glows == (neutral if goes_neutral else angry)


def test_when_nothing_is_sensed_the_scene_comes_back_and_stays():
    time = Time()
    lamps = Lamps([KINDS[3]], now_s=time)
    lamps.heard("desk/light/ring/state", b'{"state":"OFF"}')
    lamps.follow(release(State.ANGER))
    lamps.rest(resting=True)
    assert lamps.follow(release(State.INSUFFICIENT)) == [], "not before the colour has stayed"
    time.now_s += 60
    (restored,) = lamps.follow(release(State.INSUFFICIENT))
    assert b'"OFF"' in restored.payload
    assert lamps.glows == {}
    time.now_s += 60
    assert lamps.follow(release(State.INSUFFICIENT)) == []
    assert lamps.farewell() == [], "somebody may have changed the light since"
    lamps.rest(resting=False)
    assert len(lamps.follow(release(State.SADNESS))) == 1


def test_when_nothing_is_sensed_a_lamp_without_a_known_scene_goes_neutral():
    time = Time()
    lamps = Lamps([WledOptions(topic="wled/shelf")], now_s=time)
    lamps.follow(release(State.NEUTRAL))
    neutral = lamps.glows
    time.now_s += 60
    lamps.follow(release(State.ANGER))
    lamps.rest(resting=True)
    time.now_s += 60
    lamps.follow(release(State.INSUFFICIENT))
    assert lamps.glows == neutral


def test_on_every_connection_a_lamp_is_asked_or_told_again():
    lamps = Lamps([Zigbee2MqttOptions(device="lamp")], now_s=Time())
    assert [message.topic for message in lamps.greet()] == ["zigbee2mqtt/lamp/get"]
    told = lamps.follow(release(State.ANGER))
    assert lamps.greet() == told


@pytest.mark.parametrize(("hour", "bright"), [(12, 128), (21, 128), (22, 26), (3, 26), (7, 128)])
def test_a_lamp_is_dim_at_night(hour, bright):
    options = WledOptions(topic="wled/shelf", night=NightOptions())
    lamps = Lamps([options], now_s=Time(), local_time=lambda: dt.time(hour))
    (message,) = lamps.follow(release(State.ANGER))
    assert json.loads(message.payload)["bri"] == bright


def test_night_falls_without_a_new_state():
    time, local = Time(), [dt.time(21, 59)]
    options = WledOptions(topic="wled/shelf", night=NightOptions())
    lamps = Lamps([options], now_s=time, local_time=lambda: local[0])
    lamps.follow(release(State.ANGER))
    time.now_s, local[0] = time.now_s + 60, dt.time(22)
    (message,) = lamps.follow(release(State.ANGER))
    assert json.loads(message.payload)["bri"] == 26


# WCAG 2.2, 2.3.1 and its definition of a general flash: a pair of opposing changes of relative
# luminance of 10 % or more of the maximum, where the darker image is below 0.80.


WHITE = {"r": 255, "g": 255, "b": 255}
SCENES = [
    ("wled/shelf/g", b"255"),
    ("wled/shelf/c", b"#ffffff"),
    ("zigbee2mqtt/floor lamp", b'{"state":"ON","brightness":254}'),
    ("stat/bulb/RESULT", b'{"POWER":"ON","HSBColor":"0,0,100"}'),
    ("desk/light/ring/state", b'{"state":"ON","brightness":255,"color":{"r":255,"g":255,"b":255}}'),
]


def luminance(message):
    """Relative luminance that a message asks for, None when it asks for no colour, and its fade."""
    if message.topic.endswith(("HSBColor",)):
        hue, saturation, value = (int(part) for part in message.payload.split(b","))
        rgb, brightness, fade_s = colorsys.hsv_to_rgb(hue / 360, saturation / 100, value / 100), 1.0, None
    elif message.topic.endswith(("/api", "/set", "/command")):
        request = json.loads(message.payload)
        if "seg" in request:
            rgb = tuple(channel / 255 for channel in request["seg"][0]["col"][0])
            brightness, fade_s = request["bri"] / 255, request["transition"] / 10
        else:
            rgb = tuple(request.get("color", WHITE)[channel] / 255 for channel in "rgb")
            full = 254 if message.topic.endswith("/set") else 255
            brightness, fade_s = request["brightness"] / full, request["transition"]
    else:
        return None
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb]
    return brightness * (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]), fade_s


def most_flashes_in_a_second(samples, rate_hz):
    """The most flashes of `samples` of luminance in any second."""
    changes = []
    low = high = samples[0]
    for index, value in enumerate(samples):
        low, high = min(low, value), max(high, value)
        if value - low >= 0.1 and low < 0.8:
            changes.append((index / rate_hz, 1))
            low = high = value
        elif high - value >= 0.1 and value < 0.8:
            changes.append((index / rate_hz, -1))
            low = high = value
    turns = [at_s for (at_s, sign), (_, before) in zip(changes[1:], changes, strict=False) if sign != before]
    return max((sum(1 for other in turns if 0 <= other - at_s < 1) / 2 for at_s in turns), default=0)


def test_the_counter_sees_a_strobe():
    strobe = [float(index // 5 % 2) for index in range(200)]
    assert most_flashes_in_a_second(strobe, 50) > 3
    assert most_flashes_in_a_second([0.5] * 200, 50) == 0


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(State), st.floats(0.01, 8.0), st.booleans(), st.sampled_from([12, 23]), st.booleans()
    ),
    min_size=2,
    max_size=20,
)


@pytest.mark.parametrize("options", KINDS)
@settings(max_examples=40)
@given(events=EVENTS)
def test_no_sequence_of_releases_and_reconnections_makes_a_lamp_flash(options, events):
    time = Time()
    fastest = type(options).model_validate(
        options.model_dump() | {"min_dwell_s": 5, "transition_s": 1, "brightness": 1, "night": {}}
    )
    hours = [12]
    lamps = Lamps([fastest], now_s=time, local_time=lambda: dt.time(hours[0]))
    rate_hz = 20
    samples, level, target, step = [], 0.0, 0.0, 1.0
    for topic, payload in SCENES:
        lamps.heard(topic, payload)
    for state, gap_s, reconnects, hours[0], muted in events:
        lamps.rest(resting=muted)
        messages = lamps.follow(release(state)) + (lamps.greet() if reconnects else [])
        for message in messages:
            if (asked := luminance(message)) is not None:
                target, fade_s = asked
                assert fade_s is None or fade_s >= 1
                step = max(abs(target - level), 1e-9) / ((fade_s or 1) * rate_hz)
        for _ in range(int(gap_s * rate_hz)):
            level = min(target, level + step) if target > level else max(target, level - step)
            samples.append(level)
        time.now_s += gap_s
    assert most_flashes_in_a_second(samples or [0.0], rate_hz) <= 1
