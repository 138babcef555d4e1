"""All checks, in the order in which they are told."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from edge.apart import ask
from edge.board import Probe
from edge.capture.options import is_recording
from edge.capture.wearable.options import WearableOptions
from edge.errors import ModelError, ModelReason, PublishError, PublishReason, SourceError, SourceReason
from edge.inference import available_runtimes
from edge.inference.delegate import AUTO, examine_delegate
from edge.publish.connection import Connection
from edge.service.doctor import system
from edge.service.doctor.finding import Finding, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from edge.capture.options import SourceKinds
    from edge.publish.options import MqttOptions

MODELS_TIMEOUT_S: Final = 60.0
SOURCE_TIMEOUT_S: Final = 20.0
WEARABLE_TIMEOUT_S: Final = 60.0
BROKER_TIMEOUT_S: Final = 8.0


@dataclass(frozen=True, slots=True)
class Subject:
    """What is examined; without a config only the machine, the runtimes and the models.

    Attributes
    ----------
    state
        Where durable state lies.
    models, trusted_key
        Directory of the models, the shipped ones when None, and the key they must be signed with.
    sources
        The sources of the config.
    without_consent
        Those of them that nobody has agreed to; they are not opened.
    mqtt, node
        The broker, and who would connect to it.
    delegate
        As in the config.
    """

    state: Path
    models: Path | None = None
    trusted_key: Path | None = None
    sources: Mapping[str, SourceKinds] = field(default_factory=dict)
    without_consent: frozenset[str] = frozenset()
    mqtt: MqttOptions | None = None
    node: str = "edge-affect"
    delegate: str = AUTO


def examine(subject: Subject, *, probe: Probe | None = None) -> Iterator[Finding]:
    """Run the checks one after the other; each ends in bounded time, whatever a driver does."""
    probe = probe or Probe()
    yield system.check_board(probe)
    yield system.check_clock(probe, wall_s=time.time())
    yield system.check_temperature(probe)
    yield system.check_power(probe)
    yield system.check_state(subject.state)
    yield from system.check_nodes(probe)
    wants_radio = any(isinstance(options, WearableOptions) for options in subject.sources.values())
    yield system.check_bluetooth(probe, wanted=wants_radio)
    yield check_runtimes()
    yield check_delegate(subject.delegate, probe=probe)
    yield check_models(subject.models, trusted_key=subject.trusted_key)
    if subject.mqtt is not None:
        yield check_broker(subject.mqtt, node=subject.node)
    with ThreadPoolExecutor(max_workers=4) as pool:
        yield from pool.map(lambda item: check_source(*item, subject=subject), subject.sources.items())


def check_runtimes() -> Finding:
    """One of the TFLite runtimes must be there."""
    installed = available_runtimes()
    if installed:
        return Finding("runtime", Verdict.OK, ", ".join(installed))
    error = ModelError("runtime", ModelReason.NO_RUNTIME, "no TFLite runtime is installed")
    return Finding("runtime", Verdict.FAIL, error.detail, error=error)


def check_delegate(wanted: str, *, probe: Probe) -> Finding:
    """An Edge TPU that is there, or was asked for, must answer; without one the processor does the work."""
    found = examine_delegate(wanted, probe=probe)
    if found is None:
        return Finding("accelerator", Verdict.OK, "none, models run on the processor")
    if found.trouble:
        detail = f"{found.library}: {found.trouble}; models run on the processor"
        return Finding("accelerator", Verdict.WARN, detail, found.advice)
    return Finding("accelerator", Verdict.OK, f"{found.library} answers")


def check_models(directory: Path | None, *, trusted_key: Path | None = None) -> Finding:
    """Every model must be the one that was signed off, and run."""
    paths = [str(path) if path else None for path in (directory, trusted_key)]
    outcome = ask("edge.service.doctor.try_models", {"paths": paths}, timeout_s=MODELS_TIMEOUT_S)
    if outcome.answer is None:
        advice = "Try the other runtime with --set inference.runtime=tflite-runtime."
        return Finding("models", Verdict.FAIL, outcome.trouble, advice)
    answer = outcome.answer
    if "reason" in answer:
        error = ModelError(answer["model"], ModelReason(answer["reason"]), answer["detail"])
        return Finding("models", Verdict.FAIL, str(error), error=error)
    return Finding("models", Verdict.OK, f"{answer['models']} verified and run with {answer['runtime']}")


def check_broker(options: MqttOptions, *, node: str) -> Finding:
    """Connect under another name than the service, say nothing and leave."""
    try:
        connection = Connection(
            options,
            client_id=f"edge-affect-{node}-doctor",
            will=None,
            subscriptions=(),
            greet=lambda: None,
            heard=lambda _: None,
        )
    except PublishError as error:
        return Finding("broker", Verdict.FAIL, error.detail, error=error)
    connection.start()
    until_s = time.monotonic() + BROKER_TIMEOUT_S
    try:
        while time.monotonic() < until_s:
            if connection.protocol is not None and connection.problem is None:
                return Finding("broker", Verdict.OK, f"{connection.broker} speaks MQTT {connection.protocol}")
            if connection.problem is not None and connection.problem.reason is not PublishReason.AWAY:
                break
            time.sleep(0.05)
    finally:
        connection.stop(())
    problem = connection.problem or PublishError(connection.broker, PublishReason.AWAY, "it does not answer")
    return Finding("broker", Verdict.FAIL, str(problem), error=problem)


def check_source(name: str, options: SourceKinds, *, subject: Subject) -> Finding:
    """Open it for one sample, in a process of its own, if somebody has agreed to it."""
    check = f"source {name}"
    if name in subject.without_consent:
        advice = f"Record the consent with `edge-affect consent grant CONFIG --sensor {name} --purpose ...`."
        return Finding(check, Verdict.FAIL, "not opened, as nobody has agreed to it", advice)
    patience_s = WEARABLE_TIMEOUT_S if isinstance(options, WearableOptions) else SOURCE_TIMEOUT_S
    question = {"name": name, "options": options.model_dump(mode="json")}
    outcome = ask("edge.service.doctor.try_source", question, timeout_s=patience_s)
    if outcome.answer is None:
        error = SourceError(name, SourceReason.TIMEOUT, outcome.trouble)
        advice = "" if is_recording(options) else "Plug it out and in again; its driver does not answer."
        return Finding(check, Verdict.FAIL, outcome.trouble, advice, error)
    if "reason" in outcome.answer:
        error = SourceError(name, SourceReason(outcome.answer["reason"]), outcome.answer["detail"])
        if error.reason is SourceReason.BUSY:
            return Finding(check, Verdict.WARN, error.detail, "Fine if it is the service that uses it.")
        return Finding(check, Verdict.FAIL, error.detail, error=error)
    return Finding(check, Verdict.OK, f"gives {outcome.answer['sample'] or 'nothing'}")
