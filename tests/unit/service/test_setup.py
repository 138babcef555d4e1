"""What `setup` finds on a machine, and that each set of answers makes a config that holds."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from edge.board import Probe
from edge.config.load import load_config
from edge.service.setup.answers import Answers, Use, config_text
from edge.service.setup.found import answers, look_around, node_name


def machine(root, *, cameras=(), microphone=False, bluetooth=False):
    for number, title in enumerate(cameras):
        node = root / f"sys/class/video4linux/video{number}"
        node.mkdir(parents=True)
        (node / "name").write_text(f"{title}\n")
        (node / "index").write_text("0\n")
    if microphone:
        (root / "dev/snd").mkdir(parents=True)
        (root / "dev/snd/pcmC1D0c").touch()
    if bluetooth:
        (root / "sys/class/bluetooth/hci0").mkdir(parents=True)
    return look_around(Probe(root, machine="aarch64"))


@pytest.mark.parametrize(
    ("cameras", "source"),
    [
        ((), None),
        (("bcm2835-codec-decode", "rpivid", "pispbe-input"), None),
        (("HD Pro Webcam C920",), {"kind": "v4l2", "device": "HD Pro Webcam C920"}),
        (("Cam [x]* 2?: Cam",), {"kind": "v4l2", "device": "Cam *x* 2* Cam"}),
        (("rp1-cfe-csi2_ch0", "HD Pro Webcam C920"), {"kind": "picamera2"}),
        (("unicam-image",), {"kind": "picamera2"}),
    ],
)
def test_cameras_are_told_from_codecs(tmp_path, cameras, source):
    assert machine(tmp_path, cameras=cameras).camera == source


def test_a_second_node_of_a_camera_is_none_of_its_own(tmp_path):
    machine(tmp_path, cameras=("Webcam", "Webcam metadata"))
    (tmp_path / "sys/class/video4linux/video1/index").write_text("1\n")
    assert look_around(Probe(tmp_path)).usb_cameras == ("Webcam",)


def test_the_rest_is_found_by_its_nodes(tmp_path):
    bare = machine(tmp_path)
    assert (bare.microphone, bare.bluetooth, bare.board.preset) == (False, False, "generic_arm64")
    full = machine(tmp_path, microphone=True, bluetooth=True)
    assert (full.microphone, full.bluetooth) == (True, True)


@given(name=st.text(max_size=80))
def test_any_host_name_makes_a_node_name(name):
    assert 1 <= len(node_name(name)) <= 64
    assert set(node_name(name)) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-")


@pytest.mark.parametrize("host", ["", "a..b", "x" * 300, "no-such-host.invalid", "127.0.0.1"])
def test_a_host_that_is_not_there_does_not_answer(host):
    assert not answers(host, 1)


LAMPS = st.sampled_from(
    [
        None,
        {"kind": "wled", "topic": "wled/shelf"},
        {"kind": "zigbee2mqtt", "device": "floor: lamp, no"},
        {"kind": "esphome", "prefix": "desk", "light": "yes"},
    ]
)
BROKERS = st.sampled_from(
    [
        None,
        {"host": "localhost"},
        {"host": "null", "tls": {}},
        {"host": "homeassistant.local", "allow_plaintext": True, "username": "on", "password_file": "p w"},
    ]
)
SOURCES = {
    Use.HOME: st.sampled_from(
        [
            {"camera": {"kind": "picamera2"}},
            {"camera": {"kind": "v4l2", "device": "*: {odd} #1"}, "microphone": {"kind": "microphone"}},
        ]
    ),
    Use.WEARABLE: st.just({"strap": {"kind": "polar_h10"}}),
    Use.KIOSK: st.just({"camera": {"kind": "v4l2"}}),
}


@pytest.mark.parametrize("use", Use)
@settings(max_examples=12, phases=[Phase.explicit, Phase.generate])
@given(data=st.data())
def test_each_set_of_answers_makes_a_config_that_holds(use, data):
    contact = data.draw(st.text(min_size=3, max_size=60).filter(lambda text: len(text.strip()) > 2))
    given_answers = Answers(
        use,
        node=data.draw(st.sampled_from(["pi", "on", "12", "-"])),
        zone=data.draw(st.sampled_from(["living_room", "no", "1e3"])),
        preset=data.draw(st.sampled_from(["pc", "raspberry_pi_5", "generic_arm64"])),
        sources=data.draw(SOURCES[use]),
        mqtt=data.draw(BROKERS),
        lamp=data.draw(LAMPS) if use is not Use.KIOSK else None,
        alone_agreed=use is Use.HOME and data.draw(st.booleans()),
        contact=contact if use is Use.KIOSK else "",
        told_on=dt.date(2026, 11, 1) if use is Use.KIOSK else None,
    )
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "config.yaml"
        file.write_text(config_text(given_answers), encoding="utf-8")
        config = load_config(file).config
    assert (config.node, config.zone) == (given_answers.node, given_answers.zone)
    assert (config.publish.mqtt is None) == (given_answers.mqtt is None)
    assert config.page is not None
    if use is Use.KIOSK:
        assert config.deployment.notice.contact == contact.strip()
