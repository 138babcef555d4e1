"""`edge-affect baseline` from the command line to the file and back into the street, on recordings."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from unit.physiology.hearts import beat_times, ecg, skin

from edge.cli import main
from edge.config.load import load_config
from edge.errors import ConsentError
from edge.gate.consent import ConsentStore, Purpose
from edge.physiology import Baseline
from edge.physiology.breathing import PACES_PER_MIN
from edge.physiology.vault import load_baseline, save_baseline

PASSPHRASE = "four words of somebody"
LONG_S = 290
CONFIG = """\
node: box
privacy: {{profile: personal, window_s: 5}}
state_directory: {state}
replay: {{speed: max}}
readers: {{physiology: {physiology}}}
sources:
{sources}
"""
BOTH = "  chest: {kind: replay_ecg, path: heart.npz}\n  palm: {kind: replay_eda, path: skin.npz}"
KEPT = "{baseline: {passphrase_env: WEARERS_WORDS}, paced_breathing: true}"


@pytest.fixture(autouse=True)
def words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEARERS_WORDS", PASSPHRASE)


@pytest.fixture
def room(tmp_path: Path) -> Path:
    np.savez(tmp_path / "heart.npz", ecg_mv=ecg(beat_times(LONG_S), LONG_S, 130), rate_hz=130.0)
    np.savez(tmp_path / "skin.npz", skin_conductance_us=skin(LONG_S, 4), rate_hz=4.0)
    return tmp_path


def written(room: Path, *, sources: str = BOTH, physiology: str = KEPT) -> Path:
    path = room / "config.yaml"
    path.write_text(CONFIG.format(state=room / "state", physiology=physiology, sources=sources))
    return path


def kept(room: Path, wearer: str = "wearer") -> Baseline | None:
    return load_baseline(room / "state" / "baselines" / f"{wearer}.baseline", passphrase=PASSPHRASE)


def test_rest_is_measured_kept_and_erased(room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = written(room)
    assert main(["baseline", str(config)]) == 0
    told = capsys.readouterr().out
    assert "4:00 of good signal from chest, palm" in told
    assert "heart good  skin good" in told
    assert "Rest was measured: heart 4:00, skin 4:0" in told
    baseline = kept(room)
    assert baseline is not None
    assert np.isfinite(baseline.rest).all()
    assert np.exp(baseline.rest[0]) == pytest.approx(70, rel=0.03)
    assert np.exp(baseline.rest[2]) == pytest.approx(3, rel=0.05)
    assert main(["baseline", str(config), "--erase"]) == 0
    assert main(["baseline", str(config), "--erase"]) == 0
    assert capsys.readouterr().out == "Erased 1.\nNothing was kept.\n"
    assert kept(room) is None


def test_nothing_is_kept_by_choice(room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["baseline", str(written(room, physiology="{}"))]) == 0
    assert "Nothing is kept" in capsys.readouterr().out
    assert not (room / "state").exists()


def test_a_loose_strap_is_told_and_leaves_the_skin(room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    noise = np.random.default_rng(4).standard_normal(130 * 2 * LONG_S)
    np.savez(room / "heart.npz", ecg_mv=noise, rate_hz=130.0)
    np.savez(room / "skin.npz", skin_conductance_us=skin(2 * LONG_S, 4), rate_hz=4.0)
    assert main(["baseline", str(written(room)), "--minutes", "3"]) == 0
    told = capsys.readouterr().out
    assert "heart weak (moisten the electrodes, tighten the strap)  skin good" in told
    assert "Of the heart there was too little" in told
    baseline = kept(room)
    assert baseline is not None
    assert np.isnan(baseline.rest[:2]).all()
    assert np.isfinite(baseline.rest[2:]).all()


def test_too_short_a_rest_keeps_nothing(room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("heart.npz", "skin.npz"):
        with np.load(room / name) as arrays:
            column = next(key for key in arrays.files if key != "rate_hz")
            rate_hz = float(arrays["rate_hz"])
            np.savez(room / name, rate_hz=rate_hz, **{column: arrays[column][: int(70 * rate_hz)]})
    assert main(["baseline", str(written(room))]) == 1
    assert "too little good rest" in capsys.readouterr().err
    assert kept(room) is None


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        (["--wearer", "nobody"], "knows no wearer nobody"),
        (["--set", "readers.physiology.baseline.passphrase_env=UNSET_WORDS"], "UNSET_WORDS"),
    ],
)
def test_mistakes_are_told_before_the_rest(
    room: Path, settings: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["baseline", str(written(room)), *settings]) == 1
    told = capsys.readouterr()
    assert complaint in told.err
    assert told.out == ""


def test_several_wearers_must_be_told_apart(room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sources = BOTH.replace("heart.npz", "heart.npz, wearer: anna")
    assert main(["baseline", str(written(room, sources=sources))]) == 1
    assert "--wearer anna | wearer" in capsys.readouterr().err


def breaths(room: Path, *, best: float) -> None:
    """Four minutes of rest, then 123 s at each pace; the heart swings most near the best one."""
    rng = np.random.default_rng(6)
    rr_ms, at_s = [], 0.0
    while at_s < 250 + 123 * len(PACES_PER_MIN):
        trial = int((at_s - 240) // 123)
        swing = rate_hz = 0.0
        if 0 <= trial < len(PACES_PER_MIN):
            swing, rate_hz = 90 * np.exp(-((PACES_PER_MIN[trial] - best) ** 2)), PACES_PER_MIN[trial] / 60
        rr_ms.append(880 + swing * np.sin(2 * np.pi * rate_hz * at_s) + 8 * rng.standard_normal())
        at_s += rr_ms[-1] / 1000
    np.savetxt(room / "rr.csv", rr_ms, header="rr_ms", comments="")


def test_the_pace_of_breath_is_found_and_outlives_another_rest(tmp_path: Path) -> None:
    breaths(tmp_path, best=5.4)
    config = written(tmp_path, sources="  strap: {kind: replay_rr, path: rr.csv}")
    assert main(["baseline", str(config), "--resonance"]) == 0
    found = kept(tmp_path)
    assert found is not None
    assert found.breaths_per_minute == pytest.approx(5.4, abs=0.25)
    assert main(["baseline", str(config)]) == 0
    again = kept(tmp_path)
    assert again is not None
    assert again.breaths_per_minute == found.breaths_per_minute


def test_withdrawing_the_consent_erases_the_baseline(room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = written(
        room, sources='  chest: {kind: heart_rate_strap, address: "A0:9E:1A:00:00:01"}'
    ).resolve()
    config.write_text(config.read_text().replace("replay: {speed: max}\n", ""))
    store = ConsentStore(room / "state" / "consent.json")
    now_s = time.time()
    consent = store.grant(sensor="chest", purpose=Purpose.STRESS_FEEDBACK, days=3, now_s=now_s)
    path = room / "state" / "baselines" / "wearer.baseline"
    save_baseline(path, Baseline(np.zeros(7)), passphrase=PASSPHRASE)
    assert main(["consent", "revoke", str(config), consent.handle]) == 0
    assert "The baseline of its wearer is erased." in capsys.readouterr().out
    assert not path.exists()


def test_a_live_sensor_needs_consent(room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = written(room, sources="  chest: {kind: heart_rate_strap}")
    config.write_text(config.read_text().replace("replay: {speed: max}\n", ""))
    assert main(["baseline", str(config)]) == 1
    assert "nobody agreed to this sensor" in capsys.readouterr().err
    with pytest.raises(ConsentError):
        ConsentStore(load_config(config).config.state_directory / "consent.json").require("chest", now_s=0)


def test_the_street_begins_with_the_kept_baseline(room: Path) -> None:
    from edge.app import Street
    from edge.clock import VirtualClock, run
    from edge.street import Observer

    config = written(room)
    assert main(["baseline", str(config)]) == 0

    def qualities() -> list[float]:
        seen = []

        class Watcher(Observer):
            def on_affect(self, affect) -> None:
                seen.append(affect.quality)

        async def walk() -> None:
            await Street(load_config(config).config, clock=clock, observer=Watcher()).run(seconds=60)

        clock = VirtualClock()
        run(walk(), clock=clock)
        return seen

    with_it = qualities()
    assert main(["baseline", str(config), "--erase"]) == 0
    without = qualities()
    assert len(with_it) == len(without) > 3
    assert np.divide(with_it, without) == pytest.approx(2.0)


def test_interrupting_keeps_nothing(room: Path) -> None:
    config = written(room)
    config.write_text(config.read_text().replace("speed: max", "speed: 2"))
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "edge", "baseline", str(config)], stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        told = b""
        while b" of 4:00" not in told:
            told += os.read(ours, 4096)
        process.send_signal(signal.SIGINT)
        while b"nothing was kept" not in told:
            told += os.read(ours, 4096)
        assert process.wait(20) == 1
    os.close(ours)
    assert b"Traceback" not in told
    assert kept(room) is None
