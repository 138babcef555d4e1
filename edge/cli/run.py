"""`edge-affect run`: the street, until stopped."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.capture.supervisor import SourceState
from edge.clock import RealClock, VirtualClock
from edge.clock import run as run_on
from edge.config.load import load_config
from edge.errors import PublishError, SourceError, SourceReason
from edge.gate.retention import keep_in_memory
from edge.service.heap import settle, steady_heap
from edge.street import Observer

if TYPE_CHECKING:
    import argparse

    from edge.capture.supervisor import SourceStatus
    from edge.clock import Clock
    from edge.config.schema import Config
    from edge.release import Release


def register(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("run", help="sense, fuse, gate and publish until stopped")
    add_config_arguments(parser)
    parser.add_argument("--seconds", type=float, metavar="N", help="stop after N seconds")
    parser.add_argument("--json", action="store_true", help="print one JSON line a release")
    parser.set_defaults(command=command)


def add_config_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what every command takes that reads a config."""
    parser.add_argument(
        "config", type=Path, metavar="CONFIG", help="a YAML file, or the name of a shipped preset"
    )
    add_overrides(parser)


def add_overrides(parser: argparse._ActionsContainer) -> None:
    """Add `--set`, for every command that takes single keys over a config."""
    parser.add_argument(
        "--set",
        dest="overrides",
        action="append",
        default=[],
        metavar="KEY.PATH=VALUE",
        help="override a config key",
    )


def clock_for(config: Config) -> Clock:
    """The clock that the replay speed asks for."""
    return VirtualClock() if config.replay.speed == "max" else RealClock(config.replay.speed)


def command(options: argparse.Namespace) -> int:
    """Run the street; 0 when it ended by itself, by `--seconds` or by a signal."""
    config = load_config(options.config, overrides=options.overrides).config
    clock = clock_for(config)
    steady_heap()
    if not clock.is_virtual:
        keep_in_memory()
    return run_on(_run(config, clock=clock, options=options), clock=clock)


async def _run(config: Config, *, clock: Clock, options: argparse.Namespace) -> int:
    from edge.app import Street  # the other commands start without loading every reader

    printer = _Printer(as_json=options.json)
    street = Street(config, clock=clock, observer=printer)
    settle()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signal_number, street.stop)
    await street.run(seconds=options.seconds)
    if printer.failed and len(printer.failed) == len(config.sources):
        raise next(iter(printer.failed.values()))
    if (problem := street.publisher.status.problem) and street.publisher.status.published == 0:
        raise PublishError(problem.broker, problem.reason, f"nothing was published: {problem}")
    return 0


class _Printer(Observer):
    """Prints releases as they leave, and remembers which sources never worked."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self.failed: dict[str, SourceError] = {}

    def on_source_status(self, status: SourceStatus) -> None:
        if status.state is SourceState.FAILED and not status.samples:
            self.failed[status.name] = SourceError(
                status.name, status.reason or SourceReason.UNREADABLE, status.detail
            )
        elif status.samples:
            self.failed.pop(status.name, None)

    def on_release(self, release: Release) -> None:
        if self._as_json:
            print(json.dumps(release.payload(), separators=(",", ":")), flush=True)
        elif sys.stdout.isatty():
            # A pipe may end in a journal, and moods are not for keeping.
            print(f"{release.zone} window {release.window}: {release.state}", flush=True)
