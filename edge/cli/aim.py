"""`edge-affect aim`: boxes in the browser that show what the camera can make out, and no picture."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
from typing import TYPE_CHECKING, Any, Final

from edge.capture.options import modality_of
from edge.cli.run import add_config_arguments
from edge.clock import RealClock
from edge.config.derived import consent_path, needs_consent
from edge.config.load import load_config
from edge.errors import SourceError, SourceReason
from edge.gate.consent import ConsentStore
from edge.gate.retention import keep_in_memory
from edge.signals import Modality

if TYPE_CHECKING:
    from edge.config.schema import Config

_PORT: Final = 8378
_LONGEST_MINUTES: Final = 30

_TOLD: Final = """\
The camera is open only while this page is. It shows rectangles where faces are, to whoever has the address:
how many people are in view now, and where, without the gate. No picture is shown, kept or sent; nothing
goes to the broker. It listens on this machine only; from elsewhere: ssh -L PORT:127.0.0.1:PORT HOST, with the
PORT of the address. It ends after {minutes:g} minutes, or with Ctrl-C.

{address}"""


def register(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("aim", help="help to aim the camera: boxes in the browser, no picture")
    add_config_arguments(parser)
    parser.add_argument("--camera", metavar="NAME", help="which source; the first camera when left out")
    parser.add_argument("--minutes", type=_minutes, default=5.0, metavar="N", help="end after N minutes (5)")
    parser.add_argument("--port", type=int, default=_PORT, help=f"port on 127.0.0.1 ({_PORT}); 0 for any")
    parser.set_defaults(command=command)


def _minutes(text: str) -> float:
    minutes = float(text)
    if not 0 < minutes <= _LONGEST_MINUTES:
        raise argparse.ArgumentTypeError(f"more than 0 and at most {_LONGEST_MINUTES}, got {text}")
    return minutes


def command(options: argparse.Namespace) -> int:
    """Aim until the time is over or a signal comes."""
    config = load_config(options.config, overrides=options.overrides).config
    camera = _camera(config, options.camera)
    keep_in_memory()
    asyncio.run(_aim(config, camera, minutes=options.minutes, port=options.port))
    return 0


def _camera(config: Config, wanted: str | None) -> str:
    cameras = [name for name, source in config.sources.items() if modality_of(source) is Modality.FACE]
    if not cameras or wanted not in (None, *cameras):
        known = f"the cameras are {', '.join(cameras)}" if cameras else "the config has no camera"
        raise SourceError(wanted or "camera", SourceReason.MISSING, known)
    return wanted or cameras[0]


async def _aim(config: Config, camera: str, *, minutes: float, port: int) -> None:
    from edge.capture import make_sources
    from edge.face.detector import FaceDetector
    from edge.inference import ModelStore
    from edge.service.aim.session import Aim

    clock = RealClock()
    consents = ConsentStore(consent_path(config))
    if needs_consent(config, camera):
        consents.require(camera, now_s=clock.wall_s())
    inference = config.inference
    store = ModelStore(inference.models, trusted_key=inference.trusted_key)
    aim = Aim(
        lambda: make_sources({camera: config.sources[camera]}, clock=clock)[camera],
        detect=FaceDetector(store.load("face_detector", runtime=inference.runtime)),
        mute=config.mute,
        is_agreed=lambda: not needs_consent(config, camera) or consents.holds(camera, now_s=clock.wall_s()),
        clock=clock,
        port=port,
    )
    running = asyncio.ensure_future(
        aim.run(
            seconds=60 * minutes,
            tell=lambda address: print(_TOLD.format(address=address, minutes=minutes), flush=True),
        )
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, running.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await running
