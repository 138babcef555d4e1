"""The whole street through the command line: real recordings, real models, a real broker."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from integration.mqtt.brokers import MOSQUITTO, PATIENCE_S, Mosquitto, Subscriber

from edge.cli import main
from embedded_broker import EmbeddedBroker

OFFLINE = ("publish.mqtt=null", "publish.lights=[]", "replay.speed=max")
AFFECT_WORDS = ("happiness", "sadness", "valence", "arousal")


def run(
    capsys: pytest.CaptureFixture[str], config: Path | str, *settings: str, seconds: int = 60
) -> list[dict[str, Any]]:
    """The releases of a run that must end well."""
    arguments = ["run", str(config), "--json", "--seconds", str(seconds)]
    for setting in settings:
        arguments += ["--set", setting]
    assert main(arguments) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text("privacy: {profile: personal, window_s: 5}\n" + text, encoding="utf-8")
    return path


@pytest.mark.usefixtures("recordings")
def test_a_replay_gives_the_same_releases_each_time(capsys: pytest.CaptureFixture[str]) -> None:
    once = run(capsys, "demo", *OFFLINE)
    again = run(capsys, "demo", *OFFLINE)
    assert once == again
    assert len(once) == 10
    assert [release["window"] for release in once] == list(range(10))


@pytest.mark.usefixtures("recordings")
def test_the_clip_turns_from_crying_to_laughing(capsys: pytest.CaptureFixture[str]) -> None:
    releases = run(
        capsys,
        "demo",
        *OFFLINE,
        "readers.speech.enabled=false",
        "readers.physiology.enabled=false",
        seconds=20,
    )
    assert releases[0]["valence"] < 0.25
    assert max(release["valence"] for release in releases if release["valence"] is not None) >= 0.5
    assert "happiness" in {release["state"] for release in releases}


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[int]:
    """Mosquitto where it is installed, the embedded broker otherwise."""
    if MOSQUITTO:
        mosquitto = Mosquitto(tmp_path).start()
        yield mosquitto.port
        mosquitto.kill()
    else:
        with EmbeddedBroker() as embedded:
            yield embedded.port


@pytest.mark.slow
def test_from_recording_to_lamp_through_a_broker(recordings: Path, broker: int) -> None:
    subscriber = Subscriber(broker)
    process = subprocess.Popen(
        [sys.executable, "-m", "edge", "run", "demo", "--json", "--set", f"publish.mqtt.port={broker}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        subscriber.expect("edge-affect/demo/status", b"online")
        info = json.loads(subscriber.expect("edge-affect/demo/info").payload)
        state = subscriber.expect("edge-affect/demo/zone/living_room/state")
        lamp = subscriber.expect("wled/lamp/api")
        process.send_signal(signal.SIGTERM)
        subscriber.expect("edge-affect/demo/status", b"offline")
        output, errors = process.communicate(timeout=PATIENCE_S)
    finally:
        process.kill()
        subscriber.close()
    assert process.returncode == 0, errors
    assert info["board"]
    assert {"face_detector", "face_expression", "voice_activity", "beats"} <= info["models"].keys()
    assert not state.retained
    assert json.loads(state.payload) in [json.loads(line) for line in output.splitlines()]
    assert json.loads(lamp.payload)["seg"][0]["col"]
    assert not any(word in errors for word in AFFECT_WORDS)


def sound(tmp_path: Path, samples: np.ndarray) -> str:
    with wave.open(str(tmp_path / "sound.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return "sources: {microphone: {kind: replay_audio, path: sound.wav}}\n"


def flat_ecg(tmp_path: Path) -> str:
    np.savez(tmp_path / "ecg.npz", ecg_mv=np.zeros(130 * 60), rate_hz=130.0)
    return "sources: {strap: {kind: replay_ecg, path: ecg.npz}}\n"


def lost_ecg(tmp_path: Path) -> str:
    ecg_mv = np.full(130 * 60, np.nan)
    ecg_mv[0] = 0.1
    np.savez(tmp_path / "ecg.npz", ecg_mv=ecg_mv, rate_hz=130.0)
    return "sources: {strap: {kind: replay_ecg, path: ecg.npz}}\n"


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda path: sound(path, np.zeros(16_000 * 20)), id="silence"),
        pytest.param(
            lambda path: sound(path, np.random.default_rng(0).normal(0, 0.1, 16_000 * 20)), id="noise"
        ),
        pytest.param(flat_ecg, id="flat ECG"),
        pytest.param(lost_ecg, id="electrodes off"),
    ],
)
def test_nothing_is_made_of_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str], make: Any) -> None:
    releases = run(capsys, written(tmp_path, make(tmp_path)), *OFFLINE, seconds=60)
    assert releases
    assert {release["state"] for release in releases} == {"insufficient"}


def test_a_recording_that_is_damaged_ends_the_run_with_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"not a clip")
    config = written(tmp_path, "sources: {camera: {kind: replay_video, path: clip.mp4}}\n")
    assert main(["run", str(config), *(f"--set={setting}" for setting in OFFLINE)]) == 1
    message = capsys.readouterr().err
    assert f"camera: cannot read {tmp_path / 'clip.mp4'}" in message
    assert "Traceback" not in message


@pytest.mark.usefixtures("recordings")
def test_a_lost_sensor_does_not_stop_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF")
    releases = run(capsys, "demo", *OFFLINE, f"sources.microphone.path={broken}", seconds=20)
    assert any(release["state"] != "insufficient" for release in releases)


@pytest.mark.usefixtures("recordings")
def test_a_broker_that_is_away_is_told_and_stops_nothing() -> None:
    settings = ("publish.mqtt.port=1", "replay.speed=4")
    command = [sys.executable, "-m", "edge", "run", "demo", "--json", "--seconds", "8"]
    done = subprocess.run(
        [*command, *(f"--set={setting}" for setting in settings)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stdout
    assert "127.0.0.1" in done.stderr
    assert "publish.mqtt.host" in done.stderr
    assert "Traceback" not in done.stderr


def test_commercial_use_refuses_a_net_whose_terms_forbid_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = written(tmp_path, sound(tmp_path, np.zeros(16_000)) + "deployment: {commercial: true}\n")
    assert main(["run", str(config), *(f"--set={setting}" for setting in OFFLINE)]) == 1
    assert "forbid commercial use" in capsys.readouterr().err


def test_commercial_use_refuses_the_nets_of_the_fusion_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    open_net = "deployment: {commercial: true}\nreaders: {speech: {model: speech_emotion_open}}\n"
    config = written(
        tmp_path, sound(tmp_path, np.zeros(16_000)) + open_net + "fusion: {strategy: ensemble}\n"
    )
    assert main(["run", str(config), *(f"--set={setting}" for setting in OFFLINE)]) == 1
    told = capsys.readouterr().err
    assert "fusion_intermediate" in told
    assert "forbid commercial use" in told


def test_it_works_away_from_the_checkout(tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run(
        [sys.executable, "-m", "edge", "models", "verify"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "FAIL" not in done.stdout
