"""The commands; thin: parse, call, print, exit code. Advice to the user lives here alone."""

from __future__ import annotations

import argparse
import logging
import sys
from typing import TYPE_CHECKING, Final

from edge import __version__
from edge.cli import (
    aim,
    analyze,
    baseline,
    check_config,
    consent,
    discovery,
    doctor,
    install_service,
    models,
    privacy,
    run,
    setup,
)
from edge.cli.advice import advice_for
from edge.errors import ConfigError, EdgeError

if TYPE_CHECKING:
    from collections.abc import Sequence

EXIT_FAILED: Final = 1
EXIT_FAULT: Final = 70
"""EX_SOFTWARE of sysexits.h."""
EXIT_CONFIG: Final = 78
"""EX_CONFIG of sysexits.h; the service does not restart on it."""

_COMMANDS: Final = (
    setup,
    run,
    baseline,
    analyze,
    aim,
    check_config,
    doctor,
    models,
    consent,
    privacy,
    discovery,
    install_service,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.DEBUG if options.verbose else logging.INFO,
        format="%(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    try:
        code: int = options.command(options)
    except KeyboardInterrupt:
        return 0
    except Exception as raised:
        error = _cause(raised)
        if options.verbose and not isinstance(error, EdgeError):
            raise
        return _explain(error)
    return code


def _cause(error: BaseException) -> BaseException:
    """Find what went wrong first inside a group of tasks that ended together."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _explain(error: BaseException) -> int:
    """Tell what went wrong and what to do; return the exit code."""
    match error:
        case ConfigError():
            print(error, file=sys.stderr)
            return EXIT_CONFIG
        case EdgeError():
            print(f"{error}\n{advice_for(error)}".rstrip(), file=sys.stderr)
            return EXIT_FAILED
        case BrokenPipeError():
            # The reader of a pipe went away; Python would complain again while flushing at exit.
            sys.stdout = None
            return 0
        case _:
            print(
                f"edge-affect stopped by a fault of its own ({type(error).__name__}). Please report what "
                "`edge-affect --verbose ...` prints.",
                file=sys.stderr,
            )
            return EXIT_FAULT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="edge-affect",
        description="The affect sensor that refuses: only gated mood states leave this device.",
    )
    parser.add_argument("--version", action="version", version=f"edge-affect {__version__}")
    parser.add_argument("-v", "--verbose", action="store_true", help="log more; never affect values")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in _COMMANDS:
        module.register(commands)
    return parser
