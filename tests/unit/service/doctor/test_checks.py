from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest

from edge import apart
from edge.board import Probe
from edge.capture.replay.options import ReplayEda
from edge.cli import main
from edge.errors import PublishReason, SourceError, SourceReason
from edge.publish.options import MqttOptions
from edge.service.doctor import Subject, Verdict, examine
from edge.service.doctor.checks import check_broker, check_models, check_source

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module that does what the test writes into it, found by the processes that the doctor starts."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return "doctor_test_module"


def behave(tmp_path: Path, module: str, code: str) -> None:
    (tmp_path / f"{module}.py").write_text(code)


def test_a_probe_that_crashes_is_an_answer(tmp_path: Path, module: str) -> None:
    behave(tmp_path, module, "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    assert apart.ask(module, {}, timeout_s=20) == apart.Outcome(None, "crashed with SIGSEGV")


def test_a_probe_that_hangs_is_ended(tmp_path: Path, module: str) -> None:
    behave(tmp_path, module, "import threading; threading.Event().wait()")
    assert apart.ask(module, {}, timeout_s=0.5).trouble == "no answer within 0.5 s"


def test_a_probe_that_raises_tells_its_last_line(tmp_path: Path, module: str) -> None:
    behave(tmp_path, module, "raise RuntimeError('no such driver')")
    assert apart.ask(module, {}, timeout_s=20).trouble == "RuntimeError: no such driver"


def test_a_probe_is_asked_and_answers_in_json(tmp_path: Path, module: str) -> None:
    behave(
        tmp_path, module, "import json, sys; print('noise'); print(json.dumps({'got': json.load(sys.stdin)}))"
    )
    assert apart.ask(module, {"a": 1}, timeout_s=20).answer == {"got": {"a": 1}}


def skin(tmp_path: Path, text: str = "skin_conductance_us\n2.0\n2.1\n2.2\n2.3\n") -> ReplayEda:
    path = tmp_path / "skin.csv"
    path.write_text(text)
    return ReplayEda(kind="replay_eda", path=path, rate_hz=4)


def test_a_source_that_works_is_opened_for_one_sample(tmp_path: Path) -> None:
    finding = check_source("skin", skin(tmp_path), subject=Subject(state=tmp_path))
    assert (finding.verdict, finding.detail) == (Verdict.OK, "gives SkinConductance")


def test_a_source_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    finding = check_source("skin", skin(tmp_path, "skin_conductance_us\n"), subject=Subject(state=tmp_path))
    assert finding.verdict is Verdict.FAIL
    assert isinstance(finding.error, SourceError)
    assert finding.error.reason is SourceReason.UNREADABLE


def test_a_source_without_consent_is_never_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.service.doctor.checks.ask", lambda *_, **__: pytest.fail("it was opened"))
    subject = Subject(state=tmp_path, without_consent=frozenset({"skin"}))
    finding = check_source("skin", skin(tmp_path), subject=subject)
    assert finding.verdict is Verdict.FAIL
    assert "consent grant" in finding.advice


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        (apart.Outcome(None, "crashed with SIGSEGV"), Verdict.FAIL),
        (apart.Outcome({"reason": "busy", "detail": "in use"}), Verdict.WARN),
        (apart.Outcome({"reason": "permission", "detail": "not allowed"}), Verdict.FAIL),
    ],
)
def test_a_source_with_a_broken_driver_becomes_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outcome: apart.Outcome, verdict: Verdict
) -> None:
    monkeypatch.setattr("edge.service.doctor.checks.ask", lambda *_, **__: outcome)
    assert check_source("skin", skin(tmp_path), subject=Subject(state=tmp_path)).verdict is verdict


def test_models_that_are_not_there_fail(tmp_path: Path) -> None:
    finding = check_models(tmp_path)
    assert finding.verdict is Verdict.FAIL
    assert "manifest" in finding.detail


def test_a_broker_that_is_away_fails_in_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.service.doctor.checks.BROKER_TIMEOUT_S", 0.3)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        finding = check_broker(MqttOptions(host="127.0.0.1", port=taken.getsockname()[1]), node="test")
    assert finding.verdict is Verdict.FAIL
    assert finding.error is not None
    assert finding.error.reason is PublishReason.AWAY


def test_a_password_that_is_nowhere_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_SUCH_PASSWORD", raising=False)
    options = MqttOptions(host="127.0.0.1", username="me", password_env="NO_SUCH_PASSWORD")
    finding = check_broker(options, node="test")
    assert finding.verdict is Verdict.FAIL
    assert "NO_SUCH_PASSWORD" in finding.detail


def test_every_check_is_told_once_on_an_empty_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = apart.Outcome({"models": 6, "runtime": "litert"})
    monkeypatch.setattr("edge.service.doctor.checks.ask", lambda *_, **__: answer)
    findings = list(examine(Subject(state=tmp_path), probe=Probe(tmp_path, machine="aarch64")))
    names = [finding.check for finding in findings]
    assert len(names) == len(set(names))
    assert not [finding for finding in findings if finding.verdict is Verdict.FAIL]


def test_the_command_prints_json_and_fails_when_a_check_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    skin(tmp_path, "skin_conductance_us\n")
    config = tmp_path / "room.yaml"
    config.write_text(
        f"state_directory: {tmp_path}\npublish: {{mqtt: null}}\n"
        "sources: {skin: {kind: replay_eda, path: skin.csv, rate_hz: 4}}\n"
    )
    monkeypatch.setattr("edge.service.doctor.checks.check_models", lambda *_, **__: check_models(tmp_path))
    assert main(["doctor", str(config), "--json"]) == 1
    checks = {check["check"]: check for check in json.loads(capsys.readouterr().out)["checks"]}
    assert checks["source skin"]["verdict"] == "fail"
    assert checks["source skin"]["advice"]
    assert checks["models"]["advice"]
