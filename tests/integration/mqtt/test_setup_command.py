"""`edge-affect setup` with scripted answers, a made-up machine and a real broker."""

from __future__ import annotations

import io
import stat
import subprocess

import pytest

from edge.board import Probe
from edge.cli import main, setup
from edge.config.load import load_config
from edge.release import Profile


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty directory on a machine with a camera, a microphone, and no broker of its own."""
    node = tmp_path / "root/sys/class/video4linux/video0"
    node.mkdir(parents=True)
    (node / "name").write_text("HD Pro Webcam C920\n")
    (tmp_path / "root/dev/snd").mkdir(parents=True)
    (tmp_path / "root/dev/snd/pcmC1D0c").touch()
    monkeypatch.setattr(setup, "Probe", lambda: Probe(tmp_path / "root", machine="aarch64"))
    monkeypatch.setattr(setup, "LIKELY_BROKERS", ())
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    place = tmp_path / "place"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


@pytest.fixture
def say(monkeypatch):
    def run(*lines, arguments=()):
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        return main(["setup", *arguments])

    return run


def test_a_maker_without_patience_presses_enter(here, say, capsys):
    assert say(*[""] * 12) == 0
    config = load_config(here / "config.yaml").config
    assert config.privacy.profile is Profile.HOUSEHOLD
    assert config.sources["camera"].device == "HD Pro Webcam C920"
    assert set(config.sources) == {"camera", "microphone"}
    assert config.publish.mqtt is None
    told = capsys.readouterr().out
    assert "consent grant config.yaml --sensor camera" in told, "silence is no consent"
    assert main(["check-config", "config.yaml"]) == 0


def test_nothing_is_asked_with_yes_and_nobody_agrees_by_it(here, say, capsys):
    assert say(arguments=["--use", "home", "--yes"]) == 0
    assert "consent grant" in capsys.readouterr().out
    assert main(["consent", "list", "config.yaml"]) == 0
    assert capsys.readouterr().out == ""


def test_a_wearable_with_a_lamp_and_a_consent(here, say, monkeypatch, capsys):
    monkeypatch.setattr("edge.publish.options.MqttOptions.effective_port", property(lambda _: 1))
    assert say("2", "my-desk", "desk", "", "127.0.0.1", "esphome", "desk", "ring", "y") == 0
    config = load_config(here / "config.yaml").config
    assert config.privacy.profile is Profile.PERSONAL
    assert config.sources["strap"].kind == "polar_h10"
    assert config.publish.lights[0].light == "ring"
    assert config.publish.nudge is not None
    assert config.readers.physiology.paced_breathing
    assert main(["consent", "list", "config.yaml"]) == 0
    told = capsys.readouterr().out
    assert "tried again at every start" in told
    assert "strap, stress_feedback" in told


def test_a_kiosk_needs_its_sign_before_its_config(here, say, capsys):
    assert say("kiosk", "", "", "hall@example.org", "n") == 1
    assert "once the sign hangs" in capsys.readouterr().err
    assert "hall@example.org" in (here / "notice.html").read_text()
    assert not (here / "config.yaml").exists()
    (here / "notice.html").write_text("changed by hand")
    assert say("kiosk", "", "", "x", "hall@example.org", "n", "y", "none", arguments=["kiosk.yaml"]) == 0
    assert "3 to 200 letters" in capsys.readouterr().out
    assert (here / "notice.html").read_text() == "changed by hand"
    config = load_config(here / "kiosk.yaml").config
    assert config.deployment.notice.contact == "hall@example.org"
    assert config.publish.history is None


def test_nonsense_is_asked_again(here, say, capsys):
    lines = [
        "love",
        "9",
        "home",
        "a b",
        "pi/1",
        "pi",
        "ä",
        "attic",
        "perhaps",
        "n",
        "maybe",
        "y",
        "none",
        "n",
        "n",
    ]
    assert say(*lines) == 0
    told = capsys.readouterr().out
    assert told.count("one of 1 to 3") == 2
    assert told.count("letters, digits, _ and - only") == 3
    assert told.count("y or n") == 2
    config = load_config(here / "config.yaml").config
    assert (config.node, config.zone) == ("pi", "attic")
    assert config.privacy.single_person_agreed
    assert set(config.sources) == {"camera"}


@pytest.mark.parametrize("lines", [[], ["1"], ["1", "pi", "room", "y", "n"]])
def test_when_nobody_answers_nothing_is_written(here, say, capsys, lines):
    assert say(*lines) == 1
    assert "nobody answers" in capsys.readouterr().err
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("arguments", [[], ["--yes", "--use", "home"]])
def test_a_file_that_is_there_is_never_overwritten_unasked(here, say, capsys, arguments):
    (here / "config.yaml").write_text("mine")
    assert say("n", arguments=arguments) == 1
    assert "left as it is" in capsys.readouterr().err
    assert (here / "config.yaml").read_text() == "mine"
    assert say("y", *[""] * 12) == 0
    load_config(here / "config.yaml")


def test_a_place_that_cannot_be_written_is_told(say, here, capsys):
    assert say(*[""] * 12, arguments=["nowhere/config.yaml"]) == 1
    error = capsys.readouterr().err
    assert "cannot write" in error
    assert "Traceback" not in error


def test_a_broker_that_refuses_is_asked_again_with_a_password(here, say, mosquitto, monkeypatch, capsys):
    passwords = here.parent / "passwords"
    subprocess.run(
        ["mosquitto_passwd", "-b", "-c", str(passwords), "pi", "secret word"], check=True, capture_output=True
    )
    broker = mosquitto(f"allow_anonymous false\npassword_file {passwords}")
    given = iter(["wrong", "secret word"])
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(given))
    monkeypatch.setattr("edge.publish.options.MqttOptions.effective_port", property(lambda _: broker.port))
    lines = ["1", "", "", "n", "n", "127.0.0.1", "y", "pi", "y", "", "y", "", "n"]
    assert say(*lines) == 0
    config = load_config(here / "config.yaml").config
    assert config.publish.mqtt.username == "pi"
    assert config.publish.mqtt.password_file == here / "broker-password"
    assert (here / "broker-password").read_text() == "secret word\n"
    assert stat.S_IMODE((here / "broker-password").stat().st_mode) == 0o600
    told = capsys.readouterr()
    assert "secret" not in told.out + told.err + (here / "config.yaml").read_text()
    assert "speaks MQTT 5" in told.out
