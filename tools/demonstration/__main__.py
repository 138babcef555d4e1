"""The demo: plays recordings through the whole street and shows what happens at every stop."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from paho.mqtt import MQTTException
from rich.console import Console
from rich.live import Live

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from demonstration.listener import Listener  # noqa: E402 - found beside this directory
from demonstration.plain import lines  # noqa: E402
from demonstration.screen import Screen  # noqa: E402
from demonstration.watch import Watch  # noqa: E402
from edge.app import Street  # noqa: E402
from edge.capture.options import modality_of  # noqa: E402
from edge.cli.advice import advice_for  # noqa: E402
from edge.cli.run import clock_for  # noqa: E402
from edge.clock import run  # noqa: E402
from edge.config.load import load_config  # noqa: E402
from edge.errors import EdgeError  # noqa: E402
from edge.publish.topics import Topics  # noqa: E402
from embedded_broker import EmbeddedBroker  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

    from demonstration.watch import Window
    from edge.clock import Clock
    from edge.config.schema import Config


def main() -> int:
    """Run the demo; 0 when releases went through the broker."""
    parser = argparse.ArgumentParser(prog="tools/demo", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, metavar="N", help="how long it runs (60)")
    parser.add_argument(
        "--config", type=Path, default=Path("demo"), help="your own config instead of the demo's"
    )
    parser.add_argument("--broker", metavar="HOST:PORT", help="your own broker instead of the embedded one")
    parser.add_argument("--plain", action="store_true", help="lines instead of the live view")
    options = parser.parse_args()
    logging.basicConfig(level=logging.CRITICAL)
    console = Console()
    try:
        with _broker(options.broker) as (host, port), tempfile.TemporaryDirectory() as state:
            overrides = (
                f"publish.mqtt.host={host}",
                f"publish.mqtt.port={port}",
                f"state_directory={state}",
            )
            config = load_config(options.config, overrides=overrides).config
            clock = clock_for(config)
            live = console.is_terminal and not options.plain
            return run(
                _show(config, clock=clock, seconds=options.seconds, console=console, live=live), clock=clock
            )
    except EdgeError as error:
        print(f"{error}\n{advice_for(error)}".rstrip(), file=sys.stderr)
    except (RuntimeError, OSError, MQTTException) as error:
        print(f"The demo cannot run: {error}", file=sys.stderr)
    return 1


@contextlib.contextmanager
def _broker(address: str | None) -> Iterator[tuple[str, int]]:
    if address is not None:
        host, _, port = address.rpartition(":")
        yield host or "127.0.0.1", int(port)
        return
    with EmbeddedBroker() as broker:
        yield broker.host, broker.port


async def _show(config: Config, *, clock: Clock, seconds: float, console: Console, live: bool) -> int:
    mqtt = config.publish.mqtt
    if mqtt is None:
        raise RuntimeError("publish.mqtt is missing in the config")
    topics = Topics(mqtt.prefix, config.node, mqtt.discovery_prefix)
    topic = topics.state(config.zone)
    began_s = clock.now_s()

    def progress_s() -> tuple[float, float]:
        return min(clock.now_s() - began_s, seconds), seconds

    def print_window(window: Window) -> None:
        console.print("\n".join(lines(watch, window)), markup=False, highlight=False, soft_wrap=True)

    watch = Watch(
        {name: modality_of(source) for name, source in config.sources.items()},
        on_window=(lambda _: None) if live else print_window,
    )
    street = Street(config, clock=clock, observer=watch)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, street.stop)
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(
            Listener(mqtt.host, mqtt.effective_port, state_topic=topic, status_topic=topics.status)
        )
        if live:
            screen = Screen(
                watch,
                listener,
                title=f"{config.zone}, {config.privacy.profile}, windows of {config.privacy.window_s:g} s",
                topic=topic,
                progress_s=progress_s,
            )
            stack.enter_context(Live(screen, console=console, refresh_per_second=4, screen=False))
        await street.run(seconds=seconds)
        listener.hear_out()
    withheld = watch.closed - watch.published
    console.print(
        f"{watch.closed} windows: {watch.published} published with a state, {withheld} withheld; "
        f"a subscriber to every topic heard {listener.releases} releases and {listener.others} messages "
        "of other kinds (lamp, discovery, how the sensors are).",
        highlight=False,
    )
    if not listener.releases:
        print("No release reached the broker: the demo was too short or the broker is away.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
