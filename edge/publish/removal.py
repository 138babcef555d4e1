"""Removing a node from a broker, and with it the device from Home Assistant."""

from __future__ import annotations

import secrets
import threading
from typing import TYPE_CHECKING

from edge.errors import PublishError, PublishReason
from edge.publish.connection import Connection, Incoming, Subscription
from edge.publish.message import Message
from edge.publish.topics import Topics

if TYPE_CHECKING:
    from edge.publish.options import MqttOptions


def remove_node(options: MqttOptions, node: str, *, timeout_s: float = 10.0) -> tuple[str, ...]:
    """Clear everything that is retained of a node, whatever its config was; return the topics.

    The node must not be running: it would announce itself again.

    Raises
    ------
    PublishError
        The broker is away or refuses, or a password or certificate cannot be read.
    """
    topics = Topics(options.prefix, node, options.discovery_prefix)
    # What was retained is delivered before what is published after the subscription.
    marker = f"{topics.root}/removal/{secrets.token_hex(8)}"
    retained: set[str] = {topics.discovery}
    complete = threading.Event()

    def heard(incoming: Incoming) -> None:
        if incoming.topic == marker:
            complete.set()
        elif incoming.retained:
            retained.add(incoming.topic)

    connection = Connection(
        options,
        client_id=f"edge-affect-{node}-removal",
        will=None,
        subscriptions=[Subscription(f"{topics.root}/#", retained=True)],
        greet=lambda: connection.send(Message(marker, b"")),
        heard=heard,
    )
    connection.start()
    if not complete.wait(timeout_s):
        connection.stop([])
        detail = f"no answer within {timeout_s:g} s"
        raise connection.problem or PublishError(connection.broker, PublishReason.AWAY, detail)
    connection.stop([Message(topic, b"", retain=True) for topic in sorted(retained)])
    return tuple(sorted(retained))
