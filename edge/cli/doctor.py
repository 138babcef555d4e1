"""`edge-affect doctor`: what keeps this device from working, and what to do."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.cli.advice import advice_for
from edge.cli.run import add_overrides
from edge.config.derived import consent_path, needs_consent, state_directory
from edge.config.load import load_config
from edge.gate.consent import ConsentStore
from edge.service.doctor import Finding, Subject, Verdict, examine

if TYPE_CHECKING:
    import argparse

    from edge.config.schema import Config


def register(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("doctor", help="look for what is wrong and say what to do")
    parser.add_argument(
        "config", type=Path, nargs="?", metavar="CONFIG", help="check its sources and broker as well"
    )
    add_overrides(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(command=command)


def command(options: argparse.Namespace) -> int:
    """Print a line a check; 1 when any failed."""
    config = load_config(options.config, overrides=options.overrides).config if options.config else None
    findings = []
    for finding in examine(_subject(config)):
        findings.append(finding)
        if not options.json:
            print("\n".join(_lines(finding)), flush=True)
    if options.json:
        print(json.dumps({"checks": [_plain(finding) for finding in findings]}, indent=2))
    return int(any(finding.verdict is Verdict.FAIL for finding in findings))


def _subject(config: Config | None) -> Subject:
    if config is None:
        return Subject(state=state_directory(None))
    consents = ConsentStore(consent_path(config))
    return Subject(
        state=state_directory(config),
        models=config.inference.models,
        trusted_key=config.inference.trusted_key,
        sources=config.sources,
        without_consent=frozenset(
            name
            for name in config.sources
            if needs_consent(config, name) and not consents.holds(name, now_s=time.time())
        ),
        mqtt=config.publish.mqtt,
        node=config.node,
        delegate=config.inference.delegate,
    )


def _advice(finding: Finding) -> str:
    if finding.verdict is Verdict.OK:
        return ""
    return finding.advice or (advice_for(finding.error) if finding.error else "")


def _lines(finding: Finding) -> list[str]:
    lines = [f"{finding.verdict.upper():<4} {finding.check}: {finding.detail}"]
    advice = _advice(finding)
    return [*lines, f"     {advice}"] if advice else lines


def _plain(finding: Finding) -> dict[str, str]:
    return {
        "check": finding.check,
        "verdict": finding.verdict.value,
        "detail": finding.detail,
        "advice": _advice(finding),
    }
