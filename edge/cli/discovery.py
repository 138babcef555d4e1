"""`edge-affect discovery`: what Home Assistant is told, and how to remove it without a trace."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from edge.cli.run import add_config_arguments
from edge.config.derived import node_of
from edge.config.load import load_config
from edge.publish.discovery import discovery_payload
from edge.publish.removal import remove_node
from edge.publish.topics import Topics

if TYPE_CHECKING:
    import argparse


def register(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("discovery", help="print or clear what Home Assistant is told")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    for name, text, command in (
        ("print", "the discovery payload of a config", print_discovery),
        ("clear", "remove the device and everything retained from the broker", clear_discovery),
    ):
        action = actions.add_parser(name, help=text)
        add_config_arguments(action)
        action.set_defaults(command=command)


def print_discovery(options: argparse.Namespace) -> int:
    """Print the payload as JSON."""
    config = load_config(options.config, overrides=options.overrides).config
    mqtt = config.publish.mqtt
    if mqtt is None:
        print("publish.mqtt is null: nothing is announced", file=sys.stderr)
        return 1
    node = node_of(config)
    print(json.dumps(discovery_payload(node, Topics(mqtt.prefix, node.id, mqtt.discovery_prefix)), indent=2))
    return 0


def clear_discovery(options: argparse.Namespace) -> int:
    """Remove the device; print the topics that were cleared."""
    config = load_config(options.config, overrides=options.overrides).config
    if config.publish.mqtt is None:
        print("publish.mqtt is null: there is no broker to clear", file=sys.stderr)
        return 1
    for topic in remove_node(config.publish.mqtt, config.node):
        print(topic)
    return 0
