"""`edge-affect privacy`: the guarantee of a config in sentences, and the sign for the door."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from edge.cli.run import add_config_arguments
from edge.config.derived import sensors_in_words
from edge.config.load import load_config
from edge.gate.notice import notice_page
from edge.gate.report import describe

if TYPE_CHECKING:
    import argparse


def register(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("privacy", help="what leaves the device, and what does not")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    report = actions.add_parser("report", help="the guarantee of a config, in plain sentences")
    add_config_arguments(report)
    report.set_defaults(command=print_report)
    notice = actions.add_parser("notice", help="a page to print and put up where people enter")
    add_config_arguments(notice)
    notice.add_argument("--contact", help="whom people can ask, while deployment.notice is not set")
    notice.set_defaults(command=print_notice)


def print_report(options: argparse.Namespace) -> int:
    """Print the guarantee."""
    config = load_config(options.config, overrides=options.overrides).config
    print(describe(config.privacy, config.deployment))
    return 0


def print_notice(options: argparse.Namespace) -> int:
    """Print the page, as HTML."""
    config = load_config(options.config, overrides=options.overrides).config
    sensors = sensors_in_words(config)
    sys.stdout.write(notice_page(config.privacy, config.deployment, sensors=sensors, contact=options.contact))
    return 0
